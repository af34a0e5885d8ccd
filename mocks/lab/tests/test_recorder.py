"""The stack's recorder: what a test breaks on the wire is found at its end, on the hop where it happened."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from werkzeug.test import Client

from attachment_contract.traffic import TrafficBody, TrafficExchange, TrafficMessage
from attachment_lab.recorder.collector import CollectedRecords, Collector
from attachment_lab.recorder.ends import unmatched
from attachment_lab.recorder.instrumentation import Digest, Sent, SocketSink, instrument_httpx
from attachment_lab.recorder.stack_recorder import checked_traffic
from attachment_lab.testing.lab import LabTenant
from c4c_mock.app import create_app
from mock_kit.journal.recorder import CapturedExchange

HOST = "my2554607.de1.crm.cloud.sap"
SERVICE_HOST = "cc-workflows-eu-c1.cc.sinch.com"
ROOT = "/sap/c4c/odata/v1/chatactivity"
CANARY = "Welcome-1-canary"


@pytest.fixture
def c4c(tmp_path: Path) -> Client:
    """A C4C mock in this process."""
    client = create_app(tmp_path).test_client()
    arrangement = {"user": "v1user", "password": CANARY, "services": ["chatactivity"]}
    tenant = {"name": "default", "host": HOST, "communication_system": {"id": "S"}, "arrangement": arrangement}
    assert client.post("/_mock/tenants", json=tenant).status_code == 201
    return client


def ask(client: Client, path: str, method: str = "GET", **more: Any) -> int:
    """A request with credentials; its status."""
    headers = {"Host": HOST, "Accept": "application/json"}
    return client.open(f"{ROOT}{path}", method=method, headers=headers, auth=("v1user", CANARY), **more).status_code


def test_a_good_exchange_with_a_mock_in_this_process_passes(c4c: Client) -> None:
    with checked_traffic("test_a") as check:
        assert ask(c4c, "/") == 200
    assert dict(check.checked) == {"c4c.service": 1}


def test_a_mock_that_answers_a_wrong_document_is_found(c4c: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("c4c_mock.wire.json_out.service_document", lambda _service: {"d": {"EntitySets": CANARY}})
    with pytest.raises(AssertionError) as failure, checked_traffic("test_b"):
        ask(c4c, "/")
    text = str(failure.value)
    assert "live traffic of test_b breaks the contract" in text
    assert "[c4c.service] response: c4c_service_document.v1: d/EntitySets breaks 'type'" in text
    assert CANARY not in text


def test_a_mock_that_is_too_kind_is_found(c4c: Client) -> None:
    assert c4c.post("/_mock/dialect", json={"attachment_category_mandatory": False}).status_code == 200
    cti = {
        "Type": "CHAT",
        "EventType": "INBOUND",
        "Action": "ACCEPT",
        "ExternalReferenceID": "A" * 32,
        "Email": "a@b.c",
    }
    chat = c4c.post("/_mock/cti", json=cti).get_json()["activity"]["object_id"]
    document = {"TypeCode": "10001", "Name": "a.txt", "Binary": "QUJD"}
    with (
        pytest.raises(AssertionError, match=r"'required' \(CategoryCode\), and it was not refused"),
        checked_traffic("test_c"),
    ):
        assert ask(c4c, f"/ChatActivityCollection('{chat}')/ChatActivityAttachment", "POST", json=document) == 201


def test_an_exchange_that_was_dropped_is_a_failure(c4c: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_kit.journal.recorder.RecorderLog.__init__.__defaults__", (10,))
    with pytest.raises(AssertionError, match="1 exchanges did not fit"), checked_traffic("test_d"):
        ask(c4c, "/")


def sent(**changes: Any) -> Sent:
    """The sender's end of a good exchange."""
    whole = Digest(5, "aa", complete=True)
    record = Sent("service", "POST", HOST, f"{ROOT}/x", 201, "", whole, whole)
    return dataclasses.replace(record, **changes)


def received(**changes: Any) -> TrafficExchange:
    """The receiver's end of it."""
    message = TrafficMessage(body=TrafficBody(content=None, size_bytes=5, sha256="aa"))
    parts: dict[str, Any] = {"neighbour": "c4c", "seen_by": "c4c mock", "method": "POST", "host": HOST}
    parts |= {"target": f"{ROOT}/x", "status": 201, "request": message, "response": message}
    return TrafficExchange(**{**parts, **changes})


