"""The traffic check: every violation on a hop is found and named, and no exchange passes unchecked."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from attachment_contract.schemas.store import load_schema, schema_names
from attachment_contract.traffic import TrafficBody, TrafficCheck, TrafficExchange, TrafficMessage, hop_of
from attachment_contract.traffic.hops import HOPS
from attachment_contract.traffic.routes import TABLES, neighbour_of

C4C = "/sap/c4c/odata/v1/chatactivity"
UPLOAD = f"{C4C}/ChatActivityCollection('AE0E')/ChatActivityAttachment"
CANARY = "Word-of-C4C-1618"


def message(document: Any = None, **headers: str) -> TrafficMessage:
    """A message with a JSON body, or with bytes as they are."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if document is None:
        return TrafficMessage(headers=given)
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return TrafficMessage(headers={"content-type": "application/json", **given}, body=TrafficBody.of(content))


def exchange(
    target: str, *, neighbour: str = "c4c", method: str = "GET", status: int = 200, **more: Any
) -> TrafficExchange:
    """An exchange with empty messages, unless ``more`` has others."""
    parts: dict[str, Any] = {
        "request": TrafficMessage(),
        "response": TrafficMessage(),
        "host": "",
        "seen_by": f"{neighbour} mock",
    }
    return TrafficExchange(neighbour=neighbour, method=method, target=target, status=status, **{**parts, **more})


def example(name: str, number: int = 0) -> Any:
    return load_schema(name)["examples"][number]


def upload(**more: Any) -> TrafficExchange:
    """A good upload."""
    parts = {
        "method": "POST",
        "status": 201,
        "request": message(example("c4c_attachment_create.v1")),
        "response": message(example("c4c_attachment.v1"), location="https://x"),
    }
    return exchange(UPLOAD, **{**parts, **more})


WRONG = message({**example("c4c_attachment_create.v1"), "TypeCode": "photo"})


def checked_by(*exchanges: TrafficExchange, **how: bool) -> TrafficCheck:
    traffic = TrafficCheck(**how)
    for one in exchanges:
        traffic.check(one)
    return traffic


def found_in(*exchanges: TrafficExchange, **how: bool) -> list[str]:
    return [f"{c.hop} {c.direction}: {c.text}" for c in checked_by(*exchanges, **how).violations]


def test_a_good_exchange_is_checked_and_has_no_violations() -> None:
    traffic = checked_by(upload())
    assert (traffic.violations, dict(traffic.checked)) == ([], {"c4c.attachment": 1})


def test_a_wrong_document_is_named_with_test_hop_direction_schema_and_place() -> None:
    wrong = {"d": {"results": {**example("c4c_attachment.v1")["d"]["results"], "SizeInkB": 5}}}
    text = checked_by(upload(response=message(wrong, location="https://x"))).report("test_x")
    assert text.startswith("live traffic of test_x breaks the contract:")
    assert "[c4c.attachment] response: c4c_attachment.v1: d/results/SizeInkB breaks 'type'" in text
    assert "POST /sap/c4c/odata/v1/chatactivity/ChatActivityCollection('AE0E')" in text


def test_a_request_that_is_wrong_must_have_been_refused() -> None:
    assert found_in(upload(request=WRONG)) == [
        "c4c.attachment request: c4c_attachment_create.v1: TypeCode breaks 'pattern', and it was not refused"
    ]
    assert found_in(upload(request=WRONG, status=400, response=message(example("c4c_error.v1")))) == []


def test_what_we_send_must_fit_even_if_it_was_refused() -> None:
    wrong = upload(request=WRONG, status=400, response=message(example("c4c_error.v1")), sent_by_us=True)
    assert found_in(wrong) == ["c4c.attachment request: c4c_attachment_create.v1: TypeCode breaks 'pattern'"]


def test_an_unknown_path_is_a_violation_even_if_it_was_refused() -> None:
    unknown = exchange("/sap/c4c/odata/v2/x", status=404, response=message(example("c4c_error.v1")))
    assert found_in(unknown) == ["no hop exchange: no hop of the contract knows this exchange"]
    assert found_in(unknown, allow_unknown=True) == []


def test_an_unknown_request_that_is_not_refused_is_always_a_violation() -> None:
    assert found_in(exchange("/nowhere"), allow_unknown=True) == [
        "no hop exchange: no hop of the contract knows this exchange"
    ]


def test_the_error_response_to_an_unknown_request_is_checked_as_well() -> None:
    odd = exchange("/nowhere", status=404, response=message({"oops": 1}))
    assert found_in(odd, allow_unknown=True) == ["no hop error: c4c_error.v1: the document breaks 'required' (error)"]


