"""Bodies on disk: a mock never has a whole file in memory.

A process has one data directory; every tenant has a sub-directory of its own there.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from mock_kit.http.pieces import pieces_of
from mock_kit.http.sniff import sniff

HEAD_BYTES = 512
#: Sniffing sees more than the blob keeps: the names inside an office archive come late.
_SNIFF_BYTES = 8192


@dataclass(frozen=True)
class Blob:
    """A finished file of the spool.

    Attributes:
        path: where it lies; gone after the tenant is reset.
        sha256: 64 lower-case hexadecimal digits over the whole content.
        sniffed_type: MIME type determined by content (``sniff``).
        head: the first bytes, at most 512.
    """

    path: Path
    size_bytes: int
    sha256: str
    sniffed_type: str
    head: bytes


class SpoolWriter:
    """One file being written. As a context manager it closes at the end and aborts on an exception."""

    def __init__(self, path: Path) -> None:
        """Opens ``path`` for writing; ``Spool.writer`` chooses it."""
        self._path = path
        self._file = path.open("wb")
        self._digest = hashlib.sha256()
        self._size = 0
        self._head = b""
        self._blob: Blob | None = None

    def write(self, piece: bytes) -> None:
        """Append ``piece``."""
        self._file.write(piece)
        self._digest.update(piece)
        self._size += len(piece)
        if len(self._head) < _SNIFF_BYTES:
            self._head += piece[: _SNIFF_BYTES - len(self._head)]

    def close(self) -> Blob:
        """Finish the file. May be called again; the blob is the same."""
        if self._blob is None:
            self._file.close()
            self._blob = Blob(
                self._path, self._size, self._digest.hexdigest(), sniff(self._head), self._head[:HEAD_BYTES]
            )
        return self._blob

    @property
    def blob(self) -> Blob:
        """The finished file; closes it if need be."""
        return self.close()

    def abort(self) -> None:
        """Remove the file."""
        self._file.close()
        self._path.unlink(missing_ok=True)

    def __enter__(self) -> SpoolWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        if exc is None:
            self.close()
        else:
            self.abort()


class Spool:
    """The files of one tenant."""

    def __init__(self, directory: Path) -> None:
        """``directory`` belongs to this tenant alone; the first file makes it (mode 0700).

        Files that an earlier process left there stay, and numbers go on behind theirs.
        """
        self._directory = directory
        self._last = max((int(p.stem) for p in self._files() if p.stem.isdigit()), default=0)
        self._lock = threading.Lock()

    def _files(self) -> Iterator[Path]:
        return self._directory.glob("*.blob")

    @property
    def directory(self) -> Path:
        """Where this tenant's files lie."""
        return self._directory

    def writer(self) -> SpoolWriter:
        """A new file, ready to be written to."""
        with self._lock:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._last += 1
            return SpoolWriter(self._directory / f"{self._last:08d}.blob")

    def store(self, pieces: Iterable[bytes]) -> Blob:
        """A new file with this content; none is left if ``pieces`` raises."""
        with self.writer() as writer:
            for piece in pieces:
                writer.write(piece)
        return writer.blob

    def discard(self, blob: Blob) -> None:
        """Remove one finished file; nothing happens if it is gone already."""
        blob.path.unlink(missing_ok=True)

    def keep_only(self, names: Collection[str]) -> None:
        """Remove the files that no name refers to: what a process that died was still writing."""
        with self._lock:
            for path in self._files():
                if path.name not in names:
                    path.unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove every file of this tenant. A file still open elsewhere stays readable there."""
        with self._lock:
            for path in self._files():
                path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                self._directory.rmdir()


def read_blob(blob: Blob, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """The bytes ``start`` up to ``stop`` (exclusive; None = the end), in pieces of 256 KiB."""
    with blob.path.open("rb") as file:
        file.seek(start)
        yield from pieces_of(file, (blob.size_bytes if stop is None else stop) - start)
