"""A tiny process that ends the street's process groups when the lab itself is gone, however it went.

Run as a plain file, so that it imports nothing else: ``python -I -S janitor.py``. It reads lines on
standard input: ``+<pgid>`` to look after a group, ``-<pgid>`` to forget it. End of input means that the
lab has died or left.

Why not PR_SET_PDEATHSIG: it reaches the direct child only, and needs ``preexec_fn``, which is unsafe
with threads.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time

GRACE_S = 3.0


def main() -> None:
    """Collect group ids until the pipe closes; then SIGTERM, a grace, SIGKILL."""
    for quiet in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(quiet, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        (groups.add if line.startswith("+") else groups.discard)(int(line[1:]))
    for how in (signal.SIGTERM, signal.SIGKILL):
        groups = {group for group in groups if _signalled(group, how)}
        deadline = time.monotonic() + GRACE_S
        while how == signal.SIGTERM and groups and time.monotonic() < deadline:
            time.sleep(0.05)
            groups = {group for group in groups if _signalled(group, 0)}


def _signalled(group: int, how: int) -> bool:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, how)
        return True
    return False


if __name__ == "__main__":
    main()
