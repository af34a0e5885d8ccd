"""What every process of the service does before it reads a secret: no memory in core files, no file for other users.

A worker's core file contains passwords and sealing keys in clear, although they are sealed in the database. Two locks,
because each has a gap. ``RLIMIT_CORE`` 0 is inherited by children, but the kernel ignores it where ``core_pattern`` is
a pipe (systemd-coredump, apport). ``PR_SET_DUMPABLE`` 0 stops pipes too, and keeps other processes of the same
user from ``/proc/PID/mem`` and ptrace, but each ``execve`` sets it back. So every process calls this itself.

In lab mode the second lock is not set: the lab finds processes by their port in ``/proc/PID/fd``, to kill them on
purpose, and its secrets are test data.

Sources: Linux man pages core(5), prctl(2) PR_SET_DUMPABLE, ptrace(2) "Ptrace access mode checking".
"""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from collections.abc import Mapping

_PR_SET_DUMPABLE = 4
_PRIVATE_UMASK = 0o077


_LAB_MODE = "ATTACHMENT_TRANSFER_LAB_MODE"


def harden(env: Mapping[str, str] = os.environ) -> None:
    """Switch core dumps off and make new files private. Safe to call twice."""
    os.umask(_PRIVATE_UMASK)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux" and env.get(_LAB_MODE, "").strip().lower() not in {"1", "true", "yes", "on"}:
        prctl = getattr(ctypes.CDLL(None, use_errno=True), "prctl", None)
        if prctl is not None:
            prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
