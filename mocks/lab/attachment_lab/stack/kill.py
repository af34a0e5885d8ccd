"""Find the process behind a port, to kill it on purpose. Reads /proc: Linux only."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

from attachment_lab.errors import LabFailed

LISTEN = "0A"


def kill_listener(port: int) -> int:
    """SIGKILL the process that listens on a loopback port; returns its pid. Raises LabFailed."""
    pids = listeners(port)
    if not pids:
        raise LabFailed(f"no process of ours listens on port {port}: nothing to kill")
    os.kill(pids[0], signal.SIGKILL)
    return pids[0]


def listeners(port: int) -> list[int]:
    """Processes with a listening socket on that port, youngest first (a forked child shares its parent's)."""
    wanted = {f"socket:[{inode}]" for inode in _inodes(Path("/proc/net/tcp").read_text(), port)}
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and wanted & _sockets(process):
            found.append(int(process.name))
    return sorted(found, reverse=True)


def _inodes(table: str, port: int) -> set[str]:
    """Inodes of listening sockets from the text of /proc/net/tcp."""
    rows = (line.split() for line in table.splitlines()[1:])
    return {row[9] for row in rows if row[3] == LISTEN and int(row[1].rpartition(":")[2], 16) == port}


def _sockets(process: Path) -> set[str]:
    found = set()
    with suppress(OSError):  # ended meanwhile, or not ours to look at
        for entry in (process / "fd").iterdir():
            with suppress(OSError):  # closed meanwhile
                found.add(str(entry.readlink()))
    return found
