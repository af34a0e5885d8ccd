"""Files and folders that no other user may read: the database contains names of customers' files and sealed secrets.

Modes are set on new and on existing files, so neither the umask nor an older release decides.
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
    """Create ``path`` and its missing parents, each 0700. An existing folder keeps its mode."""
    for folder in reversed([path, *path.parents]):
        if not folder.exists():
            folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
            folder.chmod(_FOLDER_MODE)


def private_file(path: Path) -> None:
    """Create ``path`` empty with mode 0600; remove other users' rights if it exists.

    A file of another owner is not changed, and a warning is logged.
    """
    # An existing file is not opened: closing it would drop the locks that SQLite has on it in this process.
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, _FILE_MODE))
    _tighten(path)


def tighten(*paths: Path) -> None:
    """Remove other users' rights from those of ``paths`` that exist."""
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
