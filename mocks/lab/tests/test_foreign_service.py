"""Another service in the place of ours: what it is given, how it becomes ready, and what the lab refuses beside it."""

from __future__ import annotations

import json
import shlex
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from jsonschema import Draft202012Validator

from attachment_lab.__main__ import run
from attachment_lab.errors import StackFailed, WrongUse
from attachment_lab.shared_files import replace_json
from attachment_lab.stack.foreign import CA_VARIABLES, ForeignOptions, ForeignService
from attachment_lab.stack.ports import Ports
from attachment_lab.stack.processes import StackProcesses
from attachment_lab.stack.ready_file import RunningStack, stack_json
from attachment_lab.stack.running import StackOptions, open_stack
from attachment_lab.tenant.credentials import default_tenant
from attachment_lab.testing.lab import Lab

CONFORMANCE = Path(__file__).parents[3] / "contract_tests" / "conformance"
NAIVE = CONFORMANCE / "naive_python" / "server.py"
COMMAND = f"{sys.executable} {shlex.quote(str(NAIVE))}"
NOTE = ("note.txt", b"see you on Monday\n")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://127.0.0.1:9000", "give http://127.0.0.1:PORT"),
        ("http://127.0.0.1", "give http://127.0.0.1:PORT"),
        ("http://127.0.0.1:9000/other", "without any path but /prod/chat-attachments"),
        ("http://192.0.2.7:9000", "is not this machine"),
        ("http://service.example:9000", "is not this machine"),
        ("127.0.0.1:9000", "give http://127.0.0.1:PORT"),
        ("http://127.0.0.1:x", "give http://127.0.0.1:PORT"),
    ],
)
def test_only_an_address_of_this_machine_is_accepted(url: str, why: str) -> None:
    with pytest.raises(WrongUse, match=why):
        ForeignOptions(url=url)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9000", "http://localhost:9000/", "http://[::1]:9000/prod/chat-attachments"]
)
def test_an_address_is_reduced_to_its_origin(url: str, tmp_path: Path) -> None:
    service = ForeignService(ForeignOptions(url=url), Ports.fixed(8100), tmp_path)
    assert service.url == url.removesuffix("/").removesuffix("/prod/chat-attachments")
    assert service.needs()["endpoint"]["port"] == 9000


@pytest.mark.parametrize("given", [{}, {"url": "http://127.0.0.1:9000", "command": COMMAND}])
def test_one_of_address_and_command_is_given(given: dict[str, str]) -> None:
    with pytest.raises(WrongUse, match="exclude each other"):
        ForeignOptions(**given)  # type: ignore[arg-type]  # two of its texts


@pytest.mark.parametrize("command", ["no-such-program server.js", "'unclosed", " "])
def test_a_command_without_a_program_is_refused_before_anything_starts(command: str) -> None:
    with pytest.raises(WrongUse, match="--service-command"):
        ForeignOptions(command=command)


def test_what_a_service_needs_fits_its_schema_and_is_the_same_in_both_forms(tmp_path: Path) -> None:
    extra = tmp_path / "mine.env"
    service = ForeignService(ForeignOptions(command=COMMAND, env_file=extra), Ports.fixed(8100), tmp_path)
    service.write_needs()
    needs = json.loads(service.json_file.read_text())
    Draft202012Validator(json.loads((CONFORMANCE / "service_needs.schema.json").read_text())).validate(needs)
    lines = dict(line.split("=", 1) for line in extra.read_text().splitlines())
    assert lines == service.environment()
    assert (tmp_path / "service.env").read_text() == extra.read_text()
    assert (lines["PORT"], lines["HTTPS_PROXY"]) == ("8104", needs["network"]["https_proxy"])
    assert {lines[name] for name in CA_VARIABLES} == {needs["network"]["ca_file"]}


def test_the_contract_names_every_variable_and_member() -> None:
    page = (CONFORMANCE / "README.md").read_text()
    service = ForeignService(ForeignOptions(url="http://127.0.0.1:9000"), Ports.fixed(8100), Path("/run"))
    assert [name for name in service.environment() if f"`{name}`" not in page] == []


class _Endpoint(BaseHTTPRequestHandler):
    """Answers what its server has in ``statuses``, the last one again and again."""

    def do_POST(self) -> None:
        statuses: list[int] = self.server.statuses  # type: ignore[attr-defined]  # set by the fixture
        self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def endpoint() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def _waited(endpoint: ThreadingHTTPServer, tmp_path: Path, statuses: list[int], wait_s: float) -> None:
    endpoint.statuses = statuses  # type: ignore[attr-defined]  # read by its handler
    url = f"http://127.0.0.1:{endpoint.server_address[1]}"
    processes = StackProcesses(tmp_path)
    try:
        ForeignService(ForeignOptions(url=url, wait_s=wait_s), Ports.fixed(8100), tmp_path).wait(processes)
    finally:
        processes.stop()


