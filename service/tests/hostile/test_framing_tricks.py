"""Framing tricks by raw socket: no request hides in another, and no connection lends its caller to the next request."""

from __future__ import annotations

import json
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
from hostile.api import Api
from hostile.framings import PIPELINED, TAKEN, Parts, tricks
from ingress_kit import ENDPOINT, a_body

pytestmark = pytest.mark.xdist_group("hostile")
#: At least so many; docs/security.md names how many there are.
LEAST = 74
ANSWERS = {202, 400, 404, 405, 413, 431, 501, 505}
AT_ONCE = 8


def parts(api: Api) -> tuple[Parts, str, str]:
    """A good request and the one that is smuggled, with their contacts."""
    first, second = api.contact(), api.contact()
    head = api.head()
    body, other = (json.dumps(a_body(contact_id=contact)).encode() for contact in (first, second))
    smuggled = b"POST %s HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n%s" % (ENDPOINT.encode(), head, len(other), other)
    return Parts(ENDPOINT.encode(), head, body, smuggled), first, second


def tried(api: Api, name: str) -> tuple[str, list[int], str, str]:
    made, first, second = parts(api)
    return name, api.statuses(tricks(made)[name]), first, second


@pytest.mark.long
def test_no_trick_smuggles_a_second_request_and_none_that_is_in_doubt_is_taken(api: Api) -> None:
    names = list(tricks(parts(api)[0]))
    assert len(names) >= LEAST
    assert set(names) >= TAKEN >= PIPELINED
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = list(pool.map(lambda name: tried(api, name), names))
    kept = {contact for (contact,) in api.rows("SELECT contact_id FROM transfer")}
    wrong = [
        f"{name}: {statuses}, first {first in kept}, second {second in kept}"
        for name, statuses, first, second in outcomes
        if not set(statuses) <= ANSWERS
        or (second in kept) != (name in PIPELINED)
        or (first in kept) != (name in TAKEN)
        or len(statuses) > 1 + (name in PIPELINED)
    ]
    assert not wrong, "\n".join(wrong)
    assert api.lives()


def test_requests_in_a_row_on_one_connection_each_have_their_own_caller(api: Api) -> None:
    contacts = [api.contact() for _ in range(4)]
    wire = b""
    for number, contact in enumerate(contacts):
        body = json.dumps(a_body(contact_id=contact)).encode()
        head = api.head(token=api.token(client_id=f"client-{number}"))
        wire += b"POST %s HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n%s" % (ENDPOINT.encode(), head, len(body), body)
    assert api.statuses(wire) == [202] * 4
    owners = dict(api.rows("SELECT contact_id, caller FROM transfer"))
    assert [owners[contact].rpartition("#")[2] for contact in contacts] == [f"client-{number}" for number in range(4)]


@pytest.mark.parametrize("path", ["/transfers", "/transfers/retry"])
def test_a_request_without_a_token_gets_nothing_from_the_one_before_it(api: Api, path: str) -> None:
    good = b"GET /transfers HTTP/1.1\r\n%s\r\n" % api.head()
    bare = b"GET %s HTTP/1.1\r\nHost: api\r\n\r\n" % path.encode()
    assert api.statuses(good + bare)[0] == 200
    assert api.statuses(good + bare)[1] in {401, 405}
    assert api.statuses(good, then=bare)[1] in {401, 405}


def test_two_tokens_in_one_request_are_none(api: Api) -> None:
    body = json.dumps(a_body(contact_id=api.contact())).encode()
    other = f"Authorization: Bearer {api.token(client_id='other')}\r\n".encode()
    framing = b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    before = api.transfers()
    statuses = api.statuses(b"POST %s HTTP/1.1\r\n" % ENDPOINT.encode() + api.head() + other + framing)
    assert (statuses, api.transfers()) == ([400], before)


NOT_ASCII = {"Latin-1": b"Gr\xfc\xdfe-1", "UTF-8": "Grüße-1".encode(), "a byte alone": b"\xff"}


@pytest.mark.parametrize("secret", NOT_ASCII.values(), ids=NOT_ASCII)
@pytest.mark.parametrize("name", ["x-cmi-password", "x-sap-v1-password", "x-cmi-api-key"])
def test_a_password_with_a_byte_outside_ascii_is_named_as_such(api: Api, name: str, secret: bytes) -> None:
    body, before = json.dumps(a_body()).encode(), api.transfers()
    head = b"".join(line for line in api.head().splitlines(keepends=True) if not line.startswith(f"{name}:".encode()))
    framing = b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    answer = api.raw(b"POST %s HTTP/1.1\r\n%s%s: %s\r\n%s" % (ENDPOINT.encode(), head, name.encode(), secret, framing))
    assert answer.startswith(b"HTTP/1.1 400 ")
    [error] = json.loads(answer.partition(b"\r\n\r\n")[2])["errors"]
    assert error["field"] == f"header.{name}"
    assert "contains characters that a password may not have, at position" in error["message"]
    assert "printable ASCII" in error["remedy"]
    assert secret not in answer
    assert api.transfers() == before


def test_a_request_that_is_cut_off_is_not_taken(api: Api) -> None:
    """The JSON is whole, the announced length is not: the rest may have been anything."""
    body, before = json.dumps(a_body(contact_id=api.contact())).encode(), api.transfers()
    head = b"POST %s HTTP/1.1\r\n%s" % (ENDPOINT.encode(), api.head())
    with socket.create_connection(("127.0.0.1", api.port), timeout=10) as line:
        line.sendall(head + b"Content-Length: %d\r\n\r\n%s" % (len(body) + 1, body))
    assert api.post(json.dumps(a_body(contact_id=api.contact())).encode())[0] == 202  # served after the one before
    assert api.transfers() == before + 1
