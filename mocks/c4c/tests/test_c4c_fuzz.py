"""Requests that no sensible client sends: never a 500, never a hang, every error in C4C's form.

1,000 requests by default; FUZZ_REQUESTS=10000 for the long run. ``odd_requests`` makes them.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable

import pytest
from c4c_caller import TenantClient, basic
from lxml import etree
from odd_requests import CALL, CHAT, META, TICKED, Request, request_of
from werkzeug.test import TestResponse

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "1000"))
BLOCKS = 10
#: Words of Python's, and gaps where a name is missing. No odd request has any of them.
PYTHON = re.compile(
    r"\b(?:None|True|False|NoneType|Exception|Traceback|Decimal|datetime\.|dict|codec|int\(\)|\w+Error)\b"
    r"|<class|object at 0x"
    r"|Service  not|\\x[0-9a-f]{2}"
)
EXPECTED = {200, 201, 202, 204, 206, 304, 400, 401, 403, 404, 405, 412, 415, 416, 501}


@pytest.fixture(scope="module")
def fuzzed(shared_tenant: TenantClient) -> TenantClient:
    """A tenant whose user cannot be locked out, and that replays no server faults."""
    shared_tenant.dialect(lockout_after=0, head_fetch_on_navigation=200, technical_users_create_interactions=True)
    shared_tenant.control("communication-arrangements/1/services", {"services": TICKED}, "PUT")
    return shared_tenant


def restore(fuzzed: TenantClient) -> None:
    """Create the chat and the call again if requests have deleted them."""
    file = {"ObjectID": "E" * 32, "Name": "f", "TypeCode": "10001", "CategoryCode": "2", "Binary": "QUJD"}
    chat = {"ObjectID": CHAT, "ChatActivityAttachment": [file]}
    call = {"ObjectID": CALL, "Subject": "a", "PhoneCallNotes": [{"ObjectID": "F" * 32, "Text": "note"}]}
    for name, values in (("ChatActivityCollection", chat), ("PhoneCallCollection", call)):
        fuzzed.control("seed", {"rows": [{"set": name, "values": values}]})


def send(fuzzed: TenantClient, request: Request) -> TestResponse:
    """A request as it comes out of a server: path and query are bytes in Latin-1."""
    method, path, query, headers, body = request
    sent = {"Authorization": basic(), **headers}
    given = {name: value.encode().decode("latin-1") for name, value in sent.items()}
    environ = {"PATH_INFO": path.encode().decode("latin-1"), "QUERY_STRING": query}
    return fuzzed.client.open(
        "/", method=method, headers={"Host": fuzzed.host, **given}, data=body, environ_overrides=environ, buffered=True
    )


def count_statuses(fuzzed: TenantClient, numbers: Iterable[int]) -> Counter[int]:
    """How often each status was returned; every answer is checked."""
    counts: Counter[int] = Counter()
    for number in numbers:
        request = request_of(number)
        if number % 10 == 0:
            restore(fuzzed)
        answer = send(fuzzed, request)
        check(answer, number, request)
        counts[answer.status_code] += 1
    return counts


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("block", range(BLOCKS))
def test_no_request_breaks_the_mock_and_every_refusal_has_c4cs_form(fuzzed: TenantClient, block: int) -> None:
    counts = count_statuses(fuzzed, range(block, REQUESTS, BLOCKS))
    assert min(counts) < 300, "requests are not all bad"
    assert {400, 404} <= set(counts), "requests are not all good"


def check(answer: TestResponse, number: int, request: Request) -> None:
    """Status, form and headers are what C4C would send."""
    where = f"request_of({number}): {request[:3]}"
    assert answer.status_code in EXPECTED, (where, answer.data)
    assert answer.headers["dataserviceversion"] == "2.0", where
    packed = "Content-Encoding" in answer.headers
    if request[0] == "HEAD" or answer.status_code in {204, 304}:
        assert answer.data == b"", where
    elif answer.status_code >= 400 and not packed:
        check_refusal(answer, where)
    elif not packed and "$value" not in request[1]:
        check_document(answer, where)


def check_refusal(answer: TestResponse, where: str) -> None:
    """JSON or XML with an empty code and a message; web pages and plain text only where they belong."""
    found = PYTHON.search(answer.text)
    assert found is None, (where, found, answer.text)
    if answer.mimetype == "application/json":
        error = answer.get_json()["error"]
        assert (error["code"], error["message"]["lang"], bool(error["message"]["value"])) == ("", "en", True), where
    elif answer.mimetype == "application/xml":
        document = etree.fromstring(answer.data)
        assert document.tag == f"{{{META}}}error", where
        assert document.findtext(f"{{{META}}}message"), where
        assert document.findtext(f"{{{META}}}code") == "", where
    elif answer.mimetype == "text/plain":
        assert (answer.status_code, answer.headers["x-csrf-token"]) == (403, "Required"), where
    else:
        assert (answer.mimetype, answer.status_code) in {("text/html", 401), ("text/html", 404)}, where


def check_document(answer: TestResponse, where: str) -> None:
    """What calls itself JSON or XML can be read as such."""
    if answer.mimetype == "application/json":
        assert "d" in answer.get_json(), where
    elif answer.mimetype in {"application/xml", "application/atom+xml", "application/atomsvc+xml"}:
        assert etree.fromstring(answer.data).tag, where


def test_after_all_that_nothing_is_locked_busy_or_half_written(fuzzed: TenantClient) -> None:
    tenant = fuzzed.state
    restore(fuzzed)
    assert fuzzed.attach(CHAT).status_code == 201
    tenant.threads.enter(1, status=503)()
    assert all(row.blob.path.is_file() for row in tenant.rows.everything() if row.blob)
    assert fuzzed.client.get("/_mock/health").get_json()["busy"] == 0
