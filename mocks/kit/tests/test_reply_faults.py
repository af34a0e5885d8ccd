"""Faults that pack, lengthen, replace or redirect a reply, as a caller of the mock sees them."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from parcel_mock import ParcelTenant
from werkzeug.test import Client, TestResponse

from mock_kit.app import WrappedApp
from mock_kit.http.packing import TRAILING_BYTES, BufferedBody, packed, packers_of, zeros

HOST = {"Host": "depot.example"}
FILE = bytes(range(256)) * 40
URL = "https://depot.example/parcels/1"


@pytest.fixture(autouse=True)
def _one_parcel(client: Client) -> None:
    client.post("/parcels", data=FILE, headers=HOST)


@pytest.fixture
def struck(client: Client) -> Callable[..., TestResponse]:
    def get(kind: str, phase: str | None = None, path: str = "/parcels/1", **params: Any) -> TestResponse:
        body = {"kind": kind, "params": params} | ({"phase": phase} if phase else {})
        planned = client.post("/_mock/faults", json=body)
        assert planned.status_code == 201, planned.text
        response = client.get(path, headers=HOST)
        response.get_data()  # a streamed reply is filed when it has been read
        assert last(client)["fault"] == planned.get_json()["id"]
        return response

    return get


Strike = Callable[..., TestResponse]


def last(client: Client) -> dict[str, Any]:
    return dict(client.get("/_mock/journal").get_json()["exchanges"][-1])


def codes(client: Client) -> list[str]:
    return [note["code"] for note in last(client)["notes"]]


def inflated(data: bytes, wbits: int) -> bytes:
    unpacker = zlib.decompressobj(wbits)
    whole = unpacker.decompress(data)
    assert (unpacker.eof, unpacker.unused_data) == (True, b"")
    return whole


@pytest.mark.parametrize(
    ("coding", "unpack"),
    [
        ("gzip", gzip.decompress),
        ("x-gzip", gzip.decompress),
        ("deflate", lambda data: inflated(data, 15)),
        ("gzip, gzip", lambda data: gzip.decompress(gzip.decompress(data))),
        ("deflate, gzip", lambda data: inflated(gzip.decompress(data), 15)),
        ("x-unheard-of", bytes),
    ],
)
def test_a_body_is_packed_as_its_label_says_though_the_caller_did_not_accept_it(
    struck: Strike, coding: str, unpack: Callable[[bytes], bytes]
) -> None:
    response = struck("packed", coding=coding)
    assert response.headers["Content-Encoding"] == coding
    assert response.content_length == len(response.data)
    assert unpack(response.data) == FILE


def test_a_label_can_lie_about_the_packing(struck: Strike) -> None:
    plain = struck("packed", coding="gzip", packed_with="nothing")
    other = struck("packed", coding="br", packed_with="raw_deflate")
    assert (plain.headers["Content-Encoding"], plain.data) == ("gzip", FILE)
    assert (other.headers["Content-Encoding"], inflated(other.data, -15)) == ("br", FILE)


def test_br_and_zstd_are_stored_blocks_between_head_and_end(struck: Strike) -> None:
    """The bytes around the content are fixed by RFC 7932 and RFC 8878; reference decoders took these."""
    assert struck("packed", coding="br", path="/stream?pieces=1").data.hex() == "700010" + b"00000000".hex() + "03"
    zstd = struck("packed", coding="zstd", path="/stream?pieces=2").data
    assert zstd.hex() == "28b52ffd0038" + "420000" + "30" + "400000" + b"00000001".hex() + "010000"


@pytest.mark.skipif(shutil.which("zstd") is None, reason="needs the command zstd")
def test_the_reference_decoder_takes_our_zstd() -> None:
    content = FILE * 50 + bytes(300_000)
    stream = b"".join(packed(BufferedBody([content]).pieces(), packers_of("zstd")))
    done = subprocess.run(["zstd", "-dc"], input=stream, capture_output=True, check=True)
    assert done.stdout == content


def test_a_packed_body_is_cut_off_under_a_length_that_is_right(struck: Strike) -> None:
    response = struck("packed", coding="gzip", damage="cut", keep_bytes=88)
    assert (response.content_length, len(response.data)) == (88, 88)
    with pytest.raises(EOFError):
        gzip.decompress(response.data)


def test_a_cut_behind_the_end_is_noted_as_without_effect(struck: Strike, client: Client) -> None:
    assert gzip.decompress(struck("packed", damage="cut", keep_bytes=10**6).data) == FILE
    assert "fault_without_effect" in codes(client)


def test_two_members_make_the_file_only_together(struck: Strike) -> None:
    response = struck("packed", damage="members")
    first = zlib.decompressobj(31)
    assert first.decompress(response.data) == FILE[: len(FILE) // 2]
    assert first.eof
    assert gzip.decompress(first.unused_data) == FILE[len(FILE) // 2 :]


def test_trailing_bytes_follow_a_whole_stream(struck: Strike) -> None:
    response = struck("packed", damage="trailing")
    unpacker = zlib.decompressobj(31)
    assert (unpacker.decompress(response.data), unpacker.eof) == (FILE, True)
    assert unpacker.unused_data == TRAILING_BYTES
    assert response.content_length == len(response.data)


@pytest.mark.parametrize(("coding", "least_ratio"), [("gzip", 900), ("zstd", 10_000)])
def test_a_bomb_unpacks_to_very_much_more_than_it_is(struck: Strike, coding: str, least_ratio: int) -> None:
    unpacked_bytes = 20 * 1024 * 1024
    response = struck("packed", coding=coding, damage="bomb", unpacked_bytes=unpacked_bytes)
    assert len(response.data) * least_ratio < unpacked_bytes
    if coding == "gzip":
        assert len(gzip.decompress(response.data)) == unpacked_bytes


def test_zeros_are_as_many_as_wanted() -> None:
    assert [sum(map(len, zeros(size))) for size in (0, 1, 131_072, 131_073)] == [0, 1, 131_072, 131_073]


def test_a_packed_body_can_come_without_its_length(struck: Strike) -> None:
    response = struck("packed", content_length="absent")
    assert "Content-Length" not in response.headers
    assert gzip.decompress(response.data) == FILE


def test_a_shorter_file_comes_with_a_length_that_is_right(struck: Strike) -> None:
    response = struck("truncate_body", keep_bytes=1500, content_length="fixed")
    assert (response.status_code, response.content_length, response.data) == (200, 1500, FILE[:1500])


def test_a_longer_file_comes_with_a_length_that_is_right(struck: Strike) -> None:
    response = struck("extend_body", extra_bytes=7)
    assert (response.content_length, response.data) == (len(FILE) + 7, FILE + bytes(7))


def test_a_sign_in_page_is_html_under_200(struck: Strike) -> None:
    response = struck("sign_in_page")
    assert (response.status_code, response.mimetype) == (200, "text/html")
    assert response.data.startswith(b"<!DOCTYPE html>")


@pytest.mark.parametrize(("kind", "start"), [("sign_in_page", b"<!DOCTYPE"), ("json_error", b'{"message": "')])
def test_what_replaces_a_file_can_have_its_size_and_type(struck: Strike, kind: str, start: bytes) -> None:
    response = struck(kind, size="real", type="real")
    assert (response.content_length, len(response.data)) == (len(FILE), len(FILE))
    assert (response.mimetype, response.data[: len(start)]) == ("application/octet-stream", start)


def test_a_json_error_is_json_under_200_or_another_status(struck: Strike) -> None:
    response = struck("json_error", message="größer als erlaubt", status=202)
    assert (response.status_code, response.get_json()) == (202, {"message": "größer als erlaubt"})


def test_a_page_before_the_work_prevents_it(client: Client, depot: ParcelTenant) -> None:
    client.post("/_mock/faults", json={"kind": "sign_in_page", "phase": "before"})
    assert client.post("/parcels", data=b"second", headers=HOST).mimetype == "text/html"
    assert len(depot.parcels) == 1


@pytest.mark.parametrize(
    ("to", "location"),
    [
        ("other_host", "https://files.elsewhere.example/parcels/1"),
        ("loop", URL),
        ("plain_http", "http://depot.example/parcels/1"),
    ],
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_leads_where_it_is_planned_to(struck: Strike, to: str, location: str, status: int) -> None:
    response = struck("redirect", to=to, status=status)
    assert (response.status_code, response.headers["Location"]) == (status, location)


def test_a_redirect_to_a_given_address_leaves_it_as_it_stands(struck: Strike) -> None:
    location = "//elsewhere.example/a b?x=%"
    assert struck("redirect", location=location, to="url").headers["Location"] == location


def test_a_loop_keeps_the_query(struck: Strike) -> None:
    assert struck("redirect", to="loop", path="/stream?pieces=2").headers["Location"].endswith("/stream?pieces=2")


def test_a_mock_without_pre_signed_addresses_refuses_to_redirect_there(client: Client) -> None:
    response = client.post("/_mock/faults", json={"kind": "redirect", "params": {"to": "signed"}})
    assert response.status_code == 400
    assert response.get_json()["errors"][0]["field"] == "params.to"
    assert client.get("/_mock/faults").get_json() == {"faults": []}


@pytest.mark.parametrize("status", [202, 206])
@pytest.mark.parametrize(("body", "data"), [("kept", FILE), ("dropped", b"")])
def test_the_real_reply_can_come_under_another_status(struck: Strike, status: int, body: str, data: bytes) -> None:
    response = struck("other_status", status=status, body=body, headers={"Content-Range": "bytes 0-9/10"})
    assert (response.status_code, response.data, response.content_length) == (status, data, len(data))
    assert response.headers["Content-Range"] == "bytes 0-9/10"


def test_a_204_has_no_body_and_says_so_where_one_was_wanted(struck: Strike, client: Client) -> None:
    response = struck("other_status", status=204, body="dropped")
    assert (response.status_code, response.data) == (204, b"")
    assert "fault_without_effect" not in codes(client)
    assert struck("other_status", status=204, body="kept").data == b""
    assert "fault_without_effect" in codes(client)


@pytest.mark.parametrize("value", [{"error": {"code": "X"}}, ["a"], 5, None, True])
def test_a_json_value_becomes_a_json_body(struck: Strike, value: Any) -> None:
    response = struck("status", status=500, body=value)
    assert (response.mimetype, response.get_json()) == ("application/json", value)


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        ('{"error": "x"}', "", "application/json"),
        ("[1]", "", "application/json"),
        ("5", "", "text/plain"),
        ("{not json", "", "text/plain"),
        ("[" * 5000, "", "text/plain"),
        ({"a": 1}, "application/problem+json", "application/problem+json"),
        ('{"a": 1}', "text/html", "text/html"),
    ],
)
def test_a_body_has_the_type_it_reads_as_unless_another_is_given(
    struck: Strike, body: Any, content_type: str, expected: str
) -> None:
    response = struck("status", status=400, body=body, content_type=content_type)
    assert response.mimetype == expected
    assert response.text == (body if isinstance(body, str) else json.dumps(body))


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_can_be_a_date_of_the_tenants_clock(struck: Strike, client: Client, status: int) -> None:
    client.post("/_mock/clock", json={"advance_s": 86_400})
    response = struck("status", status=status, retry_after_s=600, retry_after_form="date")
    said, now = (parsedate_to_datetime(response.headers[name]) for name in ("Retry-After", "Date"))
    assert said - now == timedelta(seconds=600)
    tenant = client.get("/_mock/clock").get_json()
    ahead = datetime.fromisoformat(tenant["now"]) - now
    assert abs(ahead) < timedelta(hours=1), "the tenant is a day ahead of the wall"


def test_retry_after_can_be_seconds(struck: Strike) -> None:
    assert struck("status", status=503, retry_after_s=1.2).headers["Retry-After"] == "2"
    assert "Retry-After" not in struck("status", status=503).headers


def test_an_endless_body_stays_open_until_the_fault_is_removed(client: Client, toy: WrappedApp[ParcelTenant]) -> None:
    fault = client.post("/_mock/faults", json={"kind": "endless", "params": {"bytes_per_s": 10_000}}).get_json()
    pieces = toy.test_client().get("/parcels", headers=HOST, buffered=False).iter_encoded()
    seen = b""
    while not seen.endswith(b"  "):
        seen += next(pieces)
    client.delete(f"/_mock/faults/{fault['id']}")
    seen += b"".join(pieces)
    assert json.loads(seen) == {"count": 1}


def test_an_endless_body_ends_at_its_limit(struck: Strike) -> None:
    response = struck("endless", path="/stream?pieces=1", bytes_per_s=10**6, limit_bytes=5000)
    assert response.data == b"0000000" + b" " * 5000 + b"0"
    assert "Content-Length" not in response.headers


def test_the_journal_and_the_recorder_survive_a_damaged_stream(client: Client, toy: WrappedApp[ParcelTenant]) -> None:
    toy.mock.recording = True
    for params in ({"damage": "cut", "keep_bytes": 3}, {"packed_with": "nothing"}, {"coding": "gzip, gzip"}):
        client.post("/_mock/faults", json={"kind": "packed", "params": params})
        assert client.get("/parcels", headers=HOST).status_code == 200
        assert last(client)["response"]["complete"] is True
