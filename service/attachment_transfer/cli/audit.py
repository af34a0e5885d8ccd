"""The audit trail: of one transfer, and of the service as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from attachment_transfer.cli.support import json_option, print_json, print_table, report_errors, settings
from attachment_transfer.ingress.admin import audit_json
from attachment_transfer.ledger import views
from attachment_transfer.ledger.audit import AuditLine, audit_of
from attachment_transfer.runtime import database_tasks

_PAGE = 1000


@click.command("audit")
@click.argument("transfer_id")
@json_option
@report_errors
def transfer_audit(transfer_id: str, as_text: bool) -> None:
    """Print who did what to a transfer, oldest first."""
    engine, _, _ = database_tasks.operator_tools(settings())
    if views.find_transfer(engine, transfer_id, caller=None) is None:
        raise LookupError(f"no transfer {transfer_id}")
    _print_trail(_whole_trail(engine, transfer_id), as_text)


@click.command("audit")
@json_option
@report_errors
def service_audit(as_text: bool) -> None:
    """Print what was done to the service as a whole: purges, key rotations, the allow-list file."""
    engine, _, _ = database_tasks.operator_tools(settings())
    _print_trail(_whole_trail(engine, None), as_text)


def _whole_trail(engine: Any, transfer_id: str | None) -> Iterator[AuditLine]:
    after: int | None = 0
    while after is not None:
        page = audit_of(engine, transfer_id, after=after, limit=_PAGE)
        yield from page.lines
        after = page.next_after


def _print_trail(lines: Iterator[AuditLine], as_text: bool) -> None:
    documents = [audit_json(line) for line in lines]
    if as_text:
        print_json({"audit": documents})
        return
    print_table(
        ("at", "actor", "action", "attachment", "detail"),
        (
            [str(line[name] or "") for name in ("at", "actor", "action", "attachment_id", "detail")]
            for line in documents
        ),
    )
