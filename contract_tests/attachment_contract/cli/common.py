"""What the commands share: exit codes and consoles."""

from __future__ import annotations

from typing import TextIO

import click

from attachment_contract.terminal import SafeConsole

PIPE_WIDTH = 120


class InvalidUse(click.ClickException):
    """The command cannot run with these arguments."""

    exit_code = 2


class CheckFailed(click.ClickException):
    """The thing checked failed."""

    exit_code = 1


def console(stream: TextIO) -> SafeConsole:
    """A console for a stream: as wide as the terminal, 120 columns in a pipe."""
    return SafeConsole(file=stream, width=None if stream.isatty() else PIPE_WIDTH)