def differences(record: Sent, *exchanges: TrafficExchange) -> list[str]:
    return [text for _, text in unmatched([("c4c", record)], exchanges)]


def test_two_ends_that_agree_match() -> None:
    assert differences(sent(), received(target="/other"), received()) == []


@pytest.mark.parametrize(
    ("record", "exchange", "text"),
    [
        (sent(status=200), received(), "status 200 read, 201 sent"),
        (
            sent(request=Digest(5, "bb", complete=True)),
            received(),
            "request: 5 bytes bb at the sender, 5 bytes aa at the receiver",
        ),
        (
            sent(answer=Digest(4, "aa", complete=True)),
            received(),
            "answer: 4 bytes aa at the sender, 5 bytes aa at the receiver",
        ),
        (sent(), received(method="GET"), "no process received it"),
        (sent(), received(neighbour="cmi"), "no process received it"),
    ],
)
def test_a_difference_between_the_ends_is_reported(record: Sent, exchange: TrafficExchange, text: str) -> None:
    assert differences(record, exchange) == [text]


def test_a_planned_fault_stands_for_one_record_and_no_more() -> None:
    struck = received(status=504, fault="f1")
    assert differences(sent(), struck) == []
    assert len(unmatched([("c4c", sent()), ("c4c", sent())], [struck])) == 1


def test_a_reply_that_a_fault_shortened_behind_the_mock_does_not_take_the_place_of_the_whole_one() -> None:
    short = sent(answer=Digest(2, "bb", complete=True))
    assert unmatched([("c4c", short), ("c4c", sent())], [received(fault="f1"), received()]) == []


def test_one_receiver_does_not_stand_for_two_senders() -> None:
    assert len(unmatched([("c4c", sent()), ("c4c", sent())], [received()])) == 1


def test_a_body_that_one_end_did_not_see_to_its_end_is_not_compared() -> None:
    assert differences(sent(answer=Digest(3, "cc", complete=False)), received()) == []


def test_an_end_that_broke_off_does_not_take_the_receiver_of_another() -> None:
    """A download with a fault, one that its reader gave up, and a complete one between them."""
    whole, part = Digest(7, "bb", complete=True), Digest(3, "cc", complete=False)
    records = [
        sent(path=f"{ROOT}/struck", answer=part),
        sent(path=f"{ROOT}/given-up", answer=part),
        sent(path=f"{ROOT}/other", answer=whole),
        sent(),
    ]
    other, long = (
        TrafficMessage(body=TrafficBody(content=None, size_bytes=size, sha256=sha))
        for size, sha in ((7, "bb"), (9, "dd"))
    )
    exchanges = [
        received(),
        received(target=f"{ROOT}/other", response=other),
        received(target=f"{ROOT}/given-up", response=long),
        received(target=f"{ROOT}/struck", fault="f1"),
    ]
    assert unmatched([("c4c", one) for one in records], exchanges) == []