def test_a_planned_fault_is_exempt_and_counted() -> None:
    struck = upload(response=message({"maintenance": True}), fault="f1")
    assert checked_by(struck).violations == []
    assert checked_by(struck).exempt == {"fault": 1}


def test_a_mock_that_fails_without_a_planned_fault_is_found() -> None:
    assert found_in(exchange(UPLOAD, failed=True, status=500)) == ["c4c.attachments exchange: the mock itself failed"]


def test_a_response_that_its_caller_cut_off_is_exempt_and_counted() -> None:
    cut = exchange(
        f"{C4C}/$metadata", response=TrafficMessage(body=TrafficBody(content=b"<a", size_bytes=2, complete=False))
    )
    assert (checked_by(cut).violations, checked_by(cut).exempt) == ([], {"cut off": 1})


def test_a_body_that_broke_off_and_was_accepted_is_found() -> None:
    broken = TrafficMessage(
        headers={"content-type": "application/json"}, body=TrafficBody(content=b"{", complete=False)
    )
    assert found_in(upload(request=broken)) == [
        "c4c.attachment request: the body broke off, or was not read to its end, and it was not refused"
    ]


def test_a_document_that_was_not_kept_whole_is_a_violation() -> None:
    long = TrafficMessage(
        headers={"content-type": "application/json"}, body=TrafficBody(content=b"[", size_bytes=9, whole=False)
    )
    [text] = found_in(exchange("/acme/cmi/chats", neighbour="cmi", response=long))
    assert text.startswith("cmi.legs response: the body is longer than the recorder keeps")


@pytest.mark.parametrize(
    "content", [b"{", b'{"a": NaN}', b'{"d": 1, "d": 2}', b'"\xff"'], ids=["half", "NaN", "a member twice", "Latin-1"]
)
def test_invalid_json_is_found(content: bytes) -> None:
    [text] = found_in(exchange(f"{C4C}/", response=message(content)))
    assert text in {
        "c4c.service response: the body is not JSON",
        "c4c.service response: the body is not UTF-8",
    }


def test_no_value_of_a_document_or_header_is_shown() -> None:
    spoilt = {**example("c4c_attachment_create.v1"), "Binary": CANARY + " ", "TypeCode": CANARY}
    request = message(spoilt, authorization=CANARY)
    text = checked_by(upload(request=request, response=message({"d": CANARY}))).report("t")
    assert "TypeCode breaks 'pattern'" in text
    assert CANARY not in text


def test_a_long_list_of_violations_ends_with_how_many_are_not_shown() -> None:
    text = checked_by(*[exchange("/nowhere") for _ in range(25)]).report("t")
    assert text.splitlines()[-1] == "  … and 5 more"


@pytest.mark.parametrize(
    ("content_type", "content", "wrong"),
    [
        ("application/xml", b"<edmx:Edmx xmlns:edmx='e'/>", []),
        ("application/xml", b"<other/>", ["the root element is none of: Edmx"]),
        ("application/xml", b"<half", ["the body is not well-formed XML"]),
        ("application/xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", ["the body is not well-formed XML"]),
        ("text/html", b"<html/>", ["this hop does not respond with text/html"]),
        ("application/json", b"{}", ["this hop does not respond with application/json"]),
    ],
)
def test_metadata_is_checked_as_xml(content_type: str, content: bytes, wrong: list[str]) -> None:
    response = TrafficMessage(headers={"content-type": content_type}, body=TrafficBody.of(content))
    assert found_in(exchange(f"{C4C}/$metadata", response=response)) == [
        f"c4c.metadata response: {one}" for one in wrong
    ]


@pytest.mark.parametrize(
    ("headers", "wrong"),
    [
        ({"content-type": "image/png", "content-length": "5", "content-disposition": "attachment"}, []),
        ({"content-type": "image/png", "content-disposition": "attachment"}, []),
        ({"content-type": "image/png", "content-length": "5"}, ["the header content-disposition is missing"]),
        ({"content-disposition": "attachment"}, ["the file has no Content-Type"]),
        (
            {"content-type": "image/png", "content-length": "6", "content-disposition": "a"},
            ["Content-Length is not the length of the body"],
        ),
    ],
)
def test_a_file_is_checked_by_type_length_and_name(headers: dict[str, str], wrong: list[str]) -> None:
    response = TrafficMessage(headers=headers, body=TrafficBody(content=None, size_bytes=5))
    found = found_in(exchange("/acme/cmi/chats/1/attachments/2", neighbour="cmi", response=response))
    assert found == [f"cmi.file response: {one}" for one in wrong]


