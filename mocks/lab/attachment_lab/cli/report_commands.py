"""``report``: a run as one HTML file, from a stack that is up."""

from __future__ import annotations

from pathlib import Path

import click

from attachment_lab.cli.common import json_option, out, print_json, reconciliation_of, running, running_options
from attachment_lab.errors import LabFailed
from attachment_lab.report.gather import gather
from attachment_lab.report.model import Scope
from attachment_lab.report.page import render


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
