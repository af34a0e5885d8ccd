"""Runs a command and turns every way in which it can end into an exit code and at most one sentence.

0 good · 1 the thing that was checked failed · 2 wrong use · 70 an error of the lab itself, with a log file ·
128 + n ended by signal n.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import click

from attachment_lab.errors import LabError

INTERRUPTED = 130
#: EX_SOFTWARE of sysexits.h: an internal error of the program.
INTERNAL_ERROR = 70


class Stopped(BaseException):
    """A signal asked the command to end. It is no KeyboardInterrupt: click turns that into an Abort without the number.

    Attributes:
        exit_code: 128 plus the signal's number, as shells have it.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = 128 + number


def write_any_encoding() -> None:
    """A character that the terminal's encoding lacks is written as an escape; no output ends in a UnicodeEncodeError.

    Call it once at the start of a process.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def run_command(command: click.Command, name: str, arguments: Sequence[str]) -> int:
    """Run one command line; returns its exit code. Errors are printed as sentences, never as tracebacks."""
    try:
        code = command.main(args=list(arguments), prog_name=name, standalone_mode=False)
    except Stopped as stopped:
        _print("Stopped; the stack is down.")
        return stopped.exit_code
    except (KeyboardInterrupt, click.Abort):
        _print("Stopped.")
        return INTERRUPTED
    except (click.ClickException, LabError) as failed:
        _show(failed, name)
        return failed.exit_code
    except BrokenPipeError:
        # The reader (head, say) has closed its end. Python must not complain about it again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as exc:  # noqa: BLE001 - the one place where an unexpected error ends
        _print(f"{name}: internal error: {type(exc).__name__}: {exc}\n{_logged(name, exc)}", style="red")
        return INTERNAL_ERROR
    return code if isinstance(code, int) else 0


def _show(failed: click.ClickException | LabError, name: str) -> None:
    if isinstance(failed, click.ClickException):
        failed.show()
    else:
        _print(f"{name}: {failed}", style="red")


@contextmanager
def ending_on_signals() -> Iterator[None]:
    """SIGINT, SIGTERM and SIGHUP raise Stopped, so that every ``finally`` runs and the stack ends too."""

    def stop(number: int, _frame: object) -> None:
        # A second Ctrl-C while the stack is being stopped must not leave half of it running.
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


def _logged(name: str, exc: BaseException) -> str:
    """Write the traceback to a file that only its owner may read; returns a sentence that names it."""
    from platformdirs import user_log_path  # noqa: PLC0415 - for an internal error alone

    path = user_log_path("attachment-lab") / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}.log"
    text = f"{name} {' '.join(sys.argv[1:])}\n" + "".join(traceback.format_exception(exc))
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(
            os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
            "w",
            encoding="utf-8",
            errors="backslashreplace",
        ) as sink:
            sink.write(text)
    except OSError as failed:
        return f"The log {path} cannot be written ({failed.strerror})."
    return f"The traceback is in {path}; please report it."


def _print(text: str, *, style: str = "") -> None:
    from rich.text import Text  # noqa: PLC0415 - most commands end well, and `--version` must be quick

    from attachment_contract.terminal import SafeConsole  # noqa: PLC0415

    SafeConsole(stderr=True).print(Text(text, style=style), soft_wrap=True)
