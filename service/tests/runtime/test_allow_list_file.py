"""The allow-list file while the service runs: what counts from when on, the last good content, and two processes."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from ingress_kit import ENDPOINT, ISSUER, Issuer, a_body
from metrics_kit import Scrape
from process_kit import KEY, Program, signed_headers, trusting, until
from prometheus_client import CollectorRegistry, Gauge
from structlog.testing import capture_logs

from attachment_transfer.core.allow_list import AllowList
from attachment_transfer.core.hosts import HostPattern
from attachment_transfer.ledger.audit import audit_of
from attachment_transfer.ledger.database import open_database
from attachment_transfer.runtime import allow_list_file
from attachment_transfer.runtime.allow_list_file import AllowListFile, read_file
from attachment_transfer.runtime.setting_kinds import BadSettings
from attachment_transfer.runtime.settings import Settings


def write(path: Path, content: Any) -> None:
    """As it should be replaced: by rename."""
    fresh = path.with_suffix(".new")
    fresh.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    fresh.replace(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "allow.json"
    write(found, {"hosts": ["a.example"]})
    return found


@pytest.fixture
def valid() -> Gauge:
    return Gauge("valid", "of one test", registry=CollectorRegistry())


@pytest.fixture
def file(path: Path, valid: Gauge) -> AllowListFile:
    return AllowListFile(path, AllowList(), valid=valid)


def value_of(gauge: Gauge) -> float:
    [metric] = gauge.collect()
    return metric.samples[0].value


def texts(file: AllowListFile) -> list[str]:
    return [pattern.text for pattern in file.hosts()]


def test_a_replaced_file_counts_from_the_next_use_on(file: AllowListFile, path: Path) -> None:
    assert texts(file) == ["a.example"]
    write(path, {"hosts": ["b.example"], "issuers": [ISSUER]})
    assert (texts(file), file.issuers()) == (["b.example"], (ISSUER,))


def test_who_comes_while_another_reads_the_change_waits_for_it(
    file: AllowListFile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request is not refused because the one before it is just reading the file that names its issuer."""
    assert file.issuers() == ()
    begun, go_on = threading.Event(), threading.Event()

    def slowly(found: Path) -> AllowList:
        begun.set()
        assert go_on.wait(30)
        return read_file(found)

    monkeypatch.setattr(allow_list_file, "read_file", slowly)
    write(path, {"hosts": [], "issuers": [ISSUER]})
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(file.issuers)
        assert begun.wait(30)
        second = pool.submit(file.issuers)
        with pytest.raises(TimeoutError):
            second.result(0.2)
        go_on.set()
        assert first.result(30) == second.result(30) == (ISSUER,)


def test_an_unchanged_file_is_not_read_again(file: AllowListFile, path: Path) -> None:
    assert file.current() is file.current()
    path.touch()
    assert file.current() == AllowList((HostPattern("a.example"),))


BROKEN: list[tuple[Any, str]] = [
    ("{", "no JSON"),
    ({"hosts": [], "more": 1}, "no member"),
    ({"hosts": ["*"]}, "hosts[0]='*'"),
    ({"issuers": ["http://x.example"]}, "issuers[0]='http://x.example'"),
]


@pytest.mark.parametrize(("content", "words"), BROKEN)
def test_invalid_content_keeps_the_last_good_one_and_is_logged_once(
    file: AllowListFile, path: Path, valid: Gauge, content: Any, words: str
) -> None:
    assert (texts(file), value_of(valid)) == (["a.example"], 1)
    write(path, content)
    with capture_logs() as lines:
        assert [texts(file) for _ in range(3)] == [["a.example"]] * 3
    [line] = lines
    assert words in line["error"]
    assert "last good content" in line["remedy"]
    assert value_of(valid) == 0
    write(path, {"hosts": ["b.example"]})
    assert (texts(file), value_of(valid)) == (["b.example"], 1)


def test_a_file_that_is_gone_keeps_the_last_good_content_until_it_is_back(
    file: AllowListFile, path: Path, valid: Gauge
) -> None:
    assert texts(file) == ["a.example"]
    path.unlink()
    with capture_logs() as lines:
        assert [texts(file) for _ in range(3)] == [["a.example"]] * 3
    assert len(lines) == 1
    assert value_of(valid) == 0
    write(path, {"hosts": []})
    assert (texts(file), value_of(valid)) == ([], 1)


def test_a_pattern_that_is_too_wide_counts_with_a_warning(file: AllowListFile, path: Path) -> None:
    write(path, {"hosts": ["*.com"]})
    with capture_logs() as lines:
        assert texts(file) == ["*.com"]
    assert [(line["field"], line["value"]) for line in lines if line["log_level"] == "warning"] == [
        ("hosts[0]", "*.com")
    ]


def test_without_a_file_nothing_is_added(valid: Gauge) -> None:
    assert AllowListFile(None, AllowList(), valid=valid).current() == AllowList()


def test_a_change_is_audited_without_any_traffic(file: AllowListFile, engine: sa.Engine, path: Path) -> None:
    file.watch(engine, lambda: 5.0, every_s=0.01)
    until(lambda: len(audit_of(engine, None).lines) == 1)
    write(path, {"hosts": ["b.example"]})
    until(lambda: len(audit_of(engine, None).lines) == 2)
    assert "added host b.example; removed host a.example;" in audit_of(engine, None).lines[1].detail


