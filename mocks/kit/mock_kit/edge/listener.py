"""The edge port: what a connection begins with decides what it is.

A first byte of 0x16 is a TLS handshake; anything else is HTTP/1.1. ``CONNECT`` to a registered host and port is
answered 200, and what follows in the tunnel is read by the same rule. Requests are routed one by one:

    origin form     GET /path         host and port of the Host header, port 443 where it names none
    absolute form   GET http://h/path host and port of the target, its scheme's port where it names none
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from http import HTTPStatus
from urllib.parse import urlsplit

from mock_kit.edge.addresses import DEFAULT_PORT, BadAddress, plain_path, split_authority
from mock_kit.edge.authority import Authority
from mock_kit.edge.framing import BadMessage, RequestFraming, read_head
from mock_kit.edge.refused import RefusedRequests
from mock_kit.edge.registry import Registry
from mock_kit.edge.relay import Relay
from mock_kit.edge.streams import ReadAhead, TlsStream
from mock_kit.faults.wire_faults import ConnectionEnd
from mock_kit.http.problem import FieldError, Problem
from mock_kit.http.wire import WireConnection, WireError

_BACKLOG = 1024
_ACCEPT_AGAIN_S = 0.05
_HANDSHAKE = b"\x16"
_CONNECTED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_SCHEME_PORTS = {"http": 80, "https": DEFAULT_PORT}
_REMEDY = (
    "Register it by PUT /_mock/edge/routes/OWNER, or correct the address. "
    "An http:// address without a port means port 80."
)


class EdgeListener:
    """Listens on the edge port. Runs in a thread of its own."""

    def __init__(
        self, registry: Registry, authority: Authority, refused: RefusedRequests, *, host: str, port: int
    ) -> None:
        """Listens on ``host``:``port`` once started (port 0: a free one, see ``port``)."""
        self._registry = registry
        self._authority = authority
        self._refused = refused
        self._address = (host, port)
        self._listener: socket.socket | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main: asyncio.Task[None] | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mock-edge", daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._address[1]

    def start(self) -> None:
        """Listen; returns when connections are taken. OSError if the port is not to be had."""
        family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
        self._listener = socket.create_server(self._address, family=family, backlog=_BACKLOG)
        self._listener.setblocking(False)
        self._address = self._listener.getsockname()[:2]
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """Close the port and every connection. May be called from any thread, and twice."""
        if self._loop is not None and self._main is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._main.cancel)
            self._thread.join(timeout=2)

    def _run(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(self._serve())

    async def _serve(self) -> None:
        assert self._listener is not None
        self._loop, self._main = asyncio.get_running_loop(), asyncio.current_task()
        self._ready.set()
        connections: set[asyncio.Task[None]] = set()
        try:
            while True:
                try:
                    sock, _ = await self._loop.sock_accept(self._listener)
                except OSError:  # out of file descriptors, or the client has closed already
                    await asyncio.sleep(_ACCEPT_AGAIN_S)
                    continue
                task = asyncio.create_task(self._connection(WireConnection(sock)))
                connections.add(task)
                task.add_done_callback(connections.discard)
        finally:
            self._listener.close()

    async def _connection(self, wire: WireConnection) -> None:
        layers = [ReadAhead(wire)]
        end: ConnectionEnd | None = None  # none: this process ends
        try:
            end = await self._layered(layers, wire.local_host)
        except (OSError, WireError):
            end = ConnectionEnd.CLOSE
        finally:
            for layer in reversed(layers):
                await layer.stop()
            if end is ConnectionEnd.RESET:
                await wire.emptied()  # what came before the reset arrives before it, too
                wire.reset()
            elif end is not None:
                await wire.close()
            wire.drop()

    async def _layered(self, layers: list[ReadAhead], local_host: str) -> ConnectionEnd:
        """Adds to ``layers`` each one that the client begins; returns how the connection ends."""
        fallback, default_port = local_host, DEFAULT_PORT
        while True:
            client = layers[-1]
            first = await client.receive()
            client.put_back(first)
            if first.startswith(_HANDSHAKE):
                tls = TlsStream(client, self._authority.context(fallback))
                await tls.handshake()
                layers.append(ReadAhead(tls))
                continue
            end = await _ClientConnection(self._registry, self._refused, client, default_port).run()
            if isinstance(end, ConnectionEnd):
                if end is not ConnectionEnd.RESET:
                    await client.close()
                return end
            fallback, default_port = end


class _ClientConnection:
    """A client's requests, one after the other, on one layer of its connection."""

    def __init__(self, registry: Registry, refused: RefusedRequests, client: ReadAhead, default_port: int) -> None:
        self._registry = registry
        self._refused = refused
        self._client = client
        self._default_port = default_port

    async def run(self) -> ConnectionEnd | tuple[str, int]:
        """Until the connection ends, or until a tunnel begins (its host and port)."""
        end = ConnectionEnd.KEEP_OPEN
        while end is ConnectionEnd.KEEP_OPEN:
            try:
                head = await read_head(self._client)
                if head is None:
                    return ConnectionEnd.CLOSE
                request = RequestFraming(head)
                if request.head.method == "CONNECT":
                    return await self._tunnel(request)
                end = await self._exchange(request)
            except BadMessage as exc:
                await self._answer(Problem(exc.status, "Not passed on", str(exc)))
                end = ConnectionEnd.CLOSE
        return end

    async def _tunnel(self, request: RequestFraming) -> ConnectionEnd | tuple[str, int]:
        try:
            host, port = split_authority(request.head.target)
        except BadAddress as exc:
            raise BadMessage(f"CONNECT {request.head.target[:200]}: expected {exc}.") from exc
        if not self._registry.has_origin(host, port):
            await self._refuse(request, host, port, "")
            return ConnectionEnd.CLOSE
        await self._client.send(_CONNECTED)
        return host, port

    async def _exchange(self, request: RequestFraming) -> ConnectionEnd:
        head = request.head
        host, port, target = self._destination(request)
        path = target.partition("?")[0]
        found = self._registry.target_of(host, port, plain_path("/" if path == "*" else path))
        if found is None:
            await self._refuse(request, host, port, path)
            return ConnectionEnd.CLOSE
        raw = head.raw if target == head.target else head.with_target(target)
        return await Relay(self._client, request, found).run(raw)

    def _destination(self, request: RequestFraming) -> tuple[str, int, str]:
        """Host, port and target in origin form. Raises BadMessage."""
        head = request.head
        try:
            host, port = split_authority(head.host, self._default_port) if head.host else ("", 0)
        except BadAddress as exc:
            raise BadMessage(f"Host: {head.host[:200]}: expected {exc}.") from exc
        if head.target.startswith("/") or head.target == "*":
            if not host:
                raise BadMessage("There is no Host header, so the request belongs to no address.")
            return host, port, head.target
        return self._absolute(head.target, host)

    def _absolute(self, target: str, host_header: str) -> tuple[str, int, str]:
        try:
            parts = urlsplit(target)
        except ValueError as exc:
            raise BadMessage(f"The request target {target[:200]} is no address.") from exc
        default_port = _SCHEME_PORTS.get(parts.scheme)
        if default_port is None or "@" in parts.netloc:
            raise BadMessage("The request target is neither a path nor an http(s):// address without credentials.")
        try:
            host, port = split_authority(parts.netloc, default_port)
        except BadAddress as exc:
            raise BadMessage(f"The request target {target[:200]}: expected {exc}.") from exc
        if host_header not in {"", host}:
            raise BadMessage(f"The request target names {host}, the Host header {host_header}.")
        rest = target.partition("://")[2][len(parts.netloc) :]
        return host, port, rest if rest.startswith("/") else f"/{rest}"

    async def _refuse(self, request: RequestFraming, host: str, port: int, path: str) -> None:
        """421, and recorded; never passed on to anything."""
        head = request.head
        self._refused.add(host=host, port=port, path=path, method=head.method, head=head.raw)
        detail = f"no tenant of this stack has this address: host {host}, port {port}, path {path or 'any'}"
        error = FieldError("address", "a registered host, port and path", _REMEDY, f"{host}:{port}{path}")
        await self._answer(Problem(421, "No such address", detail, [error]))

    async def _answer(self, problem: Problem) -> None:
        """An answer of the edge's own, after which the caller closes the connection: the body is not read."""
        headers = [*problem.header_list(), ("Connection", "close")]
        status = f"{problem.status} {HTTPStatus(problem.status).phrase}"
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]
        await self._client.send("\r\n".join([*lines, "", ""]).encode("latin-1") + problem.body())
