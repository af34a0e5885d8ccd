"""What outlives the process: an append-only file of JSON lines per tenant, one line per transaction.

A line is written to the file before the caller is answered, so a process that is killed loses nothing that it has
confirmed (a machine that loses power may). An incomplete line was never confirmed and is dropped.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

FILE_NAME = "tenant.jsonl"
FORMAT = 1


class Damaged(RuntimeError):
    """A tenant's file cannot be read, or belongs to another version of this mock."""


class Log:
    """The file of one tenant. Nothing is written before ``rewrite`` was called once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._started = False

    def append(self, entry: Mapping[str, Any]) -> None:
        """Add one transaction. Raises OSError if it cannot be written."""
        with self._lock:
            if self._started:
                self._write(self.path, [entry], os.O_APPEND)

    def rewrite(self, entries: Iterable[Mapping[str, Any]]) -> None:
        """Replace the file atomically: either the old file exists or the new one."""
        with self._lock:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = self.path.with_suffix(".new")
            self._write(fresh, entries, os.O_TRUNC)
            fresh.replace(self.path)
            self._started = True

    def remove(self) -> None:
        """Delete the file and, when nothing else is in it, its directory."""
        with self._lock:
            self._started = False
            for path in (self.path, self.path.with_suffix(".new")):
                path.unlink(missing_ok=True)
            if self.path.parent.is_dir() and not any(self.path.parent.iterdir()):
                self.path.parent.rmdir()

    @staticmethod
    def _write(path: Path, entries: Iterable[Mapping[str, Any]], flag: int) -> None:
        raw = b"".join(json.dumps(entry, separators=(",", ":")).encode() + b"\n" for entry in entries)
        with open(path, "wb", buffering=0, opener=lambda p, _: os.open(p, os.O_WRONLY | os.O_CREAT | flag, 0o600)) as f:
            left = memoryview(raw)
            while left:
                left = left[f.write(left) or 0 :]

    def entries(self) -> Iterator[dict[str, Any]]:
        """Every complete line, oldest first. Raises Damaged for a line that cannot be parsed."""
        with self.path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    return
                try:
                    entry = json.loads(line)
                except ValueError as exc:
                    raise Damaged(f"{self.path}, line {number}: cannot be read; remove the directory") from exc
                if number == 1 and entry.get("format") != FORMAT:
                    raise Damaged(f"{self.path}: not in this version's format {FORMAT}; remove the directory")
                yield entry
