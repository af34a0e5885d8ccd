"""Shared by the commands: settings or exit code 2, expected failures as one line on stderr, tables of plain text."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, NoReturn

import click
from rich.table import Table
from rich.text import Text

from attachment_contract.terminal import SafeConsole, echo, visible_line
from attachment_transfer.ledger.database import UnusableDatabase
from attachment_transfer.ledger.sealing import BadSealingKey, KeyRing
from attachment_transfer.runtime.setting_kinds import BadSettings
from attachment_transfer.runtime.settings import Settings
from attachment_transfer.runtime.supervisor import report_failure
from attachment_transfer.worker.health import PortUnavailable
from attachment_transfer.worker.process import AlreadyWorking

json_option = click.option("--json", "as_text", is_flag=True, help="Machine-readable.")


def fail(message: str, code: int) -> NoReturn:
    """End with one line on stderr."""
    echo(f"attachment-transfer: {visible_line(message)}", err=True)
    report_failure(message)
    raise SystemExit(code)


def settings() -> Settings:
    """The settings of the environment; what is wrong with them ends the command."""
    try:
        found = Settings.from_env(os.environ)
        KeyRing.parse(found.sealing_keys)
    except (BadSettings, BadSealingKey) as exc:
        fail(str(exc), 2)
    return found


def report_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """Turn expected failures into one line and an exit code."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except BadSettings as exc:
            fail(str(exc), 2)
        except (UnusableDatabase, AlreadyWorking, PortUnavailable) as exc:
            fail(str(exc), 1)
        except LookupError as exc:
            fail(str(exc.args[0]) if exc.args else "not found", 1)

    return run


def print_json(document: Any) -> None:
    """One JSON document on stdout, and nothing else."""
    click.echo(json.dumps(document))  # ASCII alone: nothing in it acts on a terminal


def print_table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """A table whose cells are text: a file's name is no markup."""
    table = Table(*columns)
    for row in rows:
        table.add_row(*(Text(visible_line(cell)) for cell in row))
    SafeConsole().print(table)
