"""JSON files that several processes read and change: replaced as a whole, one change at a time."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def replace_json(path: Path, content: object) -> None:
    """Write atomically, mode 0600: a reader sees the old content or the new one. Makes the folder, mode 0700."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as sink:
        json.dump(content, sink, indent=2)
    fresh.replace(path)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """The block runs in one process at a time, by a lock file beside ``path``."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.with_name(f".{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
