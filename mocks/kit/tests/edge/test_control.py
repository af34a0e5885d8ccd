"""The control API of the edge proxy, on its process: owners and their routes, what was refused, and the guard."""

from __future__ import annotations

import signal
import socket
import ssl
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from edge_kit import ScriptedTarget, eventually, says

from mock_kit.edge.control import control_app
from mock_kit.edge.process import main
from mock_kit.edge.refused import RefusedRequests
from mock_kit.edge.registry import Registry
from mock_kit.http.guard import Guard
from mock_kit.testing import free_port


@dataclass
class EdgeProcess:
    process: subprocess.Popen[bytes]
    url: str
    edge_url: str
    data: Path

    def put(self, owner: str, *routes: dict[str, Any]) -> httpx.Response:
        return httpx.put(f"{self.url}/_mock/edge/routes/{owner}", json={"routes": list(routes)})

    def routes(self) -> dict[str, Any]:
        return dict(httpx.get(f"{self.url}/_mock/edge/routes").json()["owners"])


def serves(url: str) -> bool:
    try:
        return httpx.get(f"{url}/_mock/health").status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def target() -> Iterator[ScriptedTarget]:
    scripted = ScriptedTarget("crm", says("crm"))
    yield scripted
    scripted.listening.close()


@pytest.fixture(scope="module")
def process(target: ScriptedTarget, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EdgeProcess]:
    data, port, edge_port = tmp_path_factory.mktemp("edge"), free_port(), free_port()
    options = ["--port", str(port), "--edge-port", str(edge_port), "--data", str(data)]
    targets = ["--target", f"crm={target.target.url}", "--target", "cmi=http://127.0.0.1:1"]
    command = [sys.executable, "-m", "mock_kit.edge", *options, *targets, "--control-host", "edge-control"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as started:
        running = EdgeProcess(started, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{edge_port}", data)
        eventually(lambda: started.poll() is not None or serves(running.url))
        yield running
        started.send_signal(signal.SIGTERM)
        output, _ = started.communicate(timeout=20)
    assert (started.returncode, output) == (0, b"")


@pytest.fixture
def edge(process: EdgeProcess) -> EdgeProcess:
    for owner in process.routes():
        httpx.delete(f"{process.url}/_mock/edge/routes/{owner}").raise_for_status()
    return process


def route(host: str = "one.example", **more: Any) -> dict[str, Any]:
    return {"host": host, "target": "crm"} | more


def test_a_registered_name_answers_until_its_owner_is_removed(edge: EdgeProcess) -> None:
    trust = ssl.create_default_context(cafile=str(edge.data / "ca.pem"))
    assert edge.put("acme", route()).status_code == 200
    with httpx.Client(proxy=edge.edge_url, verify=trust, trust_env=False) as client:
        assert client.get("https://one.example/x").text.startswith("crm|GET /x")
        assert httpx.delete(f"{edge.url}/_mock/edge/routes/acme").status_code == 204
        assert client.get("https://one.example/x?key=secret").status_code == 421, "on the connection that is open"
    document = httpx.get(f"{edge.url}/_mock/edge/refused").json()
    assert document["refused"][-1] | {"time": ""} == {
        "time": "",
        "host": "one.example",
        "port": 443,
        "path": "/x",
        "method": "GET",
    }


def test_health_says_where_it_listens_and_what_clients_must_trust(edge: EdgeProcess) -> None:
    document = httpx.get(f"{edge.url}/_mock/health").json()
    assert edge.edge_url.endswith(f":{document['edge_port']}")
    assert document["ca_file"] == str(edge.data / "ca.pem")
    assert sorted(document["targets"]) == ["cmi", "crm"]


def test_no_key_is_left_on_the_disk(edge: EdgeProcess) -> None:
    (only,) = list(edge.data.iterdir())
    assert (only.name, stat.S_IMODE(only.stat().st_mode)) == ("ca.pem", 0o644)
    assert "PRIVATE" not in only.read_text()


def test_routes_are_replaced_as_a_whole_and_shown_as_they_are_compared(edge: EdgeProcess) -> None:
    assert edge.put("acme", route(), route("two.example")).status_code == 200
    response = edge.put("acme", route("Three.Example.", port=8443, path_prefix="/a%62c/"))
    shown = {"host": "three.example", "port": 8443, "path_prefix": "/abc", "target": "crm"}
    assert response.json() == {"owner": "acme", "routes": [shown]}
    assert edge.routes() == {"acme": [shown]}


OVERLAPS = [
    ({}, {}),
    ({}, {"host": "ONE.example."}),
    ({"path_prefix": "/acme"}, {"path_prefix": "/acme/"}),
    ({"path_prefix": "/acme"}, {"path_prefix": "/%61cme"}),
    ({}, {"path_prefix": "/acme"}),
    ({"path_prefix": "/acme/chats"}, {"path_prefix": "/acme"}),
]


@pytest.mark.parametrize(("first", "second"), OVERLAPS)
def test_an_address_of_another_owner_is_refused_and_nothing_changes(
    edge: EdgeProcess, first: dict[str, Any], second: dict[str, Any]
) -> None:
    edge.put("acme", route() | first)
    edge.put("globex", route("own.example"))
    before = edge.routes()
    response = edge.put("globex", route("new.example"), route() | second)
    assert (response.status_code, response.headers["content-type"]) == (409, "application/problem+json")
    assert "acme" in response.json()["detail"]
    assert edge.routes() == before
    assert edge.put("acme", route() | second).status_code == 200, "its own owner may"


def test_owners_share_a_host_by_paths_and_a_path_by_hosts(edge: EdgeProcess) -> None:
    wanted = {
        "a": route(path_prefix="/acme"),
        "b": route(path_prefix="/acme2"),
        "c": route("two.example", path_prefix="/acme"),
        "d": route(port=8443, path_prefix="/acme"),
    }
    assert [edge.put(owner, one).status_code for owner, one in wanted.items()] == [200] * 4


BAD = [
    ({"target": "nowhere"}, "routes[0].target", "cmi, crm"),
    ({"host": "*.example"}, "routes[0].host", "no pattern"),
    ({"host": ""}, "routes[0].host", "host name"),
    ({"host": "bücher.example"}, "routes[0].host", "ASCII"),
    ({"host": 7}, "routes[0].host", "string"),
    ({"port": 0}, "routes[0].port", "65535"),
    ({"port": "443"}, "routes[0].port", "65535"),
    ({"port": True}, "routes[0].port", "65535"),
    ({"path_prefix": "acme"}, "routes[0].path_prefix", "begins with /"),
    ({"path_prefix": "/a?b"}, "routes[0].path_prefix", "query"),
    ({"owner": "x"}, "routes[0]", "host, path_prefix, port, target"),
]


@pytest.mark.parametrize(("change", "field", "expected"), BAD)
def test_a_route_that_cannot_be_used_names_field_value_and_what_is_expected(
    edge: EdgeProcess, change: dict[str, Any], field: str, expected: str
) -> None:
    response = edge.put("acme", route() | change)
    (error,) = response.json()["errors"]
    assert (response.status_code, error["field"]) == (422, field)
    assert expected in error["expected"]
    if "." in field:
        assert error["value"] == change[field.partition(".")[2]]
    assert edge.routes() == {}


@pytest.mark.parametrize("body", ['{"routes": {}}', "{}", '{"routes": [], "more": 1}', '{"routes": ["x"]}'])
def test_a_document_of_another_shape_is_refused(edge: EdgeProcess, body: str) -> None:
    headers = {"Content-Type": "application/json"}
    assert httpx.put(f"{edge.url}/_mock/edge/routes/acme", content=body, headers=headers).status_code == 422


def test_an_address_is_registered_once_by_an_owner(edge: EdgeProcess) -> None:
    assert edge.put("acme", route(), route("ONE.example", path_prefix="/")).status_code == 422


def test_an_unknown_owner_cannot_be_removed_and_an_odd_name_not_be_used(edge: EdgeProcess) -> None:
    assert httpx.delete(f"{edge.url}/_mock/edge/routes/nobody").status_code == 404
    assert edge.put("a b", route()).status_code == 422
    assert httpx.get(f"{edge.url}/_mock/other").headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "one.example"}, 403),
        ({"Origin": "https://page.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Host": "edge-control"}, 200),
    ],
)
def test_no_web_page_may_change_the_routes(edge: EdgeProcess, headers: dict[str, str], status: int) -> None:
    given = {"Content-Type": "application/json"} | headers
    response = httpx.put(f"{edge.url}/_mock/edge/routes/acme", content=b'{"routes": []}', headers=given)
    assert response.status_code == status


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--target", "crm=https://127.0.0.1:1"], "NAME=http://HOST:PORT"),
        (["--target", "crm=http://127.0.0.1:1/path"], "without a path"),
        (["--target", "crm=http://a:1", "--target", "crm=http://b:1"], "twice"),
        (["--target", "crm=http://127.0.0.1:x"], "NAME=http://HOST:PORT"),
        (["--control-host", "a/b"], "--control-host"),
    ],
)
def test_wrong_use_is_refused_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--port", "1", "--edge-port", "1", "--data", str(tmp_path), *options])
    assert ended.value.code == 2
    assert words in capsys.readouterr().err


def test_an_edge_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(SystemExit) as ended:
            main(["--port", str(free_port()), "--edge-port", str(port), "--data", str(tmp_path)])
    assert f"127.0.0.1:{port}" in str(ended.value)


def test_the_readme_describes_every_control_path(tmp_path: Path) -> None:
    app = control_app(Registry({}), RefusedRequests(), Guard(), edge_port=1, ca_file=str(tmp_path))
    paths = {rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/_mock")}
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert [path for path in sorted(paths) if f"`{path}`" not in readme] == []
