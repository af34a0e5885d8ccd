"""The entry point: exit code 0 good, 1 the thing checked failed, 2 wrong use, 70 an error of our own.

Ctrl-C ends a run with 130 (128 + the signal's number). If the reader of a pipe stops reading, the code is 1.
"""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from attachment_contract.cli.lazy_group import LazyGroup
from attachment_contract.terminal import echo

PROGRAM = "attachment-contract"
INTERNAL_ERROR = 70
INTERRUPTED = 130
PIPE_CLOSED = 1
COMMANDS = {
    name: f"attachment_contract.cli.{name.replace('-', '_')}:{name.replace('-', '_')}"
    for name in ("check", "dry-run", "rules", "schemas", "compat")
}


def _print_version(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - 20 ms, for --version alone

        try:
            installed = version(PROGRAM)
        except PackageNotFoundError:
            installed = "(not installed: run from its source)"
        echo(f"{PROGRAM} {installed}")
        ctx.exit()


@click.group(cls=LazyGroup, commands_at=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Show the version."
)
def cli() -> None:
    """Checks configurations of Contact Pro's event-driven integration for chat attachments, offline."""


def main() -> NoReturn:
    """Run the command line of this process."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal or pipe that is not UTF-8 shows "\u2026" for a character that it lacks.
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code. Errors are printed as sentences, never as tracebacks."""
    try:
        code = cli.main(args=list(arguments), prog_name=PROGRAM, standalone_mode=False)
        sys.stdout.flush()
    except (KeyboardInterrupt, click.Abort):
        echo("Stopped.", err=True)
        return INTERRUPTED
    except click.ClickException as exc:
        message = io.StringIO()
        exc.show(file=message)
        echo(message.getvalue().rstrip("\n"), err=True)
        return exc.exit_code
    except BrokenPipeError:
        # The reader (such as head) has stopped reading. Without this Python reports it again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except Exception as exc:  # noqa: BLE001 - for any error the user gets a sentence
        echo(f"{PROGRAM}: an error of our own: {_place_of(exc)}. Please report it.", err=True)
        return INTERNAL_ERROR
    return code if isinstance(code, int) else 0


def _place_of(error: Exception) -> str:
    """Type and place of an error. Its text is not shown: it may quote a secret of the configuration."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    missing = f" ({error.name})" if isinstance(error, ImportError) else ""
    return f"{type(error).__name__}{missing} in {Path(frame.filename).name}, line {frame.lineno}"
