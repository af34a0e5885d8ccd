"""The next file is fetched during the upload of the present one; what arrives at C4C, and how often, is the same."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from fakes import File, HandClock, Killed
from ledger_kit import rows
from worker_kit import Stack, a_file

from attachment_transfer.clients.body import EncryptedSpool
from attachment_transfer.core.states import Outcome
from attachment_transfer.ledger import tables
from attachment_transfer.ledger.sealing import KeyRing
from attachment_transfer.worker import prefetch

PATIENCE_S = 60.0
MOST_BYTES = 1_000


class Spools:
    """Every spool file that was opened, and which of them were closed."""

    def __init__(self) -> None:
        self.opened = self.closed = 0
        self.changed = threading.Condition()

    def open(self) -> EncryptedSpool:
        outer = self

        class Watched(EncryptedSpool):
            def close(self) -> None:
                super().close()
                with outer.changed:
                    outer.closed += 1
                    outer.changed.notify_all()

        self.opened += 1
        return Watched()

    def none_is_left(self) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: self.closed >= self.opened > 0, PATIENCE_S)


@pytest.fixture
def spools(monkeypatch: pytest.MonkeyPatch) -> Spools:
    spools = Spools()
    monkeypatch.setattr(prefetch, "EncryptedSpool", spools.open)
    return spools


@pytest.fixture
def ahead(engine: sa.Engine, clock: HandClock, keys: KeyRing, new_id: Callable[[], str], spools: Spools) -> Stack:
    """A stack whose worker fetches ahead."""
    stack = Stack(engine, clock, keys, new_id, prefetch_bytes=MOST_BYTES)
    stack.cmi.files = [a_file(number) for number in range(3)]
    return stack


class Watch:
    """Requests that CMI received, and a way to wait for one."""

    def __init__(self, stack: Stack) -> None:
        self.downloads: list[str] = []
        self.changed = threading.Condition()
        stack.cmi.on_download = self._note

    def _note(self, file: File) -> None:
        with self.changed:
            self.downloads.append(file.id)
            self.changed.notify_all()

    def saw(self, file_id: str, *, within_s: float = PATIENCE_S) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: file_id in self.downloads, within_s)


def during_the_first_upload(stack: Stack, read: Callable[[], object]) -> list[object]:
    seen: list[object] = []
    stack.c4c.on_post = lambda: None if seen else seen.append(read())
    return seen


def test_the_next_file_is_fetched_while_the_present_one_is_uploaded(ahead: Stack, spools: Spools) -> None:
    watch = Watch(ahead)
    seen = during_the_first_upload(ahead, lambda: watch.saw("f1"))
    ahead.event()
    ahead.run()
    assert seen == [True]
    assert watch.downloads == ["f0", "f1", "f2"]
    assert [kept.content for kept in ahead.c4c.kept] == [file.content for file in ahead.cmi.files]
    assert ahead.transfer().outcome is Outcome.STORED
    assert spools.none_is_left()


def test_a_fetch_that_fails_is_repeated_at_its_turn_and_is_no_failure_of_the_file(ahead: Stack) -> None:
    watch = Watch(ahead)
    ahead.cmi.files[1].statuses = [503]
    ahead.event()
    ahead.run()
    assert watch.downloads.count("f1") == 2
    assert [one.tries for one in ahead.attachments()] == [0, 0, 0]
    assert len(ahead.c4c.kept) == 3


def test_a_retry_after_that_came_ahead_is_respected_at_the_files_turn(ahead: Stack) -> None:
    watch = Watch(ahead)
    ahead.cmi.files[1].statuses, ahead.cmi.files[1].retry_after = [429], "30"
    ahead.event()
    ahead.run_one()
    assert watch.downloads == ["f0", "f1"]
    assert [one.tries for one in ahead.attachments()] == [0, 1, 1]
    ahead.run()
    assert watch.downloads == ["f0", "f1", "f1", "f2"]
    assert len(ahead.c4c.kept) == 3


def test_a_file_that_is_cut_off_ahead_is_carried_whole(ahead: Stack) -> None:
    ahead.cmi.files[1].breaks_after = [5]
    ahead.event()
    ahead.run()
    assert [kept.content for kept in ahead.c4c.kept] == [file.content for file in ahead.cmi.files]


@pytest.mark.parametrize(
    "following",
    [
        a_file(1, content=b"x" * (MOST_BYTES + 1)),
        a_file(1, content=b"x" * (MOST_BYTES + 1), announced_size=5, length=False),
        a_file(1, content=b"x" * (MOST_BYTES + 1), announced_size=5),
    ],
    ids=["declared", "of unknown length", "declared falsely"],
)
def test_what_is_too_large_is_carried_at_its_turn_and_takes_no_place_before(
    ahead: Stack, spools: Spools, following: File
) -> None:
    ahead.dialect = {"cmi": {"listed_size_is_exact": {"value": False}}}
    ahead.start()
    ahead.cmi.files[1:] = [following]
    ahead.event()
    ahead.run()
    assert ahead.c4c.kept[1].content == following.content
    assert spools.opened == 0 or spools.none_is_left()


def test_without_it_nothing_is_fetched_ahead(ahead: Stack) -> None:
    ahead.prefetch_bytes = 0
    ahead.start()
    watch = Watch(ahead)
    seen = during_the_first_upload(ahead, lambda: watch.saw("f1", within_s=0.05))
    ahead.event()
    ahead.run()
    assert seen == [False]
    assert len(ahead.c4c.kept) == 3


def test_a_round_that_ends_early_leaves_nothing_behind(ahead: Stack, spools: Spools) -> None:
    ahead.c4c.plan("post", 403)
    ahead.event()
    ahead.run()
    assert not ahead.c4c.kept
    assert ahead.carrier.rounds() == set()
    assert spools.opened == 0 or spools.none_is_left()


def test_a_worker_that_dies_with_a_file_ahead_files_nothing_twice(ahead: Stack) -> None:
    ahead.c4c.plan("post", "killed-after")
    ahead.event()
    with pytest.raises(Killed):
        ahead.run_one()
    ahead.restart()
    ahead.run()
    assert sorted(kept.content for kept in ahead.c4c.kept) == sorted(file.content for file in ahead.cmi.files)
    assert {row["state"] for row in rows(ahead.engine, tables.attachment)} == {"stored"}


def test_an_address_that_changed_meanwhile_is_the_one_that_counts(ahead: Stack, spools: Spools) -> None:
    watch = Watch(ahead)

    def move() -> bool:
        fetched = watch.saw("f1")
        with ahead.engine.begin() as connection:
            href = "/chats/5AB6E20342A6EE11B3ED58961D1810CC/attachments/f1?again=1"
            connection.execute(
                tables.attachment.update().where(tables.attachment.c.source_id == "f1").values(href=href)
            )
        return fetched

    seen = during_the_first_upload(ahead, move)
    ahead.event()
    ahead.run()
    assert seen == [True]
    assert watch.downloads == ["f0", "f1", "f1", "f2"]
    assert spools.none_is_left()
