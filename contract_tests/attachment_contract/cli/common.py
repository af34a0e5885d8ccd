"""What the commands share: errors with their exit codes, the console, JSON output."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TextIO

import click

from attachment_contract.terminal import SafeConsole, visible_json

PIPE_WIDTH = 120

json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, nothing else.")


class InvalidUse(click.ClickException):
    """The command cannot run with these arguments."""

    exit_code = 2


class CheckFailed(click.ClickException):
    """The thing checked failed."""

    exit_code = 1


def console(stream: TextIO) -> SafeConsole:
    """A console for a stream: as wide as the terminal, 120 columns in a pipe."""
    return SafeConsole(file=stream, width=None if stream.isatty() else PIPE_WIDTH)


def print_json(document: Any) -> None:
    """One JSON document on standard output, in ASCII, so that it passes through any terminal and pipe."""
    click.echo(visible_json(document, indent=2, ascii_only=True))


def write_files(folder: Path, files: dict[str, str]) -> list[str]:
    """Write files (name → text) into a folder, which is made if needed; returns their paths. Raises InvalidUse."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
    except OSError as exc:
        raise InvalidUse(f"{exc.filename or folder}: {exc.strerror or exc}") from exc
    return [str(folder / name) for name in files]
