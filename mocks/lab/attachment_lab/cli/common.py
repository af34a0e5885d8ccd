"""What the commands share: output, the running street, signals."""

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
from attachment_lab import street_file
from attachment_lab.chain_ledger import ChainLedger
from attachment_lab.neighbours import Neighbours
from attachment_lab.street_file import RunningStreet

Command = TypeVar("Command", bound=Callable[..., Any])

PIPE_WIDTH = 132

json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, nothing else.")
street_option = click.option(
    "--street",
    "--ready-file",
    "street_path",
    type=click.Path(path_type=Path),
    default=None,
    help="Street or ready file of the running street; default: the one that `up` wrote last.",
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
    """SIGINT, SIGTERM and SIGHUP raise Stopped, so that every ``finally`` runs and the street goes too."""

    def stop(number: int, _frame: object) -> None:
        # A second Ctrl-C while the street is being taken down must not leave half of it standing.
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


def running(street_path: Path | None) -> tuple[RunningStreet, Neighbours]:
    """The street that another command started. Raises WrongUse when there is none."""
    street = street_file.read(street_path or street_file.default_path())
    return street, Neighbours(street.urls)


def ledger_of(street: RunningStreet, to: Neighbours) -> ChainLedger:
    """The books of a running street's default world."""
    return ChainLedger(to, street.world, run_dir=street.run_dir)
