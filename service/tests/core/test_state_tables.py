"""The state machines are tables, and what follows a round is decided from records alone."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

import attachment_transfer
from attachment_transfer.core.errors import Reason
from attachment_transfer.core.model import Attachment, SourceAttachment
from attachment_transfer.core.rounds import Park, RunLater, RunNow, Settle, after_attachments
from attachment_transfer.core.states import (
    NEXT_ATTACHMENT,
    NEXT_TRANSFER,
    TERMINAL_ATTACHMENT,
    TERMINAL_TRANSFER,
    AttachmentState,
    IllegalMove,
    Outcome,
    TransferState,
    move_attachment,
    move_transfer,
)

LOCKED = Reason(code="neighbour-busy", message="locked", remedy="Wait.")
REFUSED = Reason(code="attachment-refused", message="no exe", remedy="Do not send it.")


def an_attachment(
    state: AttachmentState, *, retry_at_s: float | None = None, reason: Reason | None = None
) -> Attachment:
    source = SourceAttachment(
        source_id="1",
        name="a.txt",
        content_type="text/plain",
        declared_size_bytes=1,
        href="a",
        originator_type="customer",
    )
    return Attachment(
        id="a",
        transfer_id="t",
        source=source,
        key="k",
        target_name="a.txt",
        state=state,
        tries=0,
        attempts=0,
        reason=reason,
        size_bytes=None,
        sha256=None,
        c4c_object_id=None,
        retry_at_s=retry_at_s,
    )


def test_every_state_has_a_row() -> None:
    assert set(NEXT_TRANSFER) == set(TransferState)
    assert set(NEXT_ATTACHMENT) == set(AttachmentState)


@pytest.mark.parametrize(("old", "new"), list(product(TransferState, TransferState)))
def test_a_transfer_moves_only_as_the_table_says(old: TransferState, new: TransferState) -> None:
    if new is old or new in NEXT_TRANSFER[old]:
        assert move_transfer(old, new) is new
    else:
        with pytest.raises(IllegalMove, match=f"{old} -> {new}"):
            move_transfer(old, new)


@pytest.mark.parametrize(("old", "new"), list(product(AttachmentState, AttachmentState)))
def test_an_attachment_moves_only_as_the_table_says(old: AttachmentState, new: AttachmentState) -> None:
    if new is old or new in NEXT_ATTACHMENT[old]:
        assert move_attachment(old, new) is new
    else:
        with pytest.raises(IllegalMove, match=f"{old} -> {new}"):
            move_attachment(old, new)


def test_a_stored_attachment_never_moves_again() -> None:
    assert NEXT_ATTACHMENT[AttachmentState.STORED] == frozenset()


def test_a_terminal_transfer_is_moved_by_an_event_or_a_person_only() -> None:
    for state in TERMINAL_TRANSFER:
        assert NEXT_TRANSFER[state] <= {TransferState.QUEUED, TransferState.CANCELLED}


def test_no_state_is_written_but_by_the_tables() -> None:
    """Code that writes ``state=`` into a row calls ``move_…`` first; a new row is the only exception."""
    folder = Path(attachment_transfer.__file__).parent
    written = [
        (file.name, line.strip())
        for part in ("ledger", "worker")
        for file in sorted((folder / part).rglob("*.py"))
        for line in file.read_text(encoding="utf-8").splitlines()
        if re.search(r"""(\bstate=|"state": )(AttachmentState|TransferState)\.""", line)
    ]
    assert {line for _, line in written} <= {
        '"state": TransferState.QUEUED,',
        '"state": AttachmentState.OPEN,',
    }


def test_an_event_meanwhile_means_look_again_at_once() -> None:
    stored = an_attachment(AttachmentState.STORED)
    assert after_attachments([stored], run_again=True, now_s=0.0) == RunNow()


def test_a_chat_without_files_settles_as_such() -> None:
    assert after_attachments([], run_again=False, now_s=0.0) == Settle(Outcome.NO_ATTACHMENTS)


def test_a_chat_whose_files_were_all_skipped_settles_without_attachments() -> None:
    skipped = an_attachment(AttachmentState.SKIPPED)
    assert after_attachments([skipped], run_again=False, now_s=0.0) == Settle(Outcome.NO_ATTACHMENTS)


def test_all_stored_settles_as_stored() -> None:
    attachments = [an_attachment(AttachmentState.STORED), an_attachment(AttachmentState.SKIPPED)]
    assert after_attachments(attachments, run_again=False, now_s=0.0) == Settle(Outcome.STORED)


def test_some_parked_is_partly_stored_and_names_the_first_reason() -> None:
    attachments = [
        an_attachment(AttachmentState.STORED),
        an_attachment(AttachmentState.PARKED, reason=REFUSED),
        an_attachment(AttachmentState.PARKED, reason=LOCKED),
    ]
    following = after_attachments(attachments, run_again=False, now_s=0.0)
    assert isinstance(following, Park)
    assert following.outcome is Outcome.PARTLY_STORED
    assert following.reason.code == "attachment-refused"
    assert following.reason.message == "2 of 3 attachments parked; first: no exe"
    assert following.reason.remedy == "Do not send it."


def test_none_stored_and_some_parked_is_failed() -> None:
    parked = an_attachment(AttachmentState.PARKED, reason=REFUSED)
    following = after_attachments([parked, an_attachment(AttachmentState.SKIPPED)], run_again=False, now_s=0.0)
    assert isinstance(following, Park)
    assert following.outcome is Outcome.FAILED


def test_a_parked_attachment_without_a_reason_still_parks_with_one() -> None:
    following = after_attachments([an_attachment(AttachmentState.PARKED)], run_again=False, now_s=0.0)
    assert isinstance(following, Park)
    assert following.reason.code == "internal"


@pytest.mark.parametrize("state", [state for state in AttachmentState if state not in TERMINAL_ATTACHMENT])
def test_an_unfinished_attachment_runs_again_when_the_first_is_due(state: AttachmentState) -> None:
    attachments = [
        an_attachment(state, retry_at_s=130.0, reason=LOCKED),
        an_attachment(AttachmentState.OPEN, retry_at_s=110.0),
        an_attachment(AttachmentState.OPEN),
    ]
    assert after_attachments(attachments, run_again=False, now_s=100.0) == RunLater(10.0, LOCKED)


def test_what_was_due_already_runs_at_once() -> None:
    due = an_attachment(AttachmentState.OPEN, retry_at_s=90.0)
    assert after_attachments([due], run_again=False, now_s=100.0) == RunLater(0.0, None)


def test_what_was_never_tried_runs_at_once() -> None:
    assert after_attachments([an_attachment(AttachmentState.OPEN)], run_again=False, now_s=1.0) == RunLater(0.0, None)
