"""``conform``: judge an implementation of the endpoint, ours or another, and print its scorecard."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from attachment_lab.cli.common import err, json_option, out, print_json, print_table
from attachment_lab.cli.configurations import configuration_options, configured_tenant
from attachment_lab.cli.foreign_service import foreign_options, service_options
from attachment_lab.cli.starting import dialect_option, run_dir_option
from attachment_lab.conformance.model import Row, RowResult, Scorecard
from attachment_lab.conformance.row_run import QuietRules
from attachment_lab.conformance.rows.table import chosen
from attachment_lab.conformance.runner import AT_ONCE, ConformanceRunner, Places
from attachment_lab.conformance.scorecard.badge import badge
from attachment_lab.conformance.scorecard.junit import junit
from attachment_lab.conformance.scorecard.page import page
from attachment_lab.conformance.scorecard.text import progress_line, show
from attachment_lab.errors import WrongUse
from attachment_lab.exits import ending_on_signals
from attachment_lab.stack.running import StackOptions, open_stack

#: Options that write a file, and what each writes.
OUTPUTS = {"junit": junit, "html": page, "badge": badge}
_OUTPUT = click.Path(path_type=Path, dir_okay=False, writable=True)


@click.command()
@click.argument("rows", nargs=-1)
@service_options
@configuration_options
@click.option("--list", "listed", is_flag=True, help="List the rows and play none.")
@click.option("--port-base", type=int, default=0, help="0 = free ports (default); else as for `up`.")
@click.option(
    "--deadline",
    "deadline_s",
    type=click.FloatRange(min=5),
    default=QuietRules.deadline_s,
    show_default=True,
    help="Seconds after which a row that is not at rest is indeterminate.",
)
@click.option(
    "--at-once",
    type=click.IntRange(min=1, max=50),
    default=AT_ONCE,
    show_default=True,
    help="Rows at once, each in a tenant of its own; with --edi one.",
)
@click.option("--junit", type=_OUTPUT, default=None, help="Write the rows as JUnit XML.")
@click.option("--html", type=_OUTPUT, default=None, help="Write the scorecard as one HTML page.")
@click.option("--badge", type=_OUTPUT, default=None, help="Write a badge (SVG).")
@run_dir_option
@dialect_option
@json_option
def conform(rows: tuple[str, ...], listed: bool, as_json: bool, **given: Any) -> int:
    """Judge a service from outside: what the customer sent, what CMI served, what C4C holds.

    Without ROWS all of them. Exit 0 if every applicable row is green, 1 if not.
    """
    wanted = chosen(rows)
    if listed:
        _list(wanted, as_json)
        return 0
    for option in OUTPUTS:
        _check_writable(option, given[option])
    card = _played(wanted, **given)
    for option, write in OUTPUTS.items():
        if given[option] is not None:
            given[option].write_text(write(card), encoding="utf-8")
    if as_json:
        print_json(card.to_json())
    else:
        show(card, out())
    return 0 if card.ok else 1


def _played(rows: tuple[Row, ...], **given: Any) -> Scorecard:
    configured = {name: given[name] for name in ("configurations", "secrets_file", "ask_secrets")}
    customer = configured_tenant(name=None, **configured)
    places = Places.of(rows, customer.names if customer else None, given["at_once"])
    service = {name: given[name] for name in ("service_url", "service_command", "env_file", "quiet_s")}
    options = StackOptions(
        port_base=given["port_base"],
        run_dir=given["run_dir"],
        dialect=given["dialect"],
        fault_proxy=True,
        foreign=foreign_options(issuers=places.issuers, **service),
    )
    console = err()
    console.print(Text("Starting the stack …", style="dim"))
    done: list[RowResult] = []

    def report(result: RowResult) -> None:
        done.append(result)
        console.print(progress_line(result, len(done), len(rows)), soft_wrap=True)

    rules = QuietRules(quiet_s=given["quiet_s"], deadline_s=given["deadline_s"])
    with ending_on_signals(), open_stack(options) as stack:
        words = service["service_command"] or service["service_url"] or "the transfer service of this project"
        return ConformanceRunner(stack, places, rules, report).run(rows, words)


def _check_writable(option: str, path: Path | None) -> None:
    """Raise WrongUse before anything is played, where the file cannot be written."""
    if path is not None and not os.access(path if path.exists() else path.absolute().parent, os.W_OK):
        raise WrongUse(f"--{option} {str(path)[:200]}: it cannot be written; name a file in a folder that exists")


def _list(rows: tuple[Row, ...], as_json: bool) -> None:
    if as_json:
        print_json(
            [{name: getattr(each, name) for name in ("id", "group", "title", "rule", "source", "why")} for each in rows]
        )
        return
    print_table(("row", "rule", "source"), [(each.id, each.rule, each.source) for each in rows])
