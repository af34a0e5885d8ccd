"""What the commands share: output, options, the running stack and its tenant."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO, TypeVar

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from attachment_contract.terminal import SafeConsole, visible_json
from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.stack import ready_file
from attachment_lab.stack.known_stacks import running_path
from attachment_lab.stack.ready_file import RunningStack

Command = TypeVar("Command", bound=Callable[..., Any])

PIPE_WIDTH = 132

json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, nothing else.")
stack_option = click.option(
    "--stack",
    "--ready-file",
    "stack_path",
    type=click.Path(path_type=Path),
    default=None,
    help="Stack or ready file of the running stack; default: the one that is running, whatever the folder.",
)
tenant_option = click.option(
    "--tenant", "tenant_name", default=None, metavar="NAME", help="The tenant to use; default: the stack's default one."
)


def running_options(command: Command) -> Command:
    """The options of a command that works on one tenant of a running stack: --stack and --tenant."""
    return stack_option(tenant_option(command))


def out() -> Console:
    """For results."""
    return _console(sys.stdout)


def err() -> Console:
    """For progress and errors."""
    return _console(sys.stderr)


def _console(stream: TextIO) -> Console:
    """A pipe or a log has no width of its own: it gets one in which tables are readable."""
    width = None if stream.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH
    return SafeConsole(file=stream, width=width)


def print_table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table on standard output; a cell is a Text, or plain text that is folded where it is too long."""
    drawn = Table(header_style="bold")
    for heading in headings:
        drawn.add_column(heading, overflow="fold")
    for row in rows:
        drawn.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in row))
    out().print(drawn)


def print_json(value: Any) -> None:
    """One JSON document on standard output; beyond ASCII in escapes where the output's encoding is not UTF-8."""
    encoding = (sys.stdout.encoding or "").lower().replace("_", "-")
    click.echo(visible_json(value, indent=2, ascii_only=encoding not in {"utf-8", "utf8"}))


def running(stack_path: Path | None, tenant_name: str | None = None) -> tuple[RunningStack, StackClients]:
    """The stack that another command started; its default tenant is the named one.

    Raises WrongUse when there is no stack or no such tenant.
    """
    stack = ready_file.read(stack_path or running_path()).with_default(tenant_name)
    return stack, StackClients(stack.urls, allow_list=stack.allow_list, service_is_visible=not stack.foreign)


def reconciliation_of(stack: RunningStack, to: StackClients) -> Reconciliation:
    """The reconciliation of a running stack's default tenant."""
    return Reconciliation(to, stack.tenant, run_dir=stack.run_dir, quiet_s=stack.quiet_s)
