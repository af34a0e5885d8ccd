"""``reconcile``, ``journal``, ``reset`` and ``report``: commands for a stack that is up."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click
from rich.console import RenderableType

from attachment_lab.cli.common import (
    json_option,
    out,
    print_json,
    print_table,
    reconciliation_of,
    running,
    running_options,
)
from attachment_lab.clients.stack_clients import MOCKS, StackClients
from attachment_lab.demo.run import AttachmentRow, rows_of, verdict_json
from attachment_lab.demo.view import no_transfer_lines, table, verdict_lines
from attachment_lab.errors import LabFailed, WrongUse
from attachment_lab.reconciliation.no_transfer import why_no_transfer
from attachment_lab.report.gather import gather
from attachment_lab.report.model import Scope
from attachment_lab.report.page import render
from attachment_lab.stack import ready_file
from attachment_lab.stack.clocks import read_offset
from attachment_lab.stack.known_stacks import running_path
from attachment_lab.stack.ready_file import RunningStack
from attachment_lab.stack.reset import request_reset
from attachment_lab.tenant.opening import reset_tenant


@click.command()
@running_options
@json_option
def reconcile(stack_path: Path | None, tenant_name: str | None, as_json: bool) -> int:
    """Check the reconciliation's invariants; exit 1 if one is broken."""
    stack, to = running(stack_path, tenant_name)
    reconciliation = reconciliation_of(stack, to)
    verdict = reconciliation.verdict()
    rows = rows_of(verdict, why_no_transfer(reconciliation, verdict.records))
    if as_json:
        attachments = [row.to_json() for row in rows]
        print_json({"attachments": attachments, "reconciliation": verdict_json(verdict)})
    else:
        _print_rows(rows, verdict_lines(verdict))
    return 0 if verdict.ok else 1


def _print_rows(rows: list[AttachmentRow], last: RenderableType) -> None:
    console = out()
    console.print(table(rows, console.width))
    for line in no_transfer_lines(rows):
        console.print(line, soft_wrap=True)
    console.print(last)


@click.command()
@click.argument("mock", type=click.Choice(MOCKS))
@click.option("--since", type=int, default=None, help="Only exchanges after this id.")
@click.option("--limit", type=int, default=50, show_default=True)
@click.option("--grep", "q", default=None, help="Only exchanges that contain this text.")
@running_options
@json_option
def journal(mock: str, stack_path: Path | None, tenant_name: str | None, as_json: bool, **narrowed: Any) -> None:
    """Show the exchanges in a mock's journal."""
    stack, to = running(stack_path, tenant_name)
    found = to.mock(mock).get("/_mock/journal", tenant=stack.tenant.name, **narrowed)
    if as_json:
        print_json(found)
        return
    headings = ("id", "at", "request", "status", "in", "out", "ms", "fault")
    print_table(headings, [_journal_row(each) for each in found["exchanges"]])


def _journal_row(each: dict[str, Any]) -> list[object]:
    return [
        each["id"],
        str(each["at"])[11:23],
        f"{each['method']} {each['url']}",
        each["status"],
        each["request"]["size_bytes"],
        each["response"]["size_bytes"],
        f"{each['duration_ms']:.0f}",
        each["fault"] or "",
    ]


@click.command()
@click.option("--full", is_flag=True, help="Also restart the service on an empty database, its clock at zero.")
@running_options
@json_option
def reset(full: bool, stack_path: Path | None, tenant_name: str | None, as_json: bool) -> None:
    """Reset the stack: its tenant starts empty, with other secrets and ids, in about a second."""
    began_s = time.monotonic()
    path = stack_path or running_path()
    stack = ready_file.read(path)
    ahead_s = read_offset(stack.clock_file) if stack.clock_file and not full else 0.0
    if tenant_name in {None, stack.default}:
        request_reset(path, full=full)
    elif full:
        raise WrongUse(f"--full restarts the service for every tenant; reset {tenant_name} without it")
    else:
        _reset_other(path, stack.with_default(tenant_name), ahead_s)
    took_s = round(time.monotonic() - began_s, 2)
    if as_json:
        print_json({"status": "reset", "full": full, "took_s": took_s, "clock_offset_s": ahead_s})
        return
    out().print(f"The stack is reset ({took_s:g} s).")
    if ahead_s:
        out().print(f"Its clocks stay {ahead_s:+g} s ahead: the service's cannot go back; --full sets them to zero.")


def _reset_other(path: Path, stack: RunningStack, offset_s: float) -> None:
    """Reset a tenant that ``tenant open`` opened; ``stack``'s default tenant is the one to reset."""
    to = StackClients(stack.urls, allow_list=stack.allow_list)
    fresh = reset_tenant(to, stack.tenant, offset_s=offset_s)
    ready_file.update(path, lambda each: each.with_tenant(fresh))


@click.command()
@click.option(
    "--out",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The HTML file to write.",
)
@click.option("--chat", "guid", default=None, help="Only this chat; default: everything in the tenant.")
@click.option("--hide-names", is_flag=True, help="Replace file names and customers by numbers.")
@running_options
@json_option
def report(
    path: Path, guid: str | None, hide_names: bool, stack_path: Path | None, tenant_name: str | None, as_json: bool
) -> int:
    """Write a report, one HTML file that needs no server; exit 1 if an invariant of the reconciliation is broken."""
    stack, to = running(stack_path, tenant_name)
    found = gather(reconciliation_of(stack, to), Scope(chat=guid.upper() if guid else None, hide_names=hide_names))
    try:
        path.write_text(render(found), encoding="utf-8")
    except OSError as exc:
        raise LabFailed(f"{path} cannot be written: {exc.strerror}; choose another file by --out") from exc
    if as_json:
        counts = {"files": len(found.files), "stored": found.count("done"), "failed": found.count("failed")}
        print_json({"file": str(path), "chats": len(found.chats), "reconciliation_ok": found.holds, **counts})
    else:
        out().print(f"{path}: {len(found.chats)} chat(s), {found.count('done')} of {len(found.files)} files stored")
    return 0 if found.holds else 1
