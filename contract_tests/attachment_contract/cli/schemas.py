"""``attachment-contract schemas``: lists the schemas and writes them as files, for other tools and languages."""

from __future__ import annotations

from pathlib import Path

import click

from attachment_contract.cli.common import InvalidUse, json_option, print_json, write_files
from attachment_contract.schemas.store import SUFFIX, load_schema, schema_names, schema_text, with_references
from attachment_contract.terminal import echo


@click.group()
def schemas() -> None:
    """The JSON Schemas (2020-12) of everything that passes between the systems."""


@schemas.command("list")
@json_option
def list_schemas(as_json: bool) -> None:
    """List the schemas: name and title."""
    found = {name: load_schema(name) for name in schema_names()}
    if as_json:
        rows = [{"name": name, "id": each["$id"], "title": each["title"]} for name, each in found.items()]
        print_json({"schemas": rows})
        return
    width = max(map(len, found))
    for name, each in found.items():
        echo(f"{name:{width}}  {each['title']}")


@schemas.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.argument("names", nargs=-1, metavar="[SCHEMA]...")
@json_option
def export(folder: Path, names: tuple[str, ...], as_json: bool) -> None:
    """Write each SCHEMA (default: all) and the schemas that it refers to into FOLDER, one file each."""
    try:
        wanted = with_references(names or schema_names())
    except LookupError as exc:
        raise InvalidUse(str(exc.args[0])) from exc
    written = write_files(folder, {f"{name}{SUFFIX}": schema_text(name) for name in wanted})
    if as_json:
        print_json({"written": written})
    else:
        echo(f"{len(written)} schemas written to {folder}")
