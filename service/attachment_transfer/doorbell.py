"""How the API tells the worker beside it that there is something to do: a named pipe, made by their supervisor.

One byte means "look now". It carries nothing and need not arrive: whoever does not hear it polls.
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
DOORBELL_VARIABLE = "ATTACHMENT_TRANSFER_DOORBELL"
_LOOK_AT_STOP_S = 0.5
#: A hundred looks a second are enough, however often it rings.
_LEAST_PAUSE_S = 0.01
_ALL_AT_ONCE = 65_536


@contextmanager
def hung_up() -> Iterator[Path | None]:
    """A pipe in a folder of our own, or None where the system has no such thing."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="attachment-transfer-")
    except OSError:
        yield None
        return
    with folder as name:
        path = Path(name) / "bell"
        try:
            os.mkfifo(path, 0o600)
        except OSError:
            yield None
        else:
            yield path


def ring(path: Path) -> None:
    """Ring, if somebody listens. Never waits and never fails."""
    try:
        pipe = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return  # nobody listens
    try:
        if stat.S_ISFIFO(os.fstat(pipe).st_mode):
            os.write(pipe, b"!")
    except OSError:
        pass  # full: it rings already
    finally:
        os.close(pipe)


def answer(path: Path, on_ring: Callable[[], None], stop: threading.Event) -> None:
    """Call ``on_ring`` after each ring, several close together count as one, until ``stop``."""
    # Open for writing too, so that the last ringer's end is not the pipe's.
    pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    try:
        while not stop.is_set():
            ready, _, _ = select.select([pipe], [], [], _LOOK_AT_STOP_S)
            if ready:
                os.read(pipe, _ALL_AT_ONCE)
                on_ring()
                stop.wait(_LEAST_PAUSE_S)
    finally:
        os.close(pipe)


def listen(path: Path, on_ring: Callable[[], None], stop: threading.Event) -> None:
    """:func:`answer` in a thread of its own."""
    threading.Thread(target=answer, args=(path, on_ring, stop), name="doorbell", daemon=True).start()


def doorbell_of(env: Mapping[str, str]) -> Path | None:
    """The pipe that the supervisor named, if there is one."""
    named = env.get(DOORBELL_VARIABLE)
    return Path(named) if named else None
