"""Request bodies as streams: what JSON and Atom have in common, and JSON's half of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

from c4c_mock.model.edm import EntitySet
from c4c_mock.model.errors import BadRequest
from c4c_mock.model.payloads import EntityPayload
from c4c_mock.wire.json_in import read_payload
from c4c_mock.wire.scanner import BinarySink, BodyScanner
from mock_kit.tenants.spool import Blob

_ID = "[0-9A-Za-z-]{1,70}"


class BodyReader(Protocol):
    """One request body. Files are written to disk as they arrive; the rest is small and stays in memory.

    Attributes:
        blobs: the files extracted so far.
    """

    blobs: list[Blob]

    def feed(self, piece: bytes) -> None:
        """Take the next bytes. Raises BadRequest."""

    def early(self, name: str) -> str:
        """An id in a property that has been received already; empty when there is none yet."""

    def payload(self, eset: EntitySet) -> EntityPayload:
        """The body is complete: what it describes. Raises BadRequest."""

    def abort(self) -> None:
        """The body will not be completed: delete the file that is being written."""


class JsonBody:
    """A JSON object."""

    def __init__(self, open_sink: Callable[[], BinarySink], *, max_bytes: int) -> None:
        """``max_bytes`` of everything but the files."""
        self._scanner = BodyScanner(open_sink, skeleton_max_bytes=max_bytes)
        self.blobs = self._scanner.blobs

    def feed(self, piece: bytes) -> None:
        """Take the next bytes. Raises BadRequest."""
        self._scanner.feed(piece)

    def early(self, name: str) -> str:
        """An id in a property that has been received already; empty when there is none yet."""
        found = re.search(rf'"{name}"\s*:\s*"({_ID})"'.encode(), self._scanner.skeleton)
        return found[1].decode() if found else ""

    def payload(self, eset: EntitySet) -> EntityPayload:
        """The body is complete: what it describes. Raises BadRequest."""
        if not self._scanner.skeleton:
            raise BadRequest("Request body is empty; expected a JSON object")
        return read_payload(self._scanner.finish(), eset, self.blobs)

    def abort(self) -> None:
        """Delete the file that is being written."""
        self._scanner.abort()
