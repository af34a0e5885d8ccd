"""A caller's ``allowed_hosts`` apply to every call for its transfers, not to its request alone."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from calls_kit import neighbour_transport
from ingress_kit import ENDPOINT, Issuer, a_body
from ledger_kit import CALLER
from process_kit import Program, signed_headers, trusting, until
from worker_kit import Stack, a_file

from attachment_transfer.core.callers import Callers, read_callers
from attachment_transfer.core.errors import DestinationRefused
from attachment_transfer.core.hosts import parse_patterns
from attachment_transfer.core.states import AttachmentState, TransferState
from attachment_transfer.worker.calls import CallerHosts

COMMON = parse_patterns("*.crm.cloud.sap,*.amazonaws.com")
ELSEWHERE = "files.eu-central-1.amazonaws.com"


def test_a_link_to_a_host_of_other_callers_is_not_followed(stack: Stack) -> None:
    """The host is on the service's own list, and C4C and CMI of this transfer are on the caller's."""
    stack.hosts[CALLER] = parse_patterns("*.execute-api.*.amazonaws.com,*.crm.cloud.sap")
    stack.cmi.files = [a_file(1), a_file(2, href=f"https://{ELSEWHERE}/attachments/f2")]
    stack.event()
    stack.run()
    by_id = {item.source.source_id: item for item in stack.attachments()}
    assert by_id["f1"].state is AttachmentState.STORED
    assert by_id["f2"].state is AttachmentState.PARKED
    reason = by_id["f2"].reason
    assert reason is not None
    assert reason.code == "destination-refused"
    assert ELSEWHERE in reason.message
    assert CALLER in reason.message
    assert "allowed_hosts" in reason.remedy
    assert not [request for request in stack.cmi.requests if request.url.host == ELSEWHERE]


def test_a_transfer_of_a_caller_that_is_no_longer_covered_calls_no_host_and_goes_on_once_it_is_covered(
    stack: Stack,
) -> None:
    stack.hosts[CALLER] = None
    stack.cmi.files = [a_file(1)]
    stack.event()
    stack.run()
    transfer = stack.transfer()
    assert transfer.state is TransferState.PARKED
    assert transfer.reason is not None
    assert transfer.reason.code == "destination-refused"
    assert "no entry of the callers file" in transfer.reason.message
    assert stack.cmi.requests == []
    del stack.hosts[CALLER]
    stack.event()
    stack.run()
    assert stack.transfer().state is TransferState.SETTLED


@pytest.mark.off_contract(reason="a neighbour that redirects at once, seen through the transport alone")
def test_a_redirect_is_checked_like_any_other_call() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(302, headers={"Location": f"https://{ELSEWHERE}/x"})

    transport = neighbour_transport(answer, hosts=CallerHosts("who#me", parse_patterns("*.crm.cloud.sap")))
    with httpx.Client(transport=transport, follow_redirects=True) as client, pytest.raises(DestinationRefused):
        client.get("https://a.crm.cloud.sap/")
    assert asked == ["a.crm.cloud.sap"]


def test_a_rule_with_hosts_has_those_one_without_has_the_common_ones_and_an_uncovered_caller_none() -> None:
    callers = read_callers({"caller": [{"name": "a#*", "allowed_hosts": ["own.example"]}, {"name": "b#*"}]})
    assert callers.hosts_of("a#1", COMMON) == parse_patterns("own.example")
    assert callers.hosts_of("b#1", COMMON) == COMMON
    assert callers.hosts_of("c#1", COMMON) is None
    assert Callers().hosts_of("c#1", COMMON) == COMMON
    assert callers.all_hosts(COMMON) == (*COMMON, *parse_patterns("own.example"))


class StandIn(BaseHTTPRequestHandler):
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
    """(hosts that were asked, port)."""
    StandIn.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), StandIn)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield StandIn.asked, server.server_port
    server.shutdown()
    server.server_close()


@pytest.mark.long
def test_a_rule_that_was_narrowed_applies_to_what_was_accepted_before(
    start: Callable[..., Program],
    issuer: tuple[Issuer, int],
    neighbour: tuple[list[str], int],
    tmp_path: Path,
) -> None:
    """Own hosts beside the service's list are reached; the same transfer is parked by a worker of the narrower file."""
    signer, port = issuer
    asked, neighbour_port = neighbour
    file = tmp_path / "callers.toml"
    common = trusting(port) | {"CALLERS_FILE": str(file)}
    common["EGRESS_MAP"] += f",*.own.example=http://127.0.0.1:{neighbour_port}"

    def allow(*hosts: str) -> None:
        file.write_text(f'[[caller]]\nname = "*#client"\nallowed_hosts = {json.dumps(hosts)}\n', encoding="utf-8")

    allow("*.own.example", "*.crm.cloud.sap")
    api = start("api", "serve", **common)
    until(api.is_ready)
    headers = signed_headers(signer)
    body = json.dumps(a_body(cmi_url="https://cmi.own.example/acme/cmi"))
    status, accepted = api.ask("POST", ENDPOINT, body=body, headers=headers)
    assert status == 202
    wide = start("wide", "work", **common)
    until(lambda: "cmi.own.example" in asked)
    assert wide.end() == 0

    allow("*.crm.cloud.sap")
    before = len(asked)
    start("narrow", "work", **common)
    transfer = f"/transfers/{accepted['transfer_id']}"
    assert api.ask("POST", f"{transfer}/retry", headers=headers)[0] in {202, 409}
    until(lambda: api.ask("GET", transfer, headers=headers)[1]["state"] == "parked")
    reason = api.ask("GET", transfer, headers=headers)[1]["reason"]
    assert reason["code"] == "destination-refused"
    assert "cmi.own.example is not an allowed host of" in reason["message"]
    assert len(asked) == before
