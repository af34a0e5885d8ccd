"""``chat``, ``reconcile``, ``journal``, ``clock`` and ``reset``: commands for a stack that is up."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from attachment_lab.cli.common import err, json_option, out, print_json, reconciliation_of, running, stack_option
from attachment_lab.clients.stack_clients import MOCKS, StackClients
from attachment_lab.demo.run import AttachmentRow, rows_from, verdict_json
from attachment_lab.demo.view import Progress, table, verdict_lines
from attachment_lab.reconciliation.settling import wait_until_settled
from attachment_lab.stack import ready_file as stack_file
from attachment_lab.stack.clocks import advance_stack, advance_tenant, read_offset
from attachment_lab.stack.ready_file import RunningStack, default_path
from attachment_lab.stack.reset import request_reset
from attachment_lab.tenant.conversation import LabConversation


@click.command()
@click.option(
    "--file",
    "files",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file that the customer sends; may be repeated.",
)
@click.option("--end", is_flag=True, help="End the chat, fire its event, and wait until all is stored.")
@click.option("--timeout", "timeout_s", type=float, default=120.0, show_default=True, help="Seconds.")
@stack_option
@json_option
def chat(files: tuple[Path, ...], end: bool, timeout_s: float, stack_path: Path | None, as_json: bool) -> int:
    """Hold a chat in which the customer sends files."""
    stack, to = running(stack_path)
    reconciliation = reconciliation_of(stack, to)
    with Progress(err()) as progress:
        talk = LabConversation.open(to, stack.tenant, on_sent=reconciliation.customer_sent)
        talk.accept()
        for each in files:
            progress.watcher().sent(talk.send(each))
        if end:
            talk.end()
            wait_until_settled(reconciliation, timeout_s=timeout_s, each_time=progress.watcher().motion)
            talk.wrap_up()
    rows = [row for row in rows_from(reconciliation.records()) if row.chat == talk.guid]
    if as_json:
        print_json({"contact_id": talk.guid, "attachments": [row.to_json() for row in rows]})
    else:
        _print_rows(rows, f"chat {talk.guid}")
    return 0 if not end or all(row.outcome == "stored" for row in rows) else 1


@click.command()
@stack_option
@json_option
def reconcile(stack_path: Path | None, as_json: bool) -> int:
    """Check the reconciliation's invariants; exit 1 if one is broken."""
    stack, to = running(stack_path)
    verdict = reconciliation_of(stack, to).verdict()
    rows = rows_from(verdict.records)
    if as_json:
        attachments = [row.to_json() for row in rows]
        print_json({"attachments": attachments, "reconciliation": verdict_json(verdict)})
    else:
        _print_rows(rows, verdict_lines(verdict))
    return 0 if verdict.ok else 1


def _print_rows(rows: list[AttachmentRow], last: RenderableType) -> None:
    console = out()
    console.print(table(rows, console.width))
    console.print(last)


@click.command()
@click.argument("mock", type=click.Choice(MOCKS))
@click.option("--since", type=int, default=None, help="Only exchanges after this id.")
@click.option("--limit", type=int, default=50, show_default=True)
@click.option("--grep", "q", default=None, help="Only exchanges that contain this text.")
@stack_option
@json_option
def journal(mock: str, stack_path: Path | None, as_json: bool, **narrowed: Any) -> None:
    """Show what a mock saw."""
    stack, to = running(stack_path)
    found = to.mock(mock).get("/_mock/journal", tenant=stack.tenant.name, **narrowed)
    if as_json:
        print_json(found)
        return
    drawn = Table(header_style="bold")
    for heading in ("id", "at", "request", "status", "in", "out", "ms", "fault"):
        drawn.add_column(heading, overflow="fold")
    for each in found["exchanges"]:
        drawn.add_row(*_journal_row(each))
    out().print(drawn)


def _journal_row(each: dict[str, Any]) -> list[Text]:
    cells = [
        each["id"],
        str(each["at"])[11:23],
        f"{each['method']} {each['url']}",
        each["status"],
        each["request"]["size_bytes"],
        each["response"]["size_bytes"],
        f"{each['duration_ms']:.0f}",
        each["fault"] or "",
    ]
    return [Text(str(cell)) for cell in cells]


@click.group()
def clock() -> None:
    """The stack's virtual time."""


@clock.command("show")
@stack_option
@json_option
def clock_show(stack_path: Path | None, as_json: bool) -> None:
    """How far each clock is ahead of the wall."""
    stack, to = running(stack_path)
    _print_clocks(stack, to, as_json)


@clock.command("advance")
@click.argument("seconds", type=click.FloatRange(min=0))
@stack_option
@json_option
def clock_advance(seconds: float, stack_path: Path | None, as_json: bool) -> None:
    """Let SECONDS pass for service and mocks, all tenants: token expiry, Retry-After, backoff, lockouts follow."""
    stack, to = running(stack_path)
    if stack.clock_file:
        advance_stack(to, stack.clock_file, seconds)
    else:
        advance_tenant(to, stack.tenant.name, seconds)
    _print_clocks(stack, to, as_json)


def _print_clocks(stack: RunningStack, to: StackClients, as_json: bool) -> None:
    offsets = {mock: float(to.mock(mock).get("/_mock/clock", tenant=stack.tenant.name)["offset_s"]) for mock in MOCKS}
    if stack.clock_file:
        offsets["service"] = read_offset(stack.clock_file)
    if as_json:
        print_json({"offset_s": offsets})
        return
    for name, offset_s in offsets.items():
        out().print(f"{name}: {offset_s:+g} s")


@click.command()
@click.option("--full", is_flag=True, help="Also restart the service on an empty database, its clock at zero.")
@stack_option
@json_option
def reset(full: bool, stack_path: Path | None, as_json: bool) -> None:
    """Set the stack back to its beginning: the tenant anew, with other secrets and ids, in about a second."""
    began_s = time.monotonic()
    path = stack_path or default_path()
    request_reset(path, full=full)
    took_s = round(time.monotonic() - began_s, 2)
    clock_file = stack_file.read(path).clock_file
    ahead_s = read_offset(clock_file) if clock_file else 0.0
    if as_json:
        print_json({"status": "reset", "full": full, "took_s": took_s, "clock_offset_s": ahead_s})
        return
    out().print(f"The stack is back at its beginning ({took_s:g} s).")
    if ahead_s:
        out().print(f"Its clocks stay {ahead_s:+g} s ahead: the service's cannot go back; --full sets them to zero.")