def test_a_request_without_an_answer_needs_no_receiver() -> None:
    assert differences(sent(status=0, error="ConnectError")) == []


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A collector that is closed at the end."""
    made = Collector()
    yield made
    made.close()


def test_records_of_another_process_arrive_and_what_it_has_under_way_goes_with_it(collector: Collector) -> None:
    records = collector.records
    sink = SocketSink(collector.address("service").partition("=")[2])
    sink.begun()
    sink.begun()
    sink.sent(sent())
    sink.received(CapturedExchange("service", None, "GET", "/transfers", "h", 200).to_dict())
    assert records.wait(lambda: len(records.snapshot()[1]) == 1, 10)
    assert records.snapshot()[0] == [sent()]
    sink.begun()
    assert records.wait(lambda: records.under_way == 1, 10)
    assert sink._connection is not None
    sink._connection[1].close()
    assert records.wait(lambda: records.under_way == 0, 10)


def test_a_connection_without_the_key_is_ignored(collector: Collector) -> None:
    host, port, _ = collector.address("x").partition("=")[2].split(":")
    sink = SocketSink(f"{host}:{port}:wrong")
    sink.begun()
    assert not collector.records.wait(lambda: collector.records.under_way > 0, 0.2)


def test_what_does_not_fit_into_the_collector_is_counted() -> None:
    records = CollectedRecords(kept_chars=3)
    captured = CapturedExchange("service", None, "GET", "/", "h", 200)
    captured.response.text = "long"
    records.received(captured.to_dict(), 0)
    assert (records.dropped, records.snapshot()[1]) == (1, [])


def test_httpx_is_instrumented_as_long_as_there_is_a_listener(collector: Collector) -> None:
    remembered = _Remember()
    end = instrument_httpx("second", remembered)
    with httpx.Client(trust_env=False) as client, pytest.raises(httpx.ConnectError):
        client.get("http://127.0.0.1:1/x")
    end()
    with httpx.Client(trust_env=False) as client, pytest.raises(httpx.ConnectError):
        client.get("http://127.0.0.1:1/y")
    assert [(one.who, one.error, one.path) for one in remembered.records_seen] == [("second", "ConnectError", "/x")]
    assert [(one.who, one.path) for one in collector.records.snapshot()[0]] == [("lab", "/x"), ("lab", "/y")]


class _Remember:
    def __init__(self) -> None:
        self.records_seen: list[Sent] = []

    def begun(self) -> None:
        """Nothing to remember."""

    def sent(self, record: Sent) -> None:
        """Remember it."""
        self.records_seen.append(record)

    def received(self, captured: dict[str, Any]) -> None:
        """Nothing to remember."""


@pytest.mark.stack
@pytest.mark.timeout(180)
def test_a_request_off_the_contract_fails_the_tenant_at_its_end(tenant: LabTenant) -> None:
    with (
        pytest.raises(AssertionError, match=r"no hop of the contract knows.*GET /sap/nothing") as failure,
        tenant.lab.tenant(of="the inner test") as inner,
    ):
        httpx.get(
            f"{tenant.lab.urls['c4c']}/sap/nothing",
            headers={"Host": inner.names.c4c_host},
            auth=(inner.names.c4c_user, inner.names.c4c_password),
            trust_env=False,
        )
    text = str(failure.value)
    assert "live traffic of the inner test" in text
    assert inner.names.c4c_password not in text


@pytest.mark.stack
@pytest.mark.timeout(180)
def test_a_tenant_that_is_not_to_be_judged_is_not(tenant: LabTenant) -> None:
    with tenant.lab.tenant(judge=False):
        httpx.get(f"{tenant.lab.urls['service']}/nothing", trust_env=False)
    with pytest.raises(AssertionError, match=r"\[no hop\] exchange: .*GET /nothing → 404"), tenant.lab.tenant():
        httpx.get(f"{tenant.lab.urls['service']}/nothing", trust_env=False)


@pytest.mark.stack
@pytest.mark.timeout(180)
def test_what_this_process_sends_to_another_stack_is_that_ones_to_judge(tenant: LabTenant) -> None:
    with tenant.lab.tenant(), answering() as elsewhere:
        # By another name, too: the stack's own ports are known by their addresses.
        for address in (elsewhere, elsewhere.replace("127.0.0.1", "localhost")):
            answer = httpx.post(f"{address}/prod/chat-attachments", headers={"Host": SERVICE_HOST}, trust_env=False)
            assert answer.status_code == 401
    with pytest.raises(AssertionError, match=r"\[no hop\] exchange: .*GET /prod/nothing → 404"), tenant.lab.tenant():
        httpx.get(f"{tenant.lab.urls['service']}/prod/nothing", headers={"Host": SERVICE_HOST}, trust_env=False)


@contextmanager
def answering() -> Iterator[str]:
    """The address of a service that is none of the lab's stack and refuses everybody."""

    class Refuse(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(401)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Silence."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Refuse) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.stack
@pytest.mark.timeout(180)
def test_requests_to_a_host_that_no_tenant_has_are_found(tenant: LabTenant) -> None:
    with pytest.raises(AssertionError, match="GET /stray → 421"), tenant.lab.tenant():
        httpx.get(f"{tenant.lab.urls['cmi']}/stray", headers={"Host": "stray.example"}, trust_env=False)
