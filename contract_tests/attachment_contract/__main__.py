"""``attachment-contract check …``, ``… dry-run …``, ``… rules --write DIR``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from attachment_contract.cli.check import check
from attachment_contract.cli.dry_run import dry_run
from attachment_contract.gate.catalogue import catalogue, index, page


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """The contract gate."""


@cli.command()
@click.option("--write", "folder", required=True, type=click.Path(file_okay=False, path_type=Path))
def rules(folder: Path) -> None:
    """Write the pages of all rules."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """File name → content of every page."""
    return {"README.md": index(), **{f"{rule.id}.md": page(rule) for rule in catalogue().values()}}


cli.add_command(check)
cli.add_command(dry_run)


def main() -> None:
    """The entry point."""
    sys.exit(cli(prog_name="attachment-contract"))


if __name__ == "__main__":
    main()
