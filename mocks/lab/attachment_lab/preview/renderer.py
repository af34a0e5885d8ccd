"""Renders pictures in a process with limits, caches the latest, and runs at most two processes at once."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any, Literal

#: A larger file is not rendered.
MAX_RENDERED_BYTES = 64 * 1024 * 1024
PATIENCE_S = 30.0
KEPT_BYTES = 48 * 1024 * 1024
AT_ONCE = 2
PIXELS = 1400


class NotRendered(Exception):
    """The file cannot be rendered; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Rendering:
    """A rendered picture; ``pages`` of a PDF, 1 for an image."""

    picture: bytes
    mime: str
    pages: int = 1


class Renderer:
    """Renders images and pages of PDFs. Safe for threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, int], Rendering | NotRendered] = OrderedDict()
        self._lock = threading.Lock()
        self._turns = threading.Semaphore(AT_ONCE)

    def render(
        self, kind: Literal["image", "pdf"], digest: str, fetch: Callable[[], IO[bytes]], *, page: int = 1
    ) -> Rendering:
        """The picture of a file with this sha256; ``fetch`` opens the file and is called only when it is not cached.

        Raises NotDrawn.
        """
        key = (kind, digest, page)
        with self._lock:
            found = self._kept.get(key)
            if found:
                self._kept.move_to_end(key)
        if found is None:
            with self._turns:
                found = self._rendered(kind, fetch, page)
            self._keep(key, found)
        if isinstance(found, NotRendered):
            raise NotRendered(str(found))
        return found

    def _rendered(self, kind: str, fetch: Callable[[], IO[bytes]], page: int) -> Rendering | NotRendered:
        with fetch() as stream:
            command = [sys.executable, "-m", "attachment_lab.preview", kind, str(page), str(PIXELS)]
            try:
                done = subprocess.run(command, stdin=stream, capture_output=True, timeout=PATIENCE_S, check=False)
            except subprocess.TimeoutExpired:
                return NotRendered("drawing it took too long")
        return _read(done.returncode, done.stdout)

    def _keep(self, key: tuple[str, str, int], found: Rendering | NotRendered) -> None:
        with self._lock:
            self._kept[key] = found
            while sum(len(each.picture) for each in self._kept.values() if isinstance(each, Rendering)) > KEPT_BYTES:
                self._kept.popitem(last=False)


def _read(code: int, output: bytes) -> Rendering | NotRendered:
    head, _, picture = output.partition(b"\n")
    try:
        result: dict[str, Any] = json.loads(head)
    except ValueError:
        # Ended by a limit or a crash before it could print anything.
        return NotRendered(f"drawing it was stopped (exit {code}): it takes too much time or memory")
    if "error" in result:
        return NotRendered(str(result["error"]))
    return Rendering(picture=picture, mime=str(result["mime"]), pages=int(result.get("pages", 1)))