def test_a_partial_response_needs_a_range() -> None:
    response = TrafficMessage(
        headers={"content-type": "a/b", "content-disposition": "a"}, body=TrafficBody(content=None, size_bytes=1)
    )
    found = found_in(exchange("/acme/cmi/chats/1/attachments/2", neighbour="cmi", status=206, response=response))
    assert found == ["cmi.file response: a partial response has no Content-Range"]


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_allows_none(status: int) -> None:
    wrong = exchange(f"{C4C}/XCollection('1')", status=status, response=TrafficMessage(body=TrafficBody.of(b"x")))
    assert found_in(wrong) == ["c4c.entity response: there must be no body"]


def test_a_created_object_needs_a_location() -> None:
    assert found_in(upload(response=message(example("c4c_attachment.v1")))) == [
        "c4c.attachment response: the header location is missing"
    ]


def test_a_token_is_required_with_a_csrf_fetch_only() -> None:
    document = message(example("c4c_service_document.v1"))
    requested = TrafficMessage(headers={"x-csrf-token": "Fetch"})
    assert found_in(exchange(f"{C4C}/", response=document)) == []
    assert found_in(exchange(f"{C4C}/", request=requested, response=document)) == [
        "c4c.csrf response: the header x-csrf-token is missing",
        "c4c.csrf response: the header set-cookie is missing",
    ]


def test_rows_with_all_their_fields_are_checked_one_by_one() -> None:
    row = example("c4c_reference.v1", 1)["d"]
    page = {"d": {"results": [row, {**row, "ID": 5}]}}
    path = f"{C4C}/ChatActivityBTDReferenceCollection"
    assert found_in(exchange(path, response=message(page))) == [
        "c4c.references response: c4c_reference.v1: d/results/1/ID breaks 'type'"
    ]
    assert found_in(exchange(f"{path}?$select=ObjectID", response=message(page))) == []


@pytest.mark.parametrize(
    ("neighbour", "content_type", "content", "ok"),
    [
        ("c4c", "text/html", b"<html>401</html>", True),
        ("c4c", "text/html", b" ", False),
        ("c4c", "application/xml", b"<error/>", True),
        ("c4c", "application/xml", b"<html/>", False),
        ("cmi", "text/plain", b"no", True),
        ("cmi", "text/html", b"<html/>", False),
        ("service", "text/html", b"<html/>", False),
    ],
)
def test_plain_text_errors_are_allowed_where_the_neighbour_has_them(
    neighbour: str, content_type: str, content: bytes, ok: bool
) -> None:
    path = {"c4c": f"{C4C}/", "cmi": "/acme/cmi/chats", "service": "/transfers"}[neighbour]
    response = TrafficMessage(headers={"content-type": content_type}, body=TrafficBody.of(content))
    assert (found_in(exchange(path, neighbour=neighbour, status=401, response=response)) == []) is ok


def test_a_mocks_own_problem_is_allowed_for_what_it_lacks_only() -> None:
    own = message(example("mock_problem.v1"), content_type="application/problem+json")
    for status, ok in ((421, True), (501, True), (503, True), (404, False)):
        assert (found_in(exchange(f"{C4C}/", status=status, response=own)) == []) is ok


def test_the_synchronous_endpoint_returns_the_transfer_itself() -> None:
    request = example("chat_attachments_request.v1")
    requested = message(
        request["body"], **{name.replace("-", "_"): value for name, value in request["headers"].items()}
    )
    where: dict[str, Any] = {"neighbour": "service", "method": "POST", "request": requested}
    assert found_in(exchange("/prod/chat-attachments", response=message(example("transfer.v1")), **where)) == []
    accepted = message({"status": "accepted", "transfer_id": "1"}, location="/transfers/1")
    assert found_in(exchange("/prod/chat-attachments", status=202, response=accepted, **where)) == []
    assert found_in(exchange("/prod/chat-attachments", status=200, response=accepted, **where))


BATCH = (
    b"--b\r\nContent-Type: application/http\r\n\r\nGET XCollection HTTP/1.1\r\n\r\n\r\n"
    b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"
    b"--c\r\nContent-Type: application/http\r\nContent-ID: 1\r\n\r\n"
    b'POST XCollection HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{"a": 1}\r\n'
    b"--c\r\nContent-Type: application/http\r\n\r\n"
    b"PATCH $1 HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{}\r\n--c--\r\n--b--\r\n"
)
RESPONDED = (
    b"--r\r\nContent-Type: application/http\r\n\r\n"
    b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"d": 5}\r\n'
    b"--r\r\nContent-Type: multipart/mixed; boundary=s\r\n\r\n"
    b"--s\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 201 Created\r\n\r\n\r\n"
    b"--s\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n\r\n--s--\r\n--r--\r\n"
)


