"""``attachment-contract compat``: whether newer schemas still accept everything that older ones accepted."""

from __future__ import annotations

from pathlib import Path

import click

from attachment_contract.cli.common import InvalidUse, json_option, print_json
from attachment_contract.compat.comparison import UnreadableSchema, compare, read_pair
from attachment_contract.terminal import echo

_PATH = click.Path(exists=True, path_type=Path)


@click.command()
@click.argument("old", type=_PATH)
@click.argument("new", type=_PATH, required=False)
@json_option
@click.pass_context
def compat(ctx: click.Context, old: Path, new: Path | None, as_json: bool) -> None:
    """Compare the schemas of OLD with those of NEW (default: this package's): files or folders of *.schema.json.

    Fails (exit code 1) if a schema may reject what its predecessor accepted, or is missing.
    """
    try:
        before, after = read_pair(old, new)
    except UnreadableSchema as exc:
        raise InvalidUse(str(exc)) from exc
    result = compare(before, after)
    if as_json:
        print_json(result.as_json())
    else:
        for line in result.lines():
            echo(line)
    ctx.exit(0 if result.ok else 1)
