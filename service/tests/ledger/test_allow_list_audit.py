"""Each accepted change of the allow-list is one entry of the trail, whichever process writes it."""

from __future__ import annotations

import threading

import sqlalchemy as sa

from attachment_transfer.core.allow_list import AllowList
from attachment_transfer.core.hosts import HostPattern
from attachment_transfer.ledger.allow_list_audit import note_change
from attachment_transfer.ledger.audit import audit_of

LOGIN = "https://login-eu.example.org/acme"


def a_list(*hosts: str, issuers: tuple[str, ...] = ()) -> AllowList:
    return AllowList(tuple(HostPattern(host) for host in hosts), issuers)


def note(
    engine: sa.Engine, now: AllowList, *, before: AllowList | None = None, current: bool = True, file: int = 1
) -> bool:
    had = before or AllowList()
    return note_change(engine, now, changed_at_ns=file, at_s=1.0, before=had, is_current=lambda: current)


def trail(engine: sa.Engine) -> list[str]:
    return [line.detail.rpartition(" list ")[0] for line in audit_of(engine, None).lines]


def test_what_was_added_and_removed_is_written_from_the_trail_itself(engine: sa.Engine) -> None:
    assert note(engine, a_list("a.example", issuers=(LOGIN,)))
    assert note(engine, a_list("b.example", issuers=(LOGIN,)))
    assert note(engine, AllowList())
    assert trail(engine) == [
        f"added host a.example; added issuer {LOGIN}; now 1 hosts, 1 issuers;",
        "added host b.example; removed host a.example; now 1 hosts, 1 issuers;",
        f"removed host b.example; removed issuer {LOGIN}; now 0 hosts, 0 issuers;",
    ]
    [first, *_] = audit_of(engine, None).lines
    assert (first.actor, first.action) == ("allow-list file", "allow-list changed")


def test_a_second_process_and_an_empty_start_write_nothing(engine: sa.Engine) -> None:
    assert not note(engine, AllowList())
    assert note(engine, a_list("a.example"))
    assert not note(engine, a_list("a.example"))
    assert len(trail(engine)) == 1


def test_a_process_that_is_late_does_not_write_back_an_old_list(engine: sa.Engine) -> None:
    note(engine, a_list("new.example"), file=2)
    assert not note(engine, a_list("old.example"), file=1, current=False)
    assert len(trail(engine)) == 1


def test_a_content_that_was_replaced_before_it_was_written_is_an_entry_of_its_own(engine: sa.Engine) -> None:
    note(engine, a_list("a.example"), file=1)
    assert note(engine, a_list("b.example"), file=2, current=False)
    assert note(engine, a_list("c.example"), file=3)
    assert trail(engine)[1:] == [
        "added host b.example; removed host a.example; now 1 hosts, 0 issuers;",
        "added host c.example; removed host b.example; now 1 hosts, 0 issuers;",
    ]


def test_a_long_change_is_shortened_and_the_next_one_is_compared_with_what_the_process_had(engine: sa.Engine) -> None:
    many = a_list(*(f"host-{number:04}.example" for number in range(500)))
    note(engine, many)
    [detail] = trail(engine)
    assert " more; now 500 hosts" in detail
    note(engine, a_list("x.example", *(pattern.text for pattern in many.hosts)), before=many)
    assert trail(engine)[1] == "added host x.example; now 501 hosts, 0 issuers;"


def test_many_processes_at_once_write_one_entry(engine: sa.Engine) -> None:
    together = threading.Barrier(6)

    def write() -> None:
        together.wait()
        note(engine, a_list("a.example"))

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(trail(engine)) == 1
