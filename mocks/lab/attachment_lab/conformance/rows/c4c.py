"""Rows about C4C: locks, lost answers, slow commits, refusals."""

from __future__ import annotations

from functools import partial
from typing import Any

from attachment_lab.conformance import checks as see
from attachment_lab.conformance.model import Row
from attachment_lab.conformance.row_run import FILES, RowRun
from attachment_lab.conformance.rows.faulty import faulty_row, with_fault, wrong_password

GROUP = "C4C"
_LOST = "RFC 9110, 9.2.2: a POST whose answer is lost must not be repeated blindly"
_LOCKS = "SAP KBA 3577788: locked by user; fewer than 10 parallel threads per tenant"
#: C4C shows a stored file so late, within the time that a careful service allows.
_COMMIT_S = 1.0
_PAGE = 2


def _slow_commit(run: RowRun) -> None:
    chat = run.chat()
    run.switch("c4c", commit_delay_s=_COMMIT_S)  # not before: the activity would be late as well
    run.fault("upload", "status", phase="after", params={"status": 504})
    chat.end()
    run.settle()


def _pages(run: RowRun) -> None:
    run.switch("c4c", page_size=_PAGE, feed_pages="overlapping")
    chat = run.chat([*FILES, ("more.txt", b"one more\n" * 30)])
    run.fault("upload", "status", phase="after", skip=_PAGE, params={"status": 504})
    chat.end()
    run.settle()


def _half_a_list(run: RowRun) -> None:
    run.switch("c4c", page_size=_PAGE)
    files = [*FILES, ("more.txt", b"one more\n" * 30)]
    chat = run.chat(files)
    run.fault("upload", "status", phase="after", skip=len(files) - 1, params={"status": 504})
    # The addresses of further pages have a slash at the end.
    run.fault("verify", "status", path="*/ChatActivityAttachment/", params={"status": 503})
    chat.end()
    run.settle()


def _locked(run: RowRun, **dialect: Any) -> None:
    if dialect:
        run.switch("c4c", **dialect)
    chat = run.chat()
    run.lock(chat)
    chat.end()
    run.wait(lambda: _has_met_the_lock(run), "an upload meets the lock")
    run.unlock()
    run.settle()


def _has_met_the_lock(run: RowRun) -> bool:
    journal = run.reconciliation.journal("c4c")
    return any(each["method"] == "POST" and each["status"] >= 400 and "Attachment" in each["url"] for each in journal)


def _locked_in_german(run: RowRun) -> None:
    _locked(run, user_language="de", language_asked_by=[])


def _type_refused(run: RowRun) -> None:
    run.switch("c4c", mime_deny_list=["application/pdf"])
    chat = run.chat()
    run.expect(chat, 1, "must_not", "C4C's administrator does not allow its type")
    chat.end()
    run.settle()


_row = partial(faulty_row, GROUP)


ROWS: tuple[Row, ...] = (
    _row(
        "c4c-busy",
        "C4C refuses uploads with 503 for a moment",
        "An upload that is answered 503 is sent again after Retry-After, without another event.",
        "RFC 9110, 10.2.3 and 15.6.4",
        "C4C has maintenance windows: what is refused then must arrive afterwards.",
        with_fault("upload", "status", times=2, params={"status": 503, "headers": {"Retry-After": "2"}}),
    ),
    _row(
        "lookup-fails",
        "C4C cannot find the activity at once",
        "A search for the activity that is answered 500 is repeated, without another event.",
        "RFC 9110, 15.6.1",
        "The first request of each transfer decides about all its files.",
        with_fault("lookup", "status", params={"status": 500}),
    ),
    _row(
        "answer-lost",
        "The answer to an upload is lost",
        "After 504 the service reads C4C's list before it sends again: the file is there, and stays single.",
        _LOST,
        "Each gateway timeout would double a file in the CRM.",
        with_fault("upload", "status", phase="after", params={"status": 504}),
    ),
    _row(
        "connection-reset",
        "The connection is reset after an upload",
        "After a reset the service reads C4C's list before it sends again.",
        _LOST,
        "A load balancer that is renewed cuts answers off.",
        with_fault("upload", "lost_answer"),
    ),
    _row(
        "answer-slow",
        "C4C answers an upload after three seconds",
        "A slow answer is waited for; nothing is sent twice.",
        "no limit is published for an upload's answer",
        "An impatient client doubles exactly the files that are large.",
        with_fault("upload", "latency", phase="after", params={"delay_s": 3.0}),
    ),
    _row(
        "slow-commit",
        "The answer is lost, and C4C shows the file a second later",
        "After a lost answer the service allows C4C time to commit before it decides.",
        "no source says when a write becomes visible; the wait is a precaution",
        "A check that comes too early finds nothing, and the file is stored twice.",
        _slow_commit,
        rests_on=("c4c:commit_delay_s",),
    ),
    _row(
        "pages-overlap",
        "C4C's list has pages, and one object is on two of them",
        "All pages are read, and objects are counted, not rows.",
        "SAP C4C OData developer guide, server paging",
        "A file on the second page is not seen, and is stored again.",
        _pages,
        checks=(see.fault_applied(), see.stored(4)),
        rests_on=("c4c:page_size", "c4c:json_next_link", "c4c:feed_pages"),
    ),
    _row(
        "pages-of-two",
        "The second page of C4C's list fails",
        "Half a list is no list: after a page that fails it is read again before anything is sent again.",
        "SAP C4C OData developer guide, server paging",
        "A file on the page that failed is not seen, and is stored again.",
        _half_a_list,
        checks=(see.fault_applied(), see.stored(4)),
        rests_on=("c4c:page_size", "c4c:json_next_link"),
    ),
    _row(
        "locked",
        "A colleague saves to the same activity",
        "An upload that C4C refuses as locked is sent again later, without another event.",
        _LOCKS,
        "Agents write their notes at the moment when the chat ends.",
        _locked,
        checks=(see.met_the_lock, see.stored(3)),
        rests_on=("c4c:lock", "c4c:lock_status", "c4c:lock_has_body"),
    ),
    _row(
        "locked-in-german",
        "C4C reports the lock in German",
        "A lock is recognised in the language of the user, whatever it is.",
        _LOCKS,
        "An English text that is searched for is not there at a German customer's.",
        _locked_in_german,
        checks=(see.met_the_lock, see.stored(3)),
        rests_on=("c4c:lock_status", "c4c:user_language"),
    ),
    _row(
        "type-refused",
        "C4C does not allow the type of one file",
        "A file that C4C refuses for good holds no other file back.",
        "SAP Cloud for Customer security guide, File and Attachment Processing",
        "One file of a type that the administrator forbids, and the others are lost with it.",
        _type_refused,
        checks=(see.stored(2),),
        rests_on=("c4c:mime_deny_list", "c4c:mime_refused_status"),
    ),
    _row(
        "c4c-password",
        "A wrong C4C password does not lock the user",
        "After a 401 the same credentials are not tried for every event; once they are corrected the files arrive.",
        "S/4HANA Cloud KBA 2806979 (three wrong passwords); nothing is published for C4C",
        "The technical user of every integration with this CRM would be locked.",
        wrong_password("c4c", repeats=4),
        checks=(see.refused_logons("c4c"), see.user_is_free("c4c"), see.stored(3)),
        rests_on=("c4c:lockout_after",),
    ),
)