def batch(requested: bytes = BATCH, responded: bytes = RESPONDED) -> TrafficExchange:
    return exchange(
        f"{C4C}/$batch",
        method="POST",
        status=202,
        request=TrafficMessage(headers={"content-type": "multipart/mixed; boundary=b"}, body=TrafficBody.of(requested)),
        response=TrafficMessage(
            headers={"content-type": 'multipart/mixed; boundary="r"'}, body=TrafficBody.of(responded)
        ),
    )


def test_every_part_of_a_batch_is_checked_as_an_exchange() -> None:
    traffic = checked_by(batch())
    assert set(traffic.checked) == {"c4c.batch", "c4c.rows", "c4c.created", "c4c.changed"}
    assert [f"{c.hop}: {c.text}" for c in traffic.violations] == [
        "c4c.rows: c4c_collection.v1: d breaks 'type'",
        "c4c.created: the header location is missing",
    ]
    assert "in a batch" in str(traffic.violations[0])


@pytest.mark.parametrize(
    ("requested", "responded", "text"),
    [
        (BATCH, RESPONDED.replace(b"--r--", b""), "the response does not end with its boundary"),
        (BATCH, b"--r\r\n\r\nx\r\n--r--\r\n", "2 requests and 1 responses"),
        (BATCH, RESPONDED.replace(b"HTTP/1.1 200 OK", b"hello"), "a part contains no HTTP message"),
    ],
)
def test_a_malformed_batch_is_found(requested: bytes, responded: bytes, text: str) -> None:
    assert found_in(batch(requested, responded)) == [f"c4c.batch response: {text}"]


def test_every_hop_has_a_route_and_every_route_has_a_hop() -> None:
    routed = {route.hop for table in TABLES.values() for route in table}
    assert routed - set(HOPS) == set()
    assert set(HOPS) - routed == {"endpoint.settled"}


def test_every_schema_of_a_message_belongs_to_a_hop() -> None:
    used = {
        name for hop in HOPS.values() for field in dataclasses.fields(hop) for name in _names(getattr(hop, field.name))
    }
    parts = {"cmi_message.v1"}
    not_on_the_wire = {"edi_configuration.v1", "edi_contact.v1", "edi_envelope.v1", "transfer_event.v1"}
    assert set(schema_names()) - used == parts | not_on_the_wire


def _names(value: Any) -> list[str]:
    found = value if isinstance(value, tuple) else (value,)
    return [name for name in found if isinstance(name, str) and name.endswith(".v1")]


@pytest.mark.parametrize(
    ("neighbour", "method", "target", "hop"),
    [
        ("c4c", "GET", f"{C4C}/ChatActivityCollection('AE0E", None),
        ("c4c", "GET", f"{C4C}/ChatActivityCollection('A%2FB''C')/ChatActivityAttachment", "c4c.attachments"),
        ("c4c", "GET", f"{C4C}/ChatActivityAttachmentFolderTypeCodeCollection", "c4c.rows"),
        ("c4c", "GET", f"{C4C}/XCollection/$count", "c4c.count"),
        ("c4c", "POST", f"{C4C}/XCollection('1')", None),
        ("cmi", "GET", "/acme/cmi/chats?groupId=1", "cmi.legs"),
        ("cmi", "GET", "/acme/cmi/callbacks/1", "cmi.unbuilt"),
        ("orchestration", "GET", "/acme/oauth2/token", None),
        ("service", "GET", "/transfers/1/audit", "status.audit"),
        ("worker", "GET", "/readyz", "worker.health"),
        ("unknown", "GET", "/", None),
    ],
)
def test_a_hop_is_found_by_neighbour_method_and_path(neighbour: str, method: str, target: str, hop: str | None) -> None:
    assert hop_of(exchange(target, neighbour=neighbour, method=method)) == hop


@pytest.mark.parametrize(
    ("host", "path", "neighbour"),
    [
        ("my2554607.de1.crm.cloud.sap:443", "/", "c4c"),
        ("8h6b51di7x.execute-api.eu-central-1.amazonaws.com", "/", "cmi"),
        ("media.s3.eu-central-1.amazonaws.com", "/acme/objects/x", "cmi"),
        ("login-eu-c1.cc.sinch.com", "/acme/oauth2/token", "orchestration"),
        ("login-eu-c1.cc.sinch.com", "/acme/sms/richcontent/x", "cmi"),
        ("cc-workflows-eu-c1.cc.sinch.com", "/prod/chat-attachments", "service"),
        ("crm.cloud.sap.evil.example", "/", ""),
    ],
)
def test_a_real_host_name_has_its_neighbour(host: str, path: str, neighbour: str) -> None:
    assert neighbour_of(host, path) == neighbour
