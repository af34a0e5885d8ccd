"""A small process that ends the stack's process groups when the lab itself is gone, whatever ended it.

Run as a plain file, so that it imports little: ``python -I process_cleanup.py``. It reads lines on standard input:
``+<pgid>`` adds a group, ``-<pgid>`` removes it. End of input means that the lab has died or left.

Why not PR_SET_PDEATHSIG: it reaches the direct child only, and needs ``preexec_fn``, which is unsafe with threads.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys

import psutil

GRACE_S = 3.0


def main() -> None:
    """Collect group ids until the pipe closes; then SIGTERM, a grace period, SIGKILL."""
    for quiet in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(quiet, signal.SIG_IGN)
    leaders: set[int] = set()
    for line in sys.stdin:
        (leaders.add if line.startswith("+") else leaders.discard)(int(line[1:]))
    for leader in leaders:
        signal_group(leader, signal.SIGTERM)
    psutil.wait_procs([each for leader in leaders for each in members(leader)], timeout=GRACE_S)
    for leader in leaders:
        kill_session(leader)


def signal_group(group: int, how: int) -> None:
    """Send a signal to a process group; a group that is gone is no error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, how)


def kill_session(leader: int) -> None:
    """SIGKILL what is left of the session: a server's workers may have left its process group."""
    for process in members(leader):
        with contextlib.suppress(psutil.Error):
            process.kill()


def members(leader: int) -> list[psutil.Process]:
    """Living processes of the session that ``leader`` started; zombies do not count."""
    found = []
    for pid in psutil.pids():
        with contextlib.suppress(OSError, psutil.Error):  # ended in the meantime
            if os.getsid(pid) == leader and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                found.append(psutil.Process(pid))
    return found


if __name__ == "__main__":
    main()
