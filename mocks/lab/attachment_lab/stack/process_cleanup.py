"""A tiny process that ends the stack's process groups when the lab itself is gone, however it went.

Run as a plain file, so that it imports nothing else: ``python -I -S process_cleanup.py``. It reads lines on
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
from pathlib import Path

GRACE_S = 3.0


def main() -> None:
    """Collect group ids until the pipe closes; then SIGTERM, a grace, SIGKILL."""
    for quiet in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(quiet, signal.SIG_IGN)
    leaders: set[int] = set()
    for line in sys.stdin:
        (leaders.add if line.startswith("+") else leaders.discard)(int(line[1:]))
    for leader in leaders:
        signal_group(leader, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_S
    while any(members(leader) for leader in leaders) and time.monotonic() < deadline:
        time.sleep(0.05)
    for leader in leaders:
        kill_session(leader)


def signal_group(group: int, how: int) -> None:
    """Signal a process group; one that is gone is fine."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, how)


def kill_session(leader: int) -> None:
    """SIGKILL whatever is left of the session: a server's workers may have left its process group."""
    for pid in members(leader):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def members(leader: int) -> list[int]:
    """Living processes of the session that ``leader`` started, from /proc; zombies do not count."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and _session(process) == leader:
            found.append(int(process.name))
    return found


def _session(process: Path) -> int | None:
    """Fields after the last parenthesis: state, parent, group, session (proc(5))."""
    try:
        stat = (process / "stat").read_text(encoding="utf-8", errors="replace")
        state, _parent, _group, session = stat.rpartition(")")[2].split()[:4]
    except (OSError, ValueError):
        return None
    return None if state == "Z" else int(session)


if __name__ == "__main__":
    main()
