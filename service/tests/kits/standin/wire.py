"""A server on loopback that sends exactly the bytes it is told to, at the pace it is told to, and logs every request.

One server plays many hosts: the service's egress map leads them here, and the Host header tells them apart.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import IO
from urllib.parse import urlsplit

_LISTEN_BACKLOG = 128
_RECEIVE_TIMEOUT_S = 120.0


@dataclass(frozen=True)
class Request:
    """One request as it arrived. ``target`` is the path and query of the request line."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def host(self) -> str:
        return (self.header("host") or "").partition(":")[0].lower()

    def header(self, name: str) -> str | None:
        """The first header of that name, in any case."""
        return next((value for found, value in self.headers if found.lower() == name.lower()), None)


@dataclass(frozen=True)
class Answer:
    """Raw bytes of one answer, and how they are sent.

    Attributes:
        head, body: everything from the status line to the blank line; everything after it.
        head_bytes_per_s, body_bytes_per_s: None sends at once.
        end: ``keep`` the connection, ``close`` it after the body, or ``reset`` it.
    """

    head: bytes
    body: bytes = b""
    head_bytes_per_s: float | None = None
    body_bytes_per_s: float | None = None
    end: str = "keep"

    def dripping(self, *, head: float | None = None, body: float | None = None) -> Answer:
        """The same answer at this many bytes per second."""
        return replace(self, head_bytes_per_s=head, body_bytes_per_s=body)


#: What a script holds: an answer, or what makes one from the request.
Reply = Answer | Callable[[Request], Answer]


class Site:
    """One host: its scripts and the log of its requests. Scripts that were planned later are asked first."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.requests: list[Request] = []
        self.otherwise: Reply = not_found
        self._scripts: list[tuple[Callable[[Request], bool], list[Reply]]] = []
        self._lock = threading.Lock()

    def plan(self, wanted: str | Callable[[Request], bool], *replies: Reply) -> None:
        """Answer requests for a path or target, or those that ``wanted`` picks, in this order; the last one repeats."""
        picks = (lambda request: wanted in {request.path, request.target}) if isinstance(wanted, str) else wanted
        with self._lock:
            self._scripts.insert(0, (picks, list(replies)))

    def reply_to(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            replies = next((replies for picks, replies in self._scripts if picks(request)), [self.otherwise])
            reply = replies.pop(0) if len(replies) > 1 else replies[0]
        return reply if isinstance(reply, Answer) else reply(request)

    def asked(self, method: str = "GET", *, ending: str = "") -> list[Request]:
        """The requests so far with this method and a path that ends so."""
        with self._lock:
            return [one for one in self.requests if one.method == method and one.path.endswith(ending)]


def not_found(_request: Request) -> Answer:
    return Answer(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")


@dataclass
class Server:
    """The stand-in. ``with Server() as server`` listens on a free port of loopback."""

    _sites: dict[str, Site] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Server:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=_LISTEN_BACKLOG)
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, name="stand-in", daemon=True).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stop.set()
        self._listener.close()

    def site(self, host: str) -> Site:
        """The site of a host; it is made at its first mention."""
        with self._lock:
            return self._sites.setdefault(host, Site(host))

    def forget(self, host: str) -> None:
        """Drop a site with its scripts and its log, where thousands are made."""
        with self._lock:
            self._sites.pop(host, None)

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,), name="stand-in-peer", daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        peer.settimeout(_RECEIVE_TIMEOUT_S)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with peer, peer.makefile("rb") as stream:
                while (request := read_request(stream)) is not None:
                    answer = self.site(request.host).reply_to(request)
                    self._send(peer, answer.head, answer.head_bytes_per_s)
                    self._send(peer, answer.body, answer.body_bytes_per_s)
                    if answer.end == "reset":
                        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    if answer.end != "keep":
                        return
        except OSError:
            return  # the peer went away: its business

    def _send(self, peer: socket.socket, data: bytes, bytes_per_s: float | None) -> None:
        if bytes_per_s is None:
            peer.sendall(data)
            return
        for at in range(len(data)):
            peer.sendall(data[at : at + 1])
            if self._stop.wait(1.0 / bytes_per_s):
                raise OSError("the stand-in is closing")


def read_request(stream: IO[bytes]) -> Request | None:
    """Read one request with its body; None where the peer has closed."""
    line = stream.readline()
    if not line:
        return None
    method, target, _ = line.decode("latin-1").split(" ", 2)
    headers = []
    while (line := stream.readline()) not in {b"\r\n", b""}:
        name, _, value = line.decode("latin-1").partition(":")
        headers.append((name, value.strip()))
    request = Request(method, target, tuple(headers), b"")
    return replace(request, body=_body(stream, request))


def _body(stream: IO[bytes], request: Request) -> bytes:
    if request.header("transfer-encoding") is None:
        return stream.read(int(request.header("content-length") or 0))
    pieces = []
    while size := int(stream.readline().split(b";")[0], 16):
        pieces.append(stream.read(size))
        stream.readline()
    stream.readline()
    return b"".join(pieces)
