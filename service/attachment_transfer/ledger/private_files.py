"""Files and folders that no other user may read: the database holds names of customers' files and sealed secrets.

Modes are set on what is created and on what is found, so neither the umask nor an older release decides.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

import structlog

_FILE_MODE = 0o600
_FOLDER_MODE = 0o700
_log = structlog.get_logger(__name__)


def private_folder(path: Path) -> None:
    """Make ``path`` and what lacks above it, each 0700. A folder that is there stays as its owner made it."""
    for folder in reversed([path, *path.parents]):
        if not folder.exists():
            folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
            folder.chmod(_FOLDER_MODE)


def private_file(path: Path) -> None:
    """Create ``path`` empty with mode 0600 unless it is there; take the others' rights away if it is.

    A file of another owner stays as it is: its owner decides, and a warning says so.
    """
    # A file that is there is not opened: closing it would drop the locks that SQLite has on it in this process.
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, _FILE_MODE))
    _tighten(path)


def tighten(*paths: Path) -> None:
    """Take the others' rights away from those of ``paths`` that are there."""
    for path in paths:
        if path.exists():
            _tighten(path)


def _tighten(path: Path) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077 == 0:
        return
    try:
        path.chmod(mode & 0o700)
    except PermissionError:
        _log.warning("others may read this file", path=str(path), mode=f"{mode:04o}", remedy="chmod 600")
