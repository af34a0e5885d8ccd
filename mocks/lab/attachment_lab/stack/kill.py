"""Find the process behind a port, to kill it on purpose."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

import psutil

from attachment_lab.errors import LabFailed
from attachment_lab.stack.process_cleanup import members


def kill_listener(port: int) -> int:
    """SIGKILL the process that listens on a loopback port; returns its pid. Raises LabFailed."""
    pids = listeners(port)
    if not pids:
        raise LabFailed(f"no process of this user listens on port {port}: nothing to kill")
    psutil.Process(pids[0]).kill()
    return pids[0]


def listeners(port: int) -> list[int]:
    """Processes with a listening socket on that port, youngest first (a forked child shares its parent's)."""
    # psutil names one process for each socket; those that share it are in the same session.
    named = next((each.pid for each in psutil.net_connections("tcp") if _listens(each, port) and each.pid), None)
    if named is None:
        return []
    found = []
    for process in members(os.getsid(named)):
        with suppress(psutil.Error):
            if any(_listens(each, port) for each in process.net_connections("tcp")):
                found.append(process.pid)
    return sorted(found, reverse=True)


def _listens(connection: Any, port: int) -> bool:
    return bool(connection.status == psutil.CONN_LISTEN and connection.laddr.port == port)
