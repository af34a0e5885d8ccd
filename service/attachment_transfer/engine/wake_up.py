"""Wake the API's worker when a round is due: a named pipe, created by the supervisor of both.

One byte means "poll now". It carries no data and may be lost: the worker polls anyway.
"""

from __future__ import annotations

import os
import select
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

#: Names the pipe in the environment of both processes.
WAKE_UP_VARIABLE = "ATTACHMENT_TRANSFER_WAKE_UP_PIPE"
_STOP_CHECK_S = 0.5
#: A hundred polls a second are enough, however many wake-ups arrive.
_LEAST_PAUSE_S = 0.01
_ALL_AT_ONCE = 65_536


@contextmanager
def wake_up_pipe() -> Iterator[Path | None]:
    """A pipe in a folder of our own, or None where the system has no such thing."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="attachment-transfer-")
    except OSError:
        yield None
        return
    with folder as name:
        path = Path(name) / "wake-up"
        try:
            os.mkfifo(path, 0o600)
        except OSError:
            yield None
        else:
            yield path


def send_wake_up(path: Path) -> None:
    """Wake the worker if it reads the pipe. Never waits and never fails."""
    try:
        pipe = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return  # no worker reads it
    try:
        if stat.S_ISFIFO(os.fstat(pipe).st_mode):
            os.write(pipe, b"!")
    except OSError:
        pass  # full: wake-ups are waiting already
    finally:
        os.close(pipe)


def read_wake_ups(path: Path, on_wake_up: Callable[[], None], stop: threading.Event) -> None:
    """Call ``on_wake_up`` after each wake-up, several close together count as one, until ``stop``."""
    # Open for writing too, so that the pipe does not end when the last sender closes it.
    pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    try:
        while not stop.is_set():
            ready, _, _ = select.select([pipe], [], [], _STOP_CHECK_S)
            if ready:
                os.read(pipe, _ALL_AT_ONCE)
                on_wake_up()
                stop.wait(_LEAST_PAUSE_S)
    finally:
        os.close(pipe)


def call_on_wake_up(path: Path, on_wake_up: Callable[[], None], stop: threading.Event) -> None:
    """:func:`read_wake_ups` in a thread of its own."""
    threading.Thread(target=read_wake_ups, args=(path, on_wake_up, stop), name="wake-up", daemon=True).start()


def wake_up_pipe_of(env: Mapping[str, str]) -> Path | None:
    """The pipe that the supervisor named, if there is one."""
    named = env.get(WAKE_UP_VARIABLE)
    return Path(named) if named else None
