"""A header or a JSON member that is there twice: which one is meant is unknown, so the request is refused."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
from hostile.api import Api
from ingress_kit import ENDPOINT, SECRET_HEADERS, Endpoint, a_body, nothing_kept, problem
from ledger_kit import C4C_URL, CMI_URL, CONTACT, SECRET_TEXTS
from process_kit import Program

from attachment_transfer.ingress.serving import REPEATED_HEADERS, environment

Header = tuple[str, str]


class Wire:
    """A really running API, spoken to in bytes: HTTP libraries join what is there twice."""

    def __init__(self, api: Program, token: str) -> None:
        self.api = api
        self.token = token

    def post(self, *more: Header, without: str = "", body: bytes | None = None) -> tuple[int, dict[str, Any]]:
        """Send a good request, ``without`` one header and with others more; return status and document."""
        content = json.dumps(a_body()).encode() if body is None else body
        good = {
            "Host": "127.0.0.1",
            "Connection": "close",
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Content-Length": str(len(content)),
            **SECRET_HEADERS,
        }
        lines = [(name, value) for name, value in good.items() if name != without] + list(more)
        head = "".join(f"{name}: {value}\r\n" for name, value in lines)
        with socket.create_connection(("127.0.0.1", self.api.port), timeout=60) as connection:
            connection.sendall(f"POST {ENDPOINT} HTTP/1.1\r\n{head}\r\n".encode() + content)
            answer = b""
            while piece := connection.recv(65_536):
                answer += piece
        head_bytes, _, document = answer.partition(b"\r\n\r\n")
        return int(head_bytes.split(b" ")[1]), json.loads(document or b"{}")


@pytest.fixture
def wire(api: Api) -> Wire:
    """The running API of the hostile tests."""
    return Wire(api.program, api.token())


def named(document: dict[str, Any]) -> list[str]:
    return [error["field"] for error in document["errors"]]


@pytest.mark.xdist_group("hostile")
def test_two_copies_of_a_header_are_400_and_named_and_a_password_with_a_comma_is_one(wire: Wire) -> None:
    for name, value in SECRET_HEADERS.items():
        for second in (value, value.upper(), "another", ""):
            status, document = wire.post((name, second))
            assert (status, named(document)) == (400, [f"header.{name}"])
        status, document = wire.post((name.upper(), value))
        assert (status, named(document)) == (400, [f"header.{name}"])
    copies = [("x-cmi-password", "a"), ("x-sap-v1-password", "b")]
    assert named(wire.post(*copies)[1]) == ["header.x-cmi-password", "header.x-sap-v1-password"]
    assert named(wire.post(("Authorization", f"Bearer {wire.token}"))[1]) == ["header.authorization"]
    assert named(wire.post(("Content-Type", "application/json"))[1]) == ["header.content-type"]
    assert wire.post(("Content-Length", "1"))[0] == 400
    assert wire.api.ask("GET", "/metrics.json")[0] == 404  # it goes on answering

    for password in ("a,a", ",", "one,two, three"):
        assert wire.post(("x-cmi-password", password), without="x-cmi-password")[0] == 202
    # A header of another name is no copy, and one with underscores is not the one with dashes.
    assert wire.post(("x_cmi_password", "another"), ("X-Forwarded-For", "a"), ("X-Forwarded-For", "b"))[0] == 202
    status, document = wire.post(("x_cmi_password", "another"), without="x-cmi-password")
    assert (status, document["errors"][0]["message"]) == (400, "missing")
    status, document = wire.post(("x-cmi-password", "pass€word"), without="x-cmi-password")
    assert (status, named(document)) == (400, ["header.x-cmi-password"])
    log = wire.api.log.read_text(encoding="utf-8")
    assert not [text for text in SECRET_TEXTS if text in log]


@pytest.mark.xdist_group("hostile")
def test_a_body_over_the_wire_with_a_member_twice_is_400_and_names_it(wire: Wire) -> None:
    text = json.dumps(a_body())
    status, document = wire.post(body=text.replace("{", f'{{"contact_id": "{CONTACT}", ', 1).encode())
    assert (status, named(document)) == (400, ["body.contact_id"])


SAP = f'{{"url": "{C4C_URL}", "user": "v1user"}}'
REST = f'"cmi_url": "{CMI_URL}", "cmi_user": "u", "contact_id": "{CONTACT}"'


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (f'{{{REST}, "sap_v1": {SAP}, "contact_id": "{CONTACT}"}}', ["body.contact_id"]),
        (f'{{{REST}, "sap_v1": {SAP}, "contact_\\u0069d": "{CONTACT}"}}', ["body.contact_id"]),
        (f'{{{REST}, "sap_v1": {{"url": "{C4C_URL}", "user": "a", "user": "a"}}}}', ["body.sap_v1.user"]),
        (f'{{{REST}, "sap_v1": {SAP}, "sap_v1": {SAP}}}', ["body.sap_v1"]),
        (f'{{{REST}, "sap_v1": {{"x": 1, "x": 2}}, "sap_v1": {SAP}}}', ["body.sap_v1"]),
        (f'{{{REST}, "sap_v1": {SAP}, "cmi_url": "x", "more": [0, {{"a": 1, "a": 1}}]}}',
         ["body.cmi_url", "body.more.1.a"]),
        ('{"": 1, "": 2}', ["body."]),
    ],
)  # fmt: skip
def test_a_member_that_is_there_twice_is_400_and_its_place_is_named(
    endpoint: Endpoint, body: str, fields: list[str]
) -> None:
    problem(endpoint.post(body.encode()), 400, *fields)
    nothing_kept(endpoint)


def test_one_name_in_two_objects_is_no_repetition(endpoint: Endpoint) -> None:
    assert endpoint.post(a_body(more=[{"a": 1}, {"a": 1}, {"a": {"a": 1}}])).status_code == 202


def test_a_request_becomes_the_environment_that_wsgi_asks_for() -> None:
    environ = environment(
        {
            "method": "POST",
            "raw_path": b"/a%2Fb/%C3%A9",
            "query_string": b"x=%31",
            "http_version": "1.1",
            "scheme": "http",
            "server": ("127.0.0.1", "8104"),
            "client": ("127.0.0.2", "50000"),
            "headers": [
                (b"host", b"h:1"), (b"content-type", b"a/b"), (b"content-length", b"2"), (b"X-One", b"1"),
                (b"x-one", b"2"), (b"x_one", b"3"), (b"x-utf", "ä".encode()), (b"x-latin", b"\xe4"),
            ],
        },
        b"{}",
    )  # fmt: skip
    assert environ["PATH_INFO"] == "/a/b/é".encode().decode("latin-1")
    assert (environ["QUERY_STRING"], environ["REMOTE_ADDR"], environ["SERVER_PORT"]) == ("x=%31", "127.0.0.2", "8104")
    assert (environ["CONTENT_TYPE"], environ["CONTENT_LENGTH"], environ["HTTP_X_ONE"]) == ("a/b", "2", "1,2")
    assert (environ["HTTP_X_UTF"], environ["HTTP_X_LATIN"]) == ("ä", "ä")
    assert environ["wsgi.input"].read() == b"{}"
    assert environ[REPEATED_HEADERS] == {"x-one"}
