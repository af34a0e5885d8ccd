"""What the commands share: output, the running stack, signals."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO, TypeVar

import click
from rich.console import Console

from attachment_contract.terminal import SafeConsole, visible_json
from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.stack import ready_file as stack_file
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
    help="Stack or ready file of the running stack; default: the one that `up` wrote last.",
)


class Stopped(BaseException):
    """A signal asked us to end. No KeyboardInterrupt, which click turns into an Abort without the number.

    Attributes:
        exit_code: 128 plus the signal's number, as shells have it.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = 128 + number


def out() -> Console:
    """For results."""
    return _console(sys.stdout)


def err() -> Console:
    """For progress and complaints."""
    return _console(sys.stderr)


def _console(stream: TextIO) -> Console:
    """A pipe or a log has no width of its own: give it one in which tables are not cramped."""
    width = None if stream.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH
    return SafeConsole(file=stream, width=width)


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    click.echo(visible_json(value, indent=2))


@contextmanager
def ending_on_signals() -> Iterator[None]:
    """SIGINT, SIGTERM and SIGHUP raise Stopped, so that every ``finally`` runs and the stack goes too."""

    def stop(number: int, _frame: object) -> None:
        # A second Ctrl-C while the stack is being taken down must not leave half of it standing.
        for each in watched:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped(number)

    watched = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {each: signal.signal(each, stop) for each in watched}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def running(stack_path: Path | None) -> tuple[RunningStack, StackClients]:
    """The stack that another command started. Raises WrongUse when there is none."""
    stack = stack_file.read(stack_path or stack_file.default_path())
    return stack, StackClients(stack.urls)


def reconciliation_of(stack: RunningStack, to: StackClients) -> Reconciliation:
    """The books of a running stack's default tenant."""
    return Reconciliation(to, stack.tenant, run_dir=stack.run_dir)
