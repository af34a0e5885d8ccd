"""Rows about CMI: what it refuses, and answers that are not what they claim to be."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from attachment_lab.conformance import checks as see
from attachment_lab.conformance.model import Row
from attachment_lab.conformance.row_run import RowRun
from attachment_lab.conformance.rows.faulty import faulty_row, with_fault, wrong_password

GROUP = "CMI"
_HTTP_RETRY = "RFC 9110, 10.2.3 (Retry-After) and 15.6.4 (503)"
_COMPLETE = "RFC 9112, 8: a message that ends early is incomplete; RFC 9110, 8.6 (Content-Length)"
_SHORT_BYTES = 1000
_PATIENCE_S = 3


def _on_second(kind: str, **given: Any) -> Callable[[RowRun], None]:
    """One chat; the download of its second file meets this fault."""

    def play(run: RowRun) -> None:
        chat = run.chat()
        run.fault_on(chat, 1, kind, **given)
        chat.end()
        run.settle()

    return play


def _gone(run: RowRun) -> None:
    chat = run.chat()
    run.expect(chat, 1, "must_not", "CMI answers 404 for it")
    run.fault_on(chat, 1, "status", times=None, params={"status": 404})
    chat.end()
    run.settle()


def _never_the_file(run: RowRun) -> None:
    chat = run.chat()
    run.expect(chat, 1, "must_not", "CMI gives a sign-in page in its place")
    run.fault_on(chat, 1, "sign_in_page", times=None)
    chat.end()
    run.settle()


def _unknown_coding(run: RowRun) -> None:
    chat = run.chat()
    run.expect(chat, 1, "must_not", "CMI packs it in a coding that was not requested")
    run.fault_on(chat, 1, "packed", times=None, params={"coding": "br"})
    chat.end()
    run.settle()


def _elsewhere(run: RowRun) -> None:
    chat = run.chat()
    run.expect(chat, 1, "must_not", "CMI redirects to a host that is none of the customer's")
    run.fault_on(chat, 1, "redirect", times=None, params={"to": "other_host"})
    chat.end()
    run.settle()


def _signed(run: RowRun) -> None:
    run.switch("cmi", download_answer="redirect")
    run.ended()
    run.settle()


def _changing_links(run: RowRun) -> None:
    run.switch("cmi", attachment_id_listed=False, attachment_url_signed="each_reading")
    chat = run.ended()
    run.settle()
    chat.fire("Ended")
    run.settle()


_row = partial(faulty_row, GROUP)


ROWS: tuple[Row, ...] = (
    _row(
        "cmi-busy",
        "CMI answers 503 to the list, once",
        "A list that is answered 503 with Retry-After is read again after that time, without another event.",
        _HTTP_RETRY,
        "CMI restarts, and the files of every chat that ends meanwhile are lost.",
        with_fault("list", "status", params={"status": 503, "headers": {"Retry-After": "2"}}),
    ),
    _row(
        "cmi-throttles",
        "CMI answers a download 429 with Retry-After",
        "The file is fetched again, and not before the time that Retry-After names.",
        "RFC 6585, 4 (429); the gateway's throttling, Amazon API Gateway developer guide",
        "A client that repeats at once keeps the gateway closed for every other caller of the key.",
        _on_second("status", params={"status": 429, "headers": {"Retry-After": str(_PATIENCE_S)}}),
        rests_on=("cmi:gateway_rate_per_s",),
    ),
    _row(
        "retry-after-date",
        "Retry-After is a date",
        "A date in Retry-After is understood as well as seconds.",
        "RFC 9110, 10.2.3: an HTTP-date or a number of seconds",
        "A date that is read as no number is taken for zero.",
        _on_second("status", params={"status": 503, "retry_after_s": _PATIENCE_S, "retry_after_form": "date"}),
    ),
    _row(
        "download-cut",
        "A download breaks off",
        "A download that ends before its Content-Length is read again; no beginning of a file is stored.",
        _COMPLETE,
        "Half a contract in the CRM looks like a contract.",
        _on_second("cut", params={"after_bytes": _SHORT_BYTES}),
    ),
    _row(
        "download-reset",
        "The connection is reset during a download",
        "A connection that is reset is opened again.",
        "RFC 9293, 3.10.7 (reset); RFC 9110, 9.2.2: a GET may be repeated",
        "Gateways close connections whenever they are renewed.",
        _on_second("reset", phase="after", params={"after_bytes": _SHORT_BYTES}),
    ),
    _row(
        "download-short",
        "A download is short, and its Content-Length agrees",
        "The size that CMI lists is compared with what was received; a short file is read again.",
        "the size in CMI's own list",
        "A proxy that cuts a body corrects its length: nothing else shows that the rest is missing.",
        _on_second("truncate_body", params={"keep_bytes": _SHORT_BYTES, "content_length": "fixed"}),
        rests_on=("cmi:attachment_size_listed", "cmi:listed_size"),
    ),
    _row(
        "download-no-length",
        "A download without a length ends early",
        "The size that CMI lists is compared with what was received; a short file is read again.",
        "RFC 9112, 6.3: without a length the connection's end is the message's end",
        "A connection that breaks looks like a regular end.",
        _on_second("close_delimited", params={"end": "early", "keep_bytes": _SHORT_BYTES}),
        rests_on=("cmi:attachment_size_listed", "cmi:length_known"),
    ),
    _row(
        "download-packed",
        "A download is compressed although that was not requested",
        "The content coding is undone; the customer's bytes are stored.",
        "RFC 9110, 8.4 (Content-Encoding)",
        "The CRM would hold a photo that no program opens.",
        _on_second("packed", params={"coding": "gzip"}),
    ),
    _row(
        "gzip-cut",
        "A compressed download ends early, with a right Content-Length",
        "A compressed stream without its end is incomplete: the file is read again.",
        "RFC 1952, 2.3.1: a member ends with a checksum and a length",
        "A decoder that returns what it has got stores half a file.",
        _on_second("packed", params={"damage": "cut"}),
    ),
    _row(
        "coding-unknown",
        "A download is always packed in a coding that was not requested",
        "The packed bytes are never stored, and the other files arrive.",
        "RFC 9110, 8.4.1 and 12.5.3 (Accept-Encoding)",
        "The CRM would hold a photo that no program opens.",
        _unknown_coding,
        checks=(see.fault_applied(), see.stored(2)),
    ),
    _row(
        "error-as-file",
        "An error document comes in the place of a file, once",
        "A JSON document in the place of a PDF is not the file, whatever its status says: it is read again.",
        "Seen with gateways of other makers: status 200 and a message",
        "The customer's contract would be an error message.",
        _on_second(
            "status",
            params={
                "status": 200,
                "body": {"message": "Endpoint request timed out"},
                "content_type": "application/json",
            },
        ),
        rests_on=("cmi:attachment_type_listed",),
    ),
    _row(
        "sign-in-page",
        "A sign-in page comes in the place of a file, once",
        "An answer whose type or first bytes are those of a page is not the file: it is read again.",
        "Seen with gateways of other makers: status 200, text/html",
        "The customer's contract would be a page that asks for a password.",
        _on_second("sign_in_page"),
        rests_on=("cmi:attachment_type_listed",),
    ),
    _row(
        "never-the-file",
        "A sign-in page comes in the place of a file, always",
        "The page is never stored under the file's name, and the other files arrive.",
        "Seen with gateways of other makers: status 200, text/html",
        "The customer's contract would be a page that asks for a password.",
        _never_the_file,
        checks=(see.fault_applied(), see.stored(2)),
        rests_on=("cmi:attachment_type_listed",),
    ),
    _row(
        "file-gone",
        "A file is gone from CMI",
        "A file that is answered 404 holds no other file back.",
        "Sinch Conversation API: links of channels expire",
        "One expired photo, and the nine others of the chat are lost with it.",
        _gone,
        checks=(see.fault_applied(), see.stored(2)),
    ),
    _row(
        "download-redirected",
        "CMI redirects to a pre-signed address",
        "The redirect is followed without user, password and API key.",
        "RFC 9110, 15.4; Amazon S3: a pre-signed address refuses a second authorization",
        "Passwords that follow a redirect are given to another system.",
        _signed,
        checks=(see.stored(3),),
        rests_on=("cmi:download_answer", "cmi:signed_base"),
    ),
    _row(
        "redirected-elsewhere",
        "CMI redirects to a host that is none of the customer's",
        "The redirect is not followed; the other files arrive.",
        "CWE-601 (open redirect), CWE-918 (server-side request forgery)",
        "Who can place a link in a chat would choose what the CRM stores, and who gets the passwords.",
        _elsewhere,
        checks=(see.fault_applied(), see.stored(2)),
    ),
    _row(
        "links-change",
        "Links are signed again at each reading, and the chat is read twice",
        "A file is recognised by its address without the signature: a second event stores nothing twice.",
        "CMI's form of links is not documented; signed addresses are common with object stores",
        "Each event of a chat would store every file again.",
        _changing_links,
        checks=(see.deliveries(2), see.stored(3)),
        rests_on=("cmi:attachment_url_signed", "cmi:attachment_id_listed"),
    ),
    _row(
        "cmi-password",
        "A wrong CMI password does not lock the user",
        "After a 401 the same credentials are not tried for every event; once they are corrected the files arrive.",
        "Password policy: five failed logons lock a user for 30 minutes (User and Role Management)",
        "A password that was changed in one place locks the user for everything that uses it.",
        wrong_password("cmi", repeats=5),
        checks=(see.refused_logons("cmi"), see.user_is_free("cmi"), see.stored(3)),
        rests_on=("cmi:auth.lockout", "cmi:lock_after_failures"),
    ),
)
