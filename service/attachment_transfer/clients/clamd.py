"""clamd, ClamAV's daemon, over its own protocol: is there a virus in these bytes?

``zINSTREAM``, then chunks (length as four bytes, network order), then a zero length; the answer ends with a NUL.
Source: clamd(8), section COMMANDS, https://docs.clamav.net/manual/Usage/Scanning.html#clamd; evidence: documented.

The address is the operator's own setting, never from a payload: the outbound policy does not check it. Anything but a
complete ``stream: OK`` is never "clean".
"""

from __future__ import annotations

import re
import select
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from attachment_transfer.core.errors import AttachmentRefused, Reason, ScannerUnavailable

_CHUNK_BYTES = 131_072
_REPLY_LIMIT_BYTES = 4096
_FOUND = re.compile(r"stream: (.{1,200}) FOUND")
_SIZE_LIMIT = "INSTREAM size limit exceeded"


@dataclass(frozen=True)
class ClamdAddress:
    """Where clamd listens: ``host`` and ``port``, or the ``path`` of a unix socket."""

    host: str = ""
    port: int = 0
    path: str = ""

    @classmethod
    def parse(cls, text: str) -> ClamdAddress:
        """Read ``host:port``, ``[v6]:port`` or ``unix:/path``. Raises ValueError."""
        if text.startswith("unix:"):
            path = text.removeprefix("unix:")
            if not path.startswith("/"):
                raise ValueError(f"{text!r}: write unix:/absolute/path")
            return cls(path=path)
        host, colon, port = text.rpartition(":")
        if not colon or not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
            raise ValueError(f"{text!r}: write HOST:PORT, e.g. 127.0.0.1:3310, or unix:/path")
        return cls(host=host.removeprefix("[").removesuffix("]"), port=int(port))


class Clamd:
    """Scans streams, one connection each.

    Args:
        connect_s: how long a connection may take, in seconds.
        answer_s: how long clamd may take to accept one chunk, and to send its verdict, in seconds.
        stream_s: how long all chunks of one file may take, in seconds.
    """

    def __init__(
        self,
        address: ClamdAddress,
        *,
        connect_s: float = 10.0,
        answer_s: float = 60.0,
        stream_s: float = 900.0,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = address
        self._connect_s = connect_s
        self._answer_s = answer_s
        self._stream_s = stream_s
        self._monotonic_s = monotonic_s

    def scan(self, pieces: Iterable[bytes]) -> None:
        """Return only if clamd says that these bytes are clean.

        Raises:
            AttachmentRefused: ``infected``, with the signature's name, or ``too-large-to-scan``.
            ScannerUnavailable: clamd is away, closed the connection, took too long, or answered with an error.
        """
        with _speaking_to_clamd(), self._connected() as connection:
            reply = self._send(connection, pieces) or self._reply(connection)
        _judge(reply)

    @contextmanager
    def _connected(self) -> Iterator[socket.socket]:
        if self._address.path:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(self._connect_s)
            with connection:
                connection.connect(self._address.path)
                yield connection
            return
        with socket.create_connection((self._address.host, self._address.port), self._connect_s) as connection:
            yield connection

    def _send(self, connection: socket.socket, pieces: Iterable[bytes]) -> str | None:
        """Send everything; return the reply if clamd sends one before the end, as it does over its size limit."""
        connection.settimeout(self._answer_s)
        end_s = self._monotonic_s() + self._stream_s
        try:
            connection.sendall(b"zINSTREAM\0")
            for chunk in _chunks(pieces):
                if self._monotonic_s() > end_s:
                    raise TimeoutError
                if select.select([connection], [], [], 0)[0]:
                    return self._reply(connection)
                connection.sendall(len(chunk).to_bytes(4, "big") + chunk)
            connection.sendall(bytes(4))
        except (BrokenPipeError, ConnectionResetError):
            # clamd closed the connection; its reply may still be readable, and names the cause.
            with suppress(OSError):
                return self._reply(connection)
            raise
        return None

    def _reply(self, connection: socket.socket) -> str:
        """The answer up to its NUL; an answer without one is incomplete and not used."""
        end_s = self._monotonic_s() + self._answer_s
        received = bytearray()
        while b"\0" not in received:
            remaining_s = end_s - self._monotonic_s()
            if remaining_s <= 0:
                raise TimeoutError
            connection.settimeout(remaining_s)
            piece = connection.recv(_REPLY_LIMIT_BYTES)
            received += piece
            if not piece or len(received) > _REPLY_LIMIT_BYTES:
                raise ScannerUnavailable("clamd broke off before the end of its answer")
        return bytes(received).split(b"\0", 1)[0].decode("utf-8", "replace").strip()


def _chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Chunks that are never empty: an empty one would end the stream."""
    for piece in pieces:
        for start in range(0, len(piece), _CHUNK_BYTES):
            yield piece[start : start + _CHUNK_BYTES]


def _judge(reply: str) -> None:
    if reply == "stream: OK":
        return
    if found := _FOUND.fullmatch(reply):
        signature = "".join(char for char in found.group(1) if char.isprintable())
        raise AttachmentRefused.because(
            Reason(
                code="infected",
                message=f"the virus scanner found {signature}",
                remedy="Do not carry this file. If the finding is wrong, correct the scanner, then retry.",
            )
        )
    if reply.startswith(_SIZE_LIMIT):
        raise AttachmentRefused.because(
            Reason(
                code="too-large-to-scan",
                message="the file is larger than the virus scanner takes",
                remedy="Raise StreamMaxLength in clamd.conf, then retry the transfer.",
            )
        )
    raise ScannerUnavailable(f"clamd answered {reply[:80]!r}")


@contextmanager
def _speaking_to_clamd() -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise ScannerUnavailable(f"clamd: {type(exc).__name__}") from exc