def test_changes_that_follow_one_another_at_once_are_an_entry_each(
    file: AllowListFile, engine: sa.Engine, path: Path
) -> None:
    for host in ("b.example", "c.example", "d.example"):
        write(path, {"hosts": [host]})
        assert texts(file) == [host]
    file.watch(engine, lambda: 5.0)
    until(lambda: len(changes(engine)) == 3)


def settings(path: Path) -> Settings:
    return Settings.from_env(
        {"ATTACHMENT_TRANSFER_SEALING_KEYS": KEY, "ATTACHMENT_TRANSFER_ALLOW_LIST_FILE": str(path)}
    )


def test_the_settings_read_it_at_the_start(path: Path) -> None:
    assert settings(path).allow_list.content == AllowList((HostPattern("a.example"),))


@pytest.mark.parametrize("content", [content for content, _ in BROKEN])
def test_no_process_starts_with_content_that_was_never_good(path: Path, content: Any) -> None:
    write(path, content)
    with pytest.raises(BadSettings, match="ALLOW_LIST_FILE"):
        settings(path)


def test_a_file_that_is_missing_at_the_start_is_an_error_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"ALLOW_LIST_FILE.*cannot be read.*create it, or correct the path"):
        settings(tmp_path / "nowhere.json")


# Two processes, an API and a worker, over one database.


class Neighbour(BaseHTTPRequestHandler):
    """A neighbour that has nothing, and records the hosts that were called."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.headers["Host"])
        self.send_response(500)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Quiet."""


@pytest.fixture
def neighbour() -> Iterator[tuple[list[str], int]]:
    Neighbour.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Neighbour)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Neighbour.asked, server.server_port
    server.shutdown()
    server.server_close()


@pytest.mark.long
def test_two_processes_follow_the_file_and_write_each_change_once(
    start: Callable[..., Program], issuer: tuple[Issuer, int], neighbour: tuple[list[str], int], tmp_path: Path
) -> None:
    """Host and issuer are refused, allowed and refused again; the catch-all entry leads to the neighbour."""
    signer, issuer_port = issuer
    asked, neighbour_port = neighbour
    path = tmp_path / "allow.json"
    write(path, {})
    env = trusting(issuer_port) | {"ALLOW_LIST_FILE": str(path), "TOKEN_ISSUERS": "https://other.example/x"}
    env["EGRESS_MAP"] = f"*=http://127.0.0.1:{neighbour_port},{env['EGRESS_MAP']}"
    api, worker = start("api", "serve", **env), start("worker", "work", **env)
    until(api.is_ready)
    until(worker.is_ready)
    headers = signed_headers(signer)
    body = json.dumps(a_body(cmi_url="https://cmi.own.example/acme/cmi"))

    def post() -> int:
        return api.ask("POST", ENDPOINT, body=body, headers=headers)[0]

    assert post() == 401
    write(path, {"issuers": [ISSUER]})
    assert post() == 403
    engine = open_database(f"sqlite:///{tmp_path}/ledger.db")
    until(lambda: len(changes(engine)) == 1)
    write(path, {"hosts": ["cmi.own.example"], "issuers": [ISSUER]})
    status, accepted = api.ask("POST", ENDPOINT, body=body, headers=headers)
    assert status == 202
    until(lambda: "cmi.own.example" in asked)
    until(lambda: len(changes(engine)) == 2)

    def is_valid(program: Program) -> float | None:
        with urllib.request.urlopen(f"http://127.0.0.1:{program.port}/metrics", timeout=30) as page:
            return Scrape(page.read())("allow_list_valid")

    write(path, "{")
    assert post() == 202, "the last good content counts"
    until(lambda: (is_valid(api), is_valid(worker)) == (0, 0))
    write(path, {"issuers": [ISSUER]})
    assert post() == 403
    until(lambda: (is_valid(api), is_valid(worker)) == (1, 1))
    # What waits for its next round is refused there, too.
    transfer = f"/transfers/{accepted['transfer_id']}"
    until(lambda: _parked(api, transfer, headers))
    reason = api.ask("GET", transfer, headers=headers)[1]["reason"]
    assert reason["code"] == "destination-refused"
    assert "cmi.own.example" in reason["message"]
    until(lambda: len(changes(engine)) == 3)
    assert [detail.partition(" now ")[0] for detail in changes(engine)] == [
        f"added issuer {ISSUER};",
        "added host cmi.own.example;",
        "removed host cmi.own.example;",
    ]
    engine.dispose()


def changes(engine: sa.Engine) -> list[str]:
    return [line.detail for line in audit_of(engine, None).lines if line.action == "allow-list changed"]


def _parked(api: Program, transfer: str, headers: dict[str, str]) -> bool:
    """A round that is due much later is asked for now."""
    state = api.ask("GET", transfer, headers=headers)[1]["state"]
    if state != "parked":
        api.ask("POST", f"{transfer}/retry", headers=headers)
    return bool(state == "parked")
