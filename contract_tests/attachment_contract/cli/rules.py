"""``attachment-contract rules``: lists the rules of the gate, shows the pages of some, or writes the pages of all."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

import click

from attachment_contract.cli.common import InvalidUse, console, json_option, print_json, write_files
from attachment_contract.gate.catalogue import GateRule, catalogue, page, pages, rule_named
from attachment_contract.terminal import echo


@click.command()
@click.argument("names", nargs=-1, metavar="[RULE]...")
@click.option(
    "--write",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the pages of all rules into a folder.",
)
@json_option
def rules(names: tuple[str, ...], folder: Path | None, as_json: bool) -> None:
    """List the rules of the gate, or show the page of each RULE."""
    if folder is not None:
        if names:
            raise InvalidUse("--write writes the pages of all rules; name no RULE with it.")
        written = write_files(folder, pages())
        if as_json:
            print_json({"written": written})
        else:
            echo(f"{len(written)} pages written to {folder}")
        return
    show(names, as_json=as_json)


def show(names: Sequence[str], *, as_json: bool) -> None:
    """The named rules with their pages, or a list of all."""
    try:
        found = [rule_named(name) for name in names] or list(catalogue().values())
    except LookupError as exc:
        raise InvalidUse(str(exc.args[0])) from exc
    if as_json:
        print_json({"rules": [asdict(rule) for rule in found]})
    elif names:
        _show_pages(found)
    else:
        for rule in found:
            echo(f"{rule.id}  {rule.severity:7}  {rule.title}")


def _show_pages(found: Iterable[GateRule]) -> None:
    """The rules' pages: formatted on a terminal, as Markdown in a pipe."""
    out = console(sys.stdout)
    for rule in found:
        if out.is_terminal:
            from rich.markdown import Markdown  # noqa: PLC0415 - 40 ms, needed on a terminal only

            out.print(Markdown(page(rule)))
        else:
            out.print(page(rule), soft_wrap=True)
