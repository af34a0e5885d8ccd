"""``chat``: play a chat on a stack that is up; end one, and fire its event, now or later."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from attachment_lab.cli.common import (
    err,
    json_option,
    out,
    print_json,
    reconciliation_of,
    running,
    running_options,
)
from attachment_lab.demo.run import AttachmentRow, rows_from
from attachment_lab.demo.view import DemoProgress, table
from attachment_lab.errors import RequestRefused, WrongUse
from attachment_lab.reconciliation.delivery_words import not_fired, why_of_delivery
from attachment_lab.reconciliation.no_transfer import why_no_transfer
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.reconciliation.records import ChainRecords
from attachment_lab.reconciliation.settling import wait_until_settled
from attachment_lab.tenant.conversation import FiredChatEvent, LabConversation

#: The value of ``--end`` without a GUID: the chat that this command begins.
OWN_CHAT = "(this chat)"
#: In these states a chat takes no further files, and its end has passed.
OVER = {"Ended", "Handled"}


@dataclass(frozen=True, kw_only=True)
class ChatResult:
    """What became of a chat.

    Attributes:
        is_ended: whether its event was to be fired.
        trouble: why its event was not fired or not accepted; None when it was, or when the chat is still open.
    """

    guid: str
    rows: tuple[AttachmentRow, ...]
    is_ended: bool
    trouble: str | None

    @property
    def ok(self) -> bool:
        """The chat is still open, or its event was accepted and every file is stored."""
        return not self.is_ended or (self.trouble is None and all(row.outcome == "stored" for row in self.rows))

    def to_json(self) -> dict[str, Any]:
        """``event`` is None while the chat is open."""
        event = {"accepted": self.trouble is None, "reason": self.trouble} if self.is_ended else None
        return {"contact_id": self.guid, "attachments": [row.to_json() for row in self.rows], "event": event}


@click.command()
@click.option(
    "--file",
    "files",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file that the customer sends; may be repeated.",
)
@click.option(
    "--end",
    "end",
    is_flag=False,
    flag_value=OWN_CHAT,
    default=None,
    metavar="[GUID]",
    help="End the chat, fire its event, and wait until each of its files has an outcome. With GUID: a chat that was "
    "begun earlier; one that has ended already gets its event.",
)
@click.option("--timeout", "timeout_s", type=float, default=120.0, show_default=True, help="Seconds.")
@running_options
@json_option
def chat(
    files: tuple[Path, ...],
    end: str | None,
    timeout_s: float,
    stack_path: Path | None,
    tenant_name: str | None,
    as_json: bool,
) -> int:
    """Play a chat in which the customer sends files."""
    stack, to = running(stack_path, tenant_name)
    reconciliation = reconciliation_of(stack, to)
    with DemoProgress(err()) as progress:
        talk = _opened(reconciliation, None if end == OWN_CHAT else end)
        for each in files:
            progress.sent(talk.send(each))
        fired = _ended(reconciliation, talk, progress, timeout_s) if end else []
    result = _result(reconciliation, talk, fired, is_ended=end is not None)
    if as_json:
        print_json(result.to_json())
    else:
        _show(result)
    return 0 if result.ok else 1


def _opened(reconciliation: Reconciliation, guid: str | None) -> LabConversation:
    """A new chat that an agent has accepted, or the one with this guid. Raises WrongUse for an unknown one."""
    to, names, on_sent = reconciliation.to, reconciliation.names, reconciliation.customer_sent
    if guid is None:
        talk = LabConversation.open(to, names, on_sent=on_sent)
    else:
        try:
            talk = LabConversation.resume(to, names, guid, on_sent=on_sent)
        except RequestRefused as exc:
            if exc.status not in {404, 405}:
                raise
            remedy = "`attachment-lab reconcile` lists the chats that have files"
            raise WrongUse(f"--end {guid}: tenant {names.name} has no such chat; {remedy}") from exc
    if talk.status == "Queued":
        talk.accept()
    return talk


def _ended(
    reconciliation: Reconciliation, talk: LabConversation, progress: DemoProgress, timeout_s: float
) -> list[FiredChatEvent]:
    """End and wrap up the chat, wait for its own transfer; returns the events. One that is over gets its event."""

    def wait(fired: FiredChatEvent | None) -> None:
        if fired is not None and fired.delivery_ids:
            wait_until_settled(reconciliation, timeout_s=timeout_s, on_state=progress.state, chat=talk.guid)

    wait(talk.fire("Ended") if talk.status in OVER else talk.end())
    if talk.status != "Handled":
        wait(talk.wrap_up())
    elif not talk.fired[-1].delivery_ids:
        wait(talk.fire("Closed"))
    return talk.fired


def _result(
    reconciliation: Reconciliation, talk: LabConversation, fired: list[FiredChatEvent], *, is_ended: bool
) -> ChatResult:
    records = reconciliation.records().of_chat(talk.guid)
    unsent = why_no_transfer(reconciliation, records)
    return ChatResult(
        guid=talk.guid,
        rows=tuple(rows_from(records, unsent)),
        is_ended=is_ended,
        trouble=_trouble(records, fired) if is_ended else None,
    )


def _trouble(records: ChainRecords, fired: list[FiredChatEvent]) -> str | None:
    """Why no event of the chat was fired, or why the last delivery of one was not accepted."""
    taken = [each for each in fired if each.delivery_ids]
    if not taken:
        return "; ".join(not_fired(each.event, each.refused) for each in fired)
    for each in taken:
        sent = [delivery for delivery in records.deliveries if delivery.event_id == each.event_id]
        if sent and (why := why_of_delivery(sent[-1])):
            return f"event {each.event}: {why}"
    return None


def _show(result: ChatResult) -> None:
    console = out()
    if result.rows:
        console.print(table(result.rows, console.width))
    stored = sum(row.outcome == "stored" for row in result.rows)
    if not result.is_ended:
        end = f"`attachment-lab chat --end {result.guid}` ends it and fires its event"
        console.print(Text(f"chat {result.guid} is open: {end}"), soft_wrap=True)
    elif result.trouble:
        console.print(Text(f"chat {result.guid}: {result.trouble}", style="bold red"), soft_wrap=True)
    else:
        console.print(Text(f"chat {result.guid}: {stored} of {len(result.rows)} files stored"), soft_wrap=True)
