"""An edge proxy in this process, and targets that answer with bytes of the test's own."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mock_kit.edge.addresses import plain_host, plain_prefix
from mock_kit.edge.authority import Authority
from mock_kit.edge.listener import EdgeListener
from mock_kit.edge.refused import RefusedRequests
from mock_kit.edge.registry import EdgeRoute, Registry, Target

PATIENCE_S = 60.0


def eventually(true: Callable[[], object]) -> None:
    """Ask again and again until it is true; a socket's other end gives no signal of its own."""
    pause = threading.Event()
    for _ in range(2000):
        if true():
            return
        pause.wait(0.01)
    raise AssertionError("it never came true")


@dataclass
class Connection:
    """One connection to a target, from the target's side."""

    sock: socket.socket
    unread: bytes = b""

    def head(self) -> bytes:
        """The request's head, with its empty line."""
        while b"\r\n\r\n" not in self.unread:
            piece = self.sock.recv(65536)
            if not piece:
                return b""
            self.unread += piece
        head, _, self.unread = self.unread.partition(b"\r\n\r\n")
        return head + b"\r\n\r\n"

    def body(self, size_bytes: int) -> bytes:
        """So many bytes; fewer if the connection ends before."""
        while len(self.unread) < size_bytes and (piece := self.sock.recv(65536)):
            self.unread += piece
        found, self.unread = self.unread[:size_bytes], self.unread[size_bytes:]
        return found

    def until(self, mark: bytes) -> bytes:
        """Everything up to and with ``mark``."""
        while mark not in self.unread:
            piece = self.sock.recv(65536)
            assert piece, self.unread
            self.unread += piece
        end = self.unread.index(mark) + len(mark)
        found, self.unread = self.unread[:end], self.unread[end:]
        return found

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def reset(self) -> None:
        """Close with a TCP reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


Script = Callable[[Connection], None]


@dataclass
class ScriptedTarget:
    """A target that answers each connection by a script."""

    name: str
    script: Script
    connections: int = 0
    listening: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0), backlog=256))

    def __post_init__(self) -> None:
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def target(self) -> Target:
        return Target(name=self.name, host="127.0.0.1", port=self.listening.getsockname()[1])

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self.listening.accept()
                sock.settimeout(PATIENCE_S)
                self.connections += 1
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError), sock:
            self.script(Connection(sock))


def ok(text: str) -> bytes:
    """A reply of known length."""
    return f"HTTP/1.1 200 OK\r\nX-Order: 1\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode()


def says(text: str) -> Script:
    """Answers every request without a body with ``text`` and the request's own head."""

    def script(connection: Connection) -> None:
        while head := connection.head():
            connection.send(ok(f"{text}|{head.decode('latin-1')}"))

    return script


class Edge:
    """An edge proxy in this process."""

    def __init__(self, folder: Path) -> None:
        self.registry = Registry({})
        self.refused = RefusedRequests()
        self.authority = Authority(folder)
        self.listener = EdgeListener(self.registry, self.authority, self.refused, host="127.0.0.1", port=0)
        self._targets: list[ScriptedTarget] = []
        self._routes: list[EdgeRoute] = []

    def route(self, host: str, script: Script, *, port: int = 443, prefix: str = "/") -> ScriptedTarget:
        """A route to a new target."""
        target = ScriptedTarget(f"target{len(self._targets)}", script)
        self._targets.append(target)
        self.route_to(target.target, host, port=port, prefix=prefix)
        return target

    def route_to(self, target: Target, host: str, *, port: int = 443, prefix: str = "/") -> None:
        """A route to a target that exists."""
        self.registry.targets[target.name] = target
        self._routes.append(
            EdgeRoute(host=plain_host(host), port=port, prefix=plain_prefix(prefix), target=target.name)
        )
        self.registry.replace("test", self._routes)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.port}"

    def trust(self) -> ssl.SSLContext:
        """What a client is given: this authority alone."""
        return ssl.create_default_context(cafile=str(self.authority.file))

    def connect(self) -> socket.socket:
        """A plain connection to the edge port."""
        return socket.create_connection(("127.0.0.1", self.listener.port), timeout=PATIENCE_S)

    def connect_tls(self, host: str | None) -> ssl.SSLSocket:
        """A TLS connection; None sends no name and checks none."""
        context = self.trust()
        context.check_hostname = host is not None
        return context.wrap_socket(self.connect(), server_hostname=host)

    def close(self) -> None:
        self.listener.stop()
        for target in self._targets:
            target.listening.close()


@contextlib.contextmanager
def running_edge(folder: Path) -> Iterator[Edge]:
    """Started, and stopped at the end."""
    edge = Edge(folder)
    edge.listener.start()
    try:
        yield edge
    finally:
        edge.close()


def reply_of(client: socket.socket | Connection, *, head_only: bool = False) -> tuple[bytes, bytes]:
    """One reply of known length: head and body. Of several replies read them from one Connection: it keeps the rest."""
    connection = client if isinstance(client, Connection) else Connection(client)
    head = connection.head()
    if head_only:
        return head, connection.unread
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    return head, connection.body(length)


def ends_with_a_reset(sock: socket.socket) -> bool:
    """Read to the end, below TLS: Python's ssl reports a reset as an end of the stream."""
    with socket.socket(fileno=os.dup(sock.fileno())) as below:
        below.settimeout(PATIENCE_S)
        try:
            while below.recv(65536):
                pass
        except ConnectionResetError:
            return True
    return False
