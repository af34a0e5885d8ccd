"""The recorder keeps exchanges whole, in bounds, with secrets masked in their shape; what it cannot keep it says."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from parcel_mock import ParcelTenant
from werkzeug.test import Client

from mock_kit.app import WrappedApp
from mock_kit.journal import BodyDigest, bodies
from mock_kit.journal.bodies import BodyCopier, BodyCopy
from mock_kit.journal.context import planned
from mock_kit.journal.masking import Masker, stand_in
from mock_kit.journal.recorder import CapturedExchange, RecorderLog, record_exchanges
from mock_kit.testing import running_mock

HOST = {"Host": "depot.example"}
CANARY = "Word-of-Kit-2718!"


def copied(
    *pieces: bytes, content_type: str = "application/json", encoding: str = "", masker: Masker | None = None
) -> BodyCopy:
    digest = BodyDigest()
    digest.copier = BodyCopier(content_type, encoding)
    for piece in pieces:
        digest.feed(piece)
    return digest.copier.copy(digest, masker or Masker())


def test_a_recorder_that_is_off_costs_nothing(client: Client, depot: ParcelTenant) -> None:
    client.post("/parcels", data=b"x", headers=HOST)
    assert depot.recorder.list() == []


def test_an_exchange_is_kept_whole(client: Client) -> None:
    with record_exchanges() as log:
        response = client.post(
            "/parcels?a=1", data=b'{"a": "text"}', headers={**HOST, "Content-Type": "application/json"}
        )
    [kept] = log.list()
    assert (kept.mock, kept.tenant, kept.method, kept.url) == ("parcel counter", "default", "POST", "/parcels?a=1")
    assert (kept.status, kept.host, kept.fault, kept.failed) == (response.status_code, "depot.example", None, False)
    assert (kept.request.text, kept.response.text) == ('{"a": "text"}', response.text)
    assert kept.request.sha256 == hashlib.sha256(b'{"a": "text"}').hexdigest()
    assert (log.under_way, log.dropped) == (0, 0)


def test_a_request_to_no_tenant_is_kept_as_well(client: Client) -> None:
    with record_exchanges() as log:
        client.get("/parcels", headers={"Host": "nowhere.example"})
    assert [(one.tenant, one.status) for one in log.list()] == [(None, 421)]


def test_control_requests_are_not_recorded(client: Client) -> None:
    with record_exchanges() as log:
        client.get("/_mock/health")
    assert log.list() == []


def test_a_planned_fault_is_named(client: Client, toy: WrappedApp[ParcelTenant]) -> None:
    def fail_as_planned() -> str:
        planned("mine")
        return "ok"

    toy.flask_app.add_url_rule("/own", view_func=fail_as_planned)
    client.post("/_mock/faults", json={"id": "f1", "kind": "status", "params": {"status": 503}})
    with record_exchanges() as log:
        client.get("/parcels", headers=HOST)
        client.get("/own", headers=HOST)
    assert [one.fault for one in log.list()] == ["f1", "mine"]


def test_a_mock_that_breaks_down_says_so(toy: WrappedApp[ParcelTenant]) -> None:
    def broken() -> str:
        raise RuntimeError("a defect")

    toy.flask_app.add_url_rule("/broken", view_func=broken)
    toy.flask_app.testing = True  # Flask lets it through, as a defect below Flask would come
    with record_exchanges() as log, pytest.raises(RuntimeError, match="a defect"):
        toy.test_client().get("/broken", headers=HOST)
    assert [(one.failed, one.status) for one in log.list()] == [(True, 500)]


@pytest.mark.parametrize("length", [256, 257, 258, 259, 260, 1000, 100_000])
@pytest.mark.parametrize("cut", [1, 7, 64, 100_000])
def test_long_base64_is_shortened_and_keeps_its_length_modulo_4(length: int, cut: int) -> None:
    content = b'{"Binary": "' + b"QUJD" * (length // 4) + b"QUJD"[: length % 4] + b'=="}'
    kept = copied(*[content[at : at + cut] for at in range(0, len(content), cut)])
    assert kept.text is not None
    value = json.loads(kept.text)["Binary"].rstrip("=")
    assert len(value) <= 259
    assert len(value) % 4 == length % 4
    assert len(value) + kept.elided_bytes == length
    assert (kept.size_bytes, kept.sha256) == (len(content), hashlib.sha256(content).hexdigest())


def test_what_is_not_base64_stays_where_it_is() -> None:
    kept = copied(b'{"Binary": "' + b"A" * 500 + b" " + b"B" * 500 + b'"}')
    assert kept.text is not None
    assert " " in json.loads(kept.text)["Binary"]


def test_a_file_is_kept_as_size_and_digest_only() -> None:
    kept = copied(b"\x89PNG", content_type="image/png")
    assert (kept.text, kept.size_bytes, kept.whole) == (None, 4, True)


def test_bytes_that_are_no_text_come_back_as_they_were() -> None:
    kept = copied(b'"\xff\xfe"')
    assert kept.text is not None
    assert kept.text.encode(errors="surrogateescape") == b'"\xff\xfe"'


def test_gzip_is_unpacked_and_counted_as_it_was_sent() -> None:
    packed = gzip.compress(b'{"a": 1}' * 1000)
    kept = copied(packed[:50], packed[50:], encoding="gzip")
    assert (kept.text, kept.size_bytes, kept.whole) == ('{"a": 1}' * 1000, len(packed), True)


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_what_cannot_be_unpacked_is_not_called_whole(encoding: str) -> None:
    assert copied(b"not packed at all", encoding=encoding).whole is False


def test_a_document_beyond_the_limit_is_not_called_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "KEPT_BODY_BYTES", 100)
    kept = copied(b"a b " * 10, b"a b " * 100)
    assert kept.whole is False
    assert len(kept.text or "") < 1000


def test_an_exchange_that_does_not_fit_is_counted_and_the_others_stay() -> None:
    log = RecorderLog(kept_bytes=10)
    for size in (6, 6, 4):
        log.begin()
        log.add(CapturedExchange("m", None, "GET", "/", "h", 200, response=BodyCopy(text="x" * size)))
    assert ([one.id for one in log.list()], log.dropped, log.last_id) == ([1, 3], 1, 3)


@pytest.mark.parametrize(
    ("secret", "shape"),
    [
        (CANARY, "Aaaa-aa-Aaa-1111!"),
        ("Basic dTpwYXNz+/==", "Basic aAaaAAAa+/=="),
        ("Bearer eyJh.e30.c_-x", "Bearer aaAa.a11.a_-a"),
        ('"p\\"\\u00e4ß"', '"aaaä"'),
        ("a%20b", "aaa"),
        ("Straße\n", "Aaaaäa\n"),
        ("Fetch", "Fetch"),
        ("12.5", "11.1"),
    ],
)
def test_a_secret_is_masked_in_its_shape(secret: str, shape: str) -> None:
    assert stand_in(secret) == shape


def test_secrets_do_not_show_wherever_they_stand(client: Client, depot: ParcelTenant) -> None:
    depot.journal.mask_secret(CANARY, "user")
    basic = base64.b64encode(f"user:{CANARY}".encode()).decode()
    body = json.dumps({"password": "short", "note": f"it is {CANARY}", "deep": {"client_secret": "s3cr3t-value"}})
    headers = {
        **HOST,
        "Authorization": f"Basic {basic}",
        "X-Api-Key": "key-value-1",
        "Content-Type": "application/json",
    }
    with record_exchanges() as log:
        client.post(f"/parcels?token={CANARY}", data=body, headers=headers)
    recorded = json.dumps([one.to_dict() for one in log.list()])
    for secret in (CANARY, basic, "short", "s3cr3t-value", "key-value-1"):
        assert secret not in recorded
    [kept] = log.list()
    assert json.loads(kept.request.text or "")["deep"] == {"client_secret": "a1aa1a-aaaaa"}
    assert dict(kept.request_headers)["Authorization"].startswith("Basic ")


def test_the_control_route_answers_409_unless_the_recorder_is_on(client: Client) -> None:
    refused = client.get("/_mock/recorder")
    assert (refused.status_code, refused.get_json()["errors"][0]["remedy"]) == (409, "Start the mock with --recorder.")


def test_pages_are_read_on_until_nothing_follows(
    client: Client, toy: WrappedApp[ParcelTenant], monkeypatch: pytest.MonkeyPatch
) -> None:
    toy.mock.recording = True
    monkeypatch.setattr("mock_kit.control.blueprint.PAGE_CHARS", 10)
    for _ in range(3):
        client.post("/parcels", data=b"12345678", headers={**HOST, "Content-Type": "text/plain"})
    client.get("/lost", headers={"Host": "nowhere.example"})
    seen, since = [], 0
    while page := client.get(f"/_mock/recorder?since={since}").get_json()["exchanges"]:
        seen += [one["id"] for one in page]
        since = page[-1]["id"]
    assert seen == [1, 2, 3]
    assert [one["url"] for one in client.get("/_mock/recorder/strays").get_json()["exchanges"]] == ["/lost"]


def test_a_reset_keeps_the_recorded_exchanges(client: Client, toy: WrappedApp[ParcelTenant]) -> None:
    toy.mock.recording = True
    client.get("/parcels", headers=HOST)
    client.post("/_mock/reset")
    assert len(client.get("/_mock/recorder").get_json()["exchanges"]) == 1


def test_a_process_returns_what_it_recorded_if_started_with_the_recorder(tmp_path: Path) -> None:
    with running_mock("parcel_mock", tmp_path, python_path=[Path(__file__).parent]) as mock:
        request = urllib.request.Request(f"{mock.url}/parcels", data=b"hello", headers=HOST)
        urllib.request.urlopen(request, timeout=10).close()
        with urllib.request.urlopen(f"{mock.url}/_mock/recorder", timeout=10) as response:
            page = json.load(response)
    assert [one["request"]["size_bytes"] for one in page["exchanges"]] == [5]
    assert (page["dropped"], page["under_way"]) == (0, 0)


def test_a_process_without_the_recorder_says_so(tmp_path: Path) -> None:
    with (
        running_mock("parcel_mock", tmp_path, python_path=[Path(__file__).parent], recorder=False) as mock,
        pytest.raises(urllib.error.HTTPError) as refused,
    ):
        urllib.request.urlopen(f"{mock.url}/_mock/recorder", timeout=10)
    assert refused.value.code == 409


def test_a_process_hands_its_exchanges_to_the_logs_before_it_is_stopped(tmp_path: Path) -> None:
    with (
        record_exchanges() as log,
        running_mock("parcel_mock", tmp_path, python_path=[Path(__file__).parent]) as mock,
    ):
        for _ in range(2):
            urllib.request.urlopen(urllib.request.Request(f"{mock.url}/parcels", headers=HOST), timeout=10).close()
            mock.record()
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"{mock.url}/stray", timeout=10)
        mock.stop()
    assert [(one.url, one.status, one.tenant) for one in log.list()] == [
        ("/parcels", 200, "default"),
        ("/parcels", 200, "default"),
        ("/stray", 421, None),
    ]
