"""The operator's commands on transfers: list, show, retry, cancel. Actor: ``operator``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from attachment_contract.terminal import SafeConsole, echo, visible_line
from attachment_transfer.cli.support import fail, json_option, print_json, print_table, report_errors, settings
from attachment_transfer.core.model import Transfer
from attachment_transfer.core.request_values import normalise_contact_id
from attachment_transfer.core.resource import as_json
from attachment_transfer.core.states import TransferState
from attachment_transfer.ingress.admin import redriven_json
from attachment_transfer.ledger import views
from attachment_transfer.ledger.upkeep.redrive import REDRIVABLE, Filter, Redriven, redrive, redrive_by_filter
from attachment_transfer.runtime import database_tasks

_PAGE = 1000


def _instant(_context: click.Context, _parameter: click.Parameter, value: str | None) -> float | None:
    """A time with its offset, as epoch seconds."""
    if value is None:
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise click.BadParameter(f"{value!r}: write a time with its offset, e.g. 2026-11-22T12:00:00Z")
    return instant.timestamp()


def _contact_id(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """A contact id in any spelling, normalised."""
    contact_id = None if value is None else normalise_contact_id(value)
    if value is not None and contact_id is None:
        raise click.BadParameter(f"{value!r}: write 32 hex digits")
    return contact_id


@click.group()
def transfers() -> None:
    """List transfers, run them again, cancel them."""


@transfers.command("list")
@click.option("--state", type=click.Choice([str(state) for state in TransferState]), help="Only this state.")
@click.option("--reason", "reason_code", help="Only with this reason, e.g. credential-refused.")
@click.option("--contact-id", callback=_contact_id, help="Only this contact.")
@click.option("--created-from", metavar="TIME", callback=_instant, help="Only accepted at this time or later.")
@click.option("--created-before", metavar="TIME", callback=_instant, help="Only accepted before this time.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
@click.option("--cursor", help="The next_cursor of the page before.")
@json_option
@report_errors
def list_command(
    state: str | None,
    reason_code: str | None,
    contact_id: str | None,
    created_from: float | None,
    created_before: float | None,
    limit: int,
    cursor: str | None,
    as_text: bool,
) -> None:
    """List transfers, newest first."""
    engine, _, _ = database_tasks.operator_tools(settings())
    try:
        page = views.list_transfers(
            engine,
            caller=None,
            state=TransferState(state) if state else None,
            contact_id=contact_id,
            reason_code=reason_code,
            created_from_s=created_from,
            created_before_s=created_before,
            limit=limit,
            cursor=cursor,
        )
    except views.BadCursor as exc:
        fail(str(exc), 2)
    if as_text:
        print_json({"transfers": [as_json(t) for t in page.transfers], "next_cursor": page.next_cursor})
        return
    print_table(("id", "contact", "state", "outcome", "rounds", "updated", "reason"), map(_row, page.transfers))
    if page.next_cursor:
        echo(f"more: --cursor {page.next_cursor}")


def _row(transfer: Transfer) -> list[str]:
    reason = f"{transfer.reason.code}: {transfer.reason.message}" if transfer.reason else ""
    return [
        transfer.id,
        transfer.contact_id,
        str(transfer.state),
        str(transfer.outcome or ""),
        str(transfer.round_no),
        str(as_json(transfer)["updated_at"]),
        reason,
    ]


@transfers.command()
@click.argument("transfer_id")
@json_option
@report_errors
def show(transfer_id: str, as_text: bool) -> None:
    """Show one transfer with its attachments."""
    engine, _, _ = database_tasks.operator_tools(settings())
    transfer = views.find_transfer(engine, transfer_id, caller=None)
    if transfer is None:
        raise LookupError(f"no transfer {transfer_id}")
    document = as_json(transfer, views.attachments_of(engine, transfer_id))
    if as_text:
        print_json(document)
        return
    outcome = f", outcome {transfer.outcome}" if transfer.outcome else ""
    lines = [
        f"{transfer.id}  contact {transfer.contact_id}",
        f"state {transfer.state}{outcome}, {transfer.round_no} round(s)",
    ]
    if transfer.reason:
        lines += [f"{transfer.reason.code}: {transfer.reason.message}", f"remedy: {transfer.reason.remedy}"]
    SafeConsole().print("\n".join(map(visible_line, lines)))
    print_table(("file", "bytes", "state", "attempts", "C4C object", "reason"), map(_file_row, document["attachments"]))


def _file_row(item: dict[str, Any]) -> list[str]:
    reason = item["reason"]
    return [
        item["stored_name"],
        "" if item["size_bytes"] is None else str(item["size_bytes"]),
        item["state"],
        str(item["attempts"]),
        item["c4c_object_id"] or "",
        f"{reason['code']}: {reason['message']}" if reason else "",
    ]


@transfers.command()
@click.argument("transfer_ids", nargs=-1, metavar="[ID]…")
@click.option("--state", type=click.Choice([str(state) for state in REDRIVABLE]), help="By filter: this state.")
@click.option("--reason", "reason_code", help="By filter: with this reason.")
@click.option("--contact-id", callback=_contact_id, help="By filter: this contact.")
@click.option("--created-before", metavar="TIME", callback=_instant, help="By filter: accepted before this time.")
@click.option("--limit", type=click.IntRange(1, 100_000), help="By filter: at most so many, oldest first.")
@click.option("--all", "everything", is_flag=True, help="By filter: all that fit.")
@json_option
@report_errors
def retry(
    transfer_ids: tuple[str, ...],
    state: str | None,
    reason_code: str | None,
    contact_id: str | None,
    created_before: float | None,
    limit: int | None,
    everything: bool,
    as_text: bool,
) -> None:
    """Run transfers again now, with the secrets they have: ID…, or --state STATE [--reason CODE] --all.

    Exit code 1 if one of them could not be run again; each is named with its reason.
    """
    filtered = any(value is not None for value in (state, reason_code, contact_id, created_before, limit)) or everything
    if bool(transfer_ids) == filtered:
        raise click.UsageError("give transfer ids, or a filter (--state … with --all or --limit)")
    if not filtered:
        done = _retry_these(transfer_ids)
    elif state is None or everything == (limit is not None):
        raise click.UsageError("a filter needs --state, and --all or --limit")
    else:
        wanted = Filter(
            state=TransferState(state),
            reason_code=reason_code,
            contact_id=contact_id,
            created_before_s=created_before,
        )
        done = _retry_filtered(wanted, limit)
    if as_text:
        print_json(redriven_json(done))
    else:
        for transfer_id in done.transfer_ids:
            echo(f"{transfer_id} queued")
        for item in done.skipped:
            echo(f"{item.transfer_id} skipped: {item.message}", err=True)
    raise SystemExit(1 if done.skipped else 0)


def _retry_these(transfer_ids: tuple[str, ...]) -> Redriven:
    engine, enqueue, clock = database_tasks.operator_tools(settings())
    return redrive(engine, transfer_ids, caller=None, enqueue=enqueue, now_s=clock.now_s())


def _retry_filtered(wanted: Filter, limit: int | None) -> Redriven:
    """In portions. Skipped transfers keep the filter's state, so a portion with skipped ones is the last."""
    engine, enqueue, clock = database_tasks.operator_tools(settings())
    redriven: list[str] = []
    while True:
        portion = _PAGE if limit is None else min(_PAGE, limit - len(redriven))
        done = redrive_by_filter(engine, wanted, limit=portion, caller=None, enqueue=enqueue, now_s=clock.now_s())
        redriven += done.transfer_ids
        if not done.more or done.skipped or len(redriven) == limit:
            return Redriven(transfer_ids=redriven, skipped=done.skipped, more=done.more)


@transfers.command()
@click.argument("transfer_id")
@json_option
@report_errors
def cancel(transfer_id: str, as_text: bool) -> None:
    """End a transfer and shred its secrets. What is at C4C stays there."""
    engine, _, clock = database_tasks.operator_tools(settings())
    try:
        transfer = views.cancel(engine, transfer_id, now_s=clock.now_s())
    except views.ChangeNotAllowed as exc:
        fail(str(exc), 1)
    if as_text:
        print_json(as_json(transfer, views.attachments_of(engine, transfer_id)))
    else:
        echo(f"{transfer.id} {transfer.state}")