def test_a_service_is_ready_when_a_request_without_a_token_is_answered_401(
    endpoint: ThreadingHTTPServer, tmp_path: Path
) -> None:
    _waited(endpoint, tmp_path, [503, 404, 401], 30)


def test_a_service_that_lets_everyone_in_is_never_ready(endpoint: ThreadingHTTPServer, tmp_path: Path) -> None:
    with pytest.raises(StackFailed, match="must be answered 401; the last answer: 202"):
        _waited(endpoint, tmp_path, [202], 0.3)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("demo", "--service-command", COMMAND, "--kill-worker"), "need our service"),
        (("demo", "--service-command", COMMAND, "--tour"), "need our service"),
        (("up", "--service-command", COMMAND, "--seed"), "need our service"),
        (("up", "--env-file", "x.env"), "belongs to --service-url or --service-command"),
        (("conform", "--service-url", "http://192.0.2.7:1"), "is not this machine"),
        (("conform", "no-such-row"), "no row is called no-such-row"),
        (("conform", "--html", "/no-such-folder/card.html"), "cannot be written"),
    ],
)
def test_what_needs_our_service_is_refused_before_anything_starts(
    arguments: tuple[str, ...], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(list(arguments)) == 2
    assert why in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("command", [("reset",), ("clock", "advance", "5")])
def test_clock_and_reset_of_a_service_that_is_not_ours_are_refused(
    command: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names, path = default_tenant(), tmp_path / "stack.json"
    urls = dict.fromkeys(("orchestration", "cmi", "c4c", "service"), "http://127.0.0.1:1")
    stack = RunningStack(urls=urls, tenants={names.name: names}, default=names.name, pid=1, foreign=True)
    replace_json(path, stack_json(stack))
    assert run([*command, "--stack", str(path)]) == 2
    assert "not ours" in capsys.readouterr().err


@pytest.mark.stack
@pytest.mark.timeout(180)
def test_a_service_of_another_maker_carries_a_chat_and_is_judged_from_outside(tmp_path: Path) -> None:
    foreign = ForeignOptions(command=COMMAND, quiet_s=2)
    with open_stack(StackOptions(foreign=foreign, recorder=True, run_dir=tmp_path)) as stack:
        with Lab(stack).tenant() as tenant:
            chat = tenant.chat(files=[NOTE])
            chat.end()
            assert tenant.wait_until_settled() == []
            assert [each.name for each in tenant.stored()] == ["note.txt"]
            assert tenant.verdict().records.transfers is None
            with pytest.raises(WrongUse, match="not visible"):
                tenant.transfers()
        assert "console" not in stack.urls
        before = [each.pid for each in stack.processes.all if each.name == "service"]
        stack.kill_service()
        after = [each.pid for each in stack.processes.all if each.name == "service"]
        assert (len(before), len(after)) == (1, 1)
        assert before != after
        answer = httpx.post(f"{stack.urls['service']}/prod/chat-attachments", json={}, trust_env=False)
        assert answer.status_code == 401


@pytest.mark.stack
@pytest.mark.timeout(180)
def test_the_demo_plays_on_a_service_of_another_maker(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sent = tmp_path / "note.txt"
    sent.write_bytes(NOTE[1])
    env_file = tmp_path / "mine.env"
    options = ["--service-command", COMMAND, "--env-file", str(env_file), "--quiet", "2", "--file", str(sent), "--json"]
    assert run(["demo", *options]) == 0
    shown = capsys.readouterr()
    [row] = json.loads(shown.out)["attachments"]
    assert (row["name"], row["outcome"], row["cmi_sha256"]) == ("note.txt", "stored", row["c4c_sha256"])
    assert "Your service needs:" in shown.err
    assert "HTTPS_PROXY=http://127.0.0.1:" in env_file.read_text()


PLUGIN_TEST = """
    def test_a_note_arrives(tenant):
        tenant.chat(files=[("note.txt", b"hello")]).end()
        tenant.wait_until_settled()
        assert [each.name for each in tenant.stored()] == ["note.txt"]
"""


@pytest.mark.stack
@pytest.mark.timeout(180)
def test_the_pytest_plugin_takes_it_from_its_settings(pytester: pytest.Pytester) -> None:
    pytester.makeini(
        f"[pytest]\nattachment_lab_recorder = true\nattachment_lab_service_command = {COMMAND}\n"
        "attachment_lab_service_quiet_s = 2\n"
    )
    pytester.makepyfile(PLUGIN_TEST)
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)
