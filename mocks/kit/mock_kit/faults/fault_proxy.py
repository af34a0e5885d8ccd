"""The fault proxy: a second port that relays to the application and breaks the wire as planned.

A WSGI application behind a proper server cannot reset, garble or cut a reply. The fault proxy can: it reads a
request's head, reads the tenant's fault plan, and otherwise passes bytes on, both ways as streams. Clients'
connections stay open between requests; towards the application each request has a connection of its own.
A connection that a fault broke is closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes, urlsplit

from flask import Request

from mock_kit.faults.plan import Fault, FaultPlan
from mock_kit.faults.wire_faults import BREAK_REPLY, BREAK_REQUEST, ConnectionEnd, WireReply, pass_on
from mock_kit.http.loop_thread import LoopThread
from mock_kit.http.wire import Head, WireConnection, WireError, reply_body, request_body
from mock_kit.journal import Journal, JournalEntry, Note
from mock_kit.journal.bodies import WireDigest

_BACKLOG = 1024
_ACCEPT_AGAIN_S = 0.05
#: A body that still flows when the reply is over gets this long before the connection is given up.
_LAST_BYTES_S = 0.05
#: Set on requests that are passed on: the proxy's own key, and the id of the wire fault that strikes.
FAULT_HEADER = "X-Mock-Fault-Proxy"
_PRIVATE = FAULT_HEADER.lower().encode()
_BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_NO_APPLICATION = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class _StruckTenant(Protocol):
    """A tenant, as far as the fault proxy is concerned."""

    faults: FaultPlan
    journal: Journal


class FaultProxy(LoopThread):
    """Relays from its own port to the application's."""

    def __init__(
        self, tenant_of: Callable[[Request], _StruckTenant | None], key: str, *, host: str, port: int, app_port: int
    ) -> None:
        """Listens on ``host``:``port`` once started (port 0: a free one, see ``port``).

        ``tenant_of`` gives the tenant whose faults may strike a request, or None; it must not read the body. ``key``
        proves to the application that ``FAULT_HEADER`` was set here.
        """
        super().__init__("mock-fault-proxy")
        self._tenant_of = tenant_of
        self._key = key
        self._address = (host, port)
        self._app = ("127.0.0.1" if host in {"", "0.0.0.0"} else host, app_port)
        self._listener: socket.socket | None = None

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
        super().start()

    async def serve(self) -> None:
        """Relay connections until it is cancelled."""
        assert self._listener is not None
        loop = asyncio.get_running_loop()
        self.ready.set()
        try:
            while True:
                try:
                    sock, _ = await loop.sock_accept(self._listener)
                except OSError:  # out of file descriptors, or the client has closed already
                    await asyncio.sleep(_ACCEPT_AGAIN_S)
                    continue
                self.take(self._connection(WireConnection(sock)))
        finally:
            self._listener.close()

    async def _connection(self, client: WireConnection) -> None:
        """One client: request after request until one side ends the connection."""
        try:
            while (end := await self._request(client)) is ConnectionEnd.KEEP_OPEN:
                pass
            if end is ConnectionEnd.RESET:
                client.reset()
            await client.close()
        except (OSError, WireError):
            await client.close()
        finally:
            client.drop()

    async def _request(self, client: WireConnection) -> ConnectionEnd:
        """One request, and how the connection goes on after it."""
        try:
            head = await client.head()
            if head is None:
                return ConnectionEnd.CLOSE
            request, body = _as_request(head), request_body(client, head)
        except WireError:
            await client.send(_BAD_REQUEST)
            return ConnectionEnd.CLOSE
        tenant = self._tenant_of(request)
        fault = tenant.faults.pick(request.method, request.host, request.path, "wire") if tenant else None
        if tenant is None or fault is None:
            return await _Relay(self, client, head, body).run()
        if fault.phase == "before":
            _file(tenant, request, fault)
            return await BREAK_REQUEST[fault.kind](client, body, fault, tenant.faults)
        return await _Relay(self, client, head, body).run(fault, tenant)

    async def to_application(self) -> WireConnection:
        """A new connection to the application."""
        return await WireConnection.connect(*self._app)

    def note_for(self, fault: Fault | None) -> list[tuple[bytes, bytes]]:
        """The header that names to the application the wire fault that will strike its reply."""
        value = f"{self._key} {fault.id}".encode() if fault else b""
        return [(FAULT_HEADER.encode(), value)] if fault else []


class _Relay:
    """One request to the application and its reply back."""

    def __init__(self, fault_proxy: FaultProxy, client: WireConnection, head: Head, body: AsyncIterator[bytes]) -> None:
        self._fault_proxy = fault_proxy
        self._client = client
        self._head = head
        self._body = body
        self._method = head.start.split(b" ")[0].decode("latin-1").upper()

    async def run(self, fault: Fault | None = None, tenant: _StruckTenant | None = None) -> ConnectionEnd:
        """Relay, and say how the client's connection goes on."""
        try:
            application = await self._fault_proxy.to_application()
        except OSError:
            await self._client.send(_NO_APPLICATION)
            return ConnectionEnd.CLOSE
        feeder = asyncio.create_task(self._feed(application, fault))
        try:
            stays, reply = await self._reply(application)
            end = ConnectionEnd.KEEP_OPEN if stays else ConnectionEnd.CLOSE
            if fault is not None and tenant is not None:
                broken = await self._broken(reply, fault, tenant)
                end = end if broken is ConnectionEnd.KEEP_OPEN else broken
            else:
                await pass_on(self._client, reply)
            await asyncio.wait({feeder}, timeout=_LAST_BYTES_S)
            return end if feeder.done() or end is ConnectionEnd.RESET else ConnectionEnd.CLOSE
        finally:
            # Awaited, because two readers of one socket would take each other's bytes.
            feeder.cancel()
            await asyncio.wait({feeder})
            application.drop()

    async def _broken(self, reply: WireReply, fault: Fault, tenant: _StruckTenant) -> ConnectionEnd:
        """The fault strikes; the journal gets the digest of what it leaves, unless that has chunks in it."""
        on_wire = WireDigest()
        self._client.on_sent = on_wire.feed
        try:
            return await BREAK_REPLY[fault.kind](self._client, reply, fault, tenant.faults)
        finally:
            self._client.on_sent = lambda _: None
            if not Head.parse(reply.head).chunked:
                tenant.journal.passed_on(fault.id, on_wire.note())

    async def _feed(self, application: WireConnection, fault: Fault | None) -> None:
        """The request's head and body. An application may close before the end."""
        own = [(b"Connection", b"close"), *self._fault_proxy.note_for(fault)]
        with contextlib.suppress(OSError):
            await application.send(self._head.replaced({b"connection", b"keep-alive", _PRIVATE}, own))
            try:
                async for piece in self._body:
                    await application.send(piece)
            except WireError:
                # The client broke off: this side does too, or the application would wait for the rest.
                application.hang_up()

    async def _reply(self, application: WireConnection) -> tuple[bool, WireReply]:
        """The final reply, interim ones passed on; and whether the client's connection may stay open."""
        while True:
            head = await application.head()
            if head is None:
                raise WireError("the application gave no reply")
            if not head.start.split(b" ")[1].startswith(b"1"):
                break
            await self._client.send(head.replaced(set(), []))
        measured = head.chunked or head.length is not None or self._method == "HEAD"
        bodyless = head.start.split(b" ")[1] in {b"204", b"304"}
        closes = self._head.has_token(b"connection", b"close") or self._head.start.endswith(b"/1.0")
        stays = (measured or bodyless) and not closes
        raw = head.replaced({b"connection", b"keep-alive"}, [] if stays else [(b"Connection", b"close")])
        return stays, WireReply(raw, reply_body(application, head, self._method))


def _as_request(head: Head) -> Request:
    """The head as the application will see it; enough to find the tenant and match a fault. No body."""
    parts = head.start.split(b" ")
    if len(parts) != 3 or not parts[2].startswith(b"HTTP/1."):
        raise WireError("no HTTP/1 request line")
    target = parts[1].decode("latin-1")
    if not target.startswith("/"):
        split = urlsplit(target)
        target = f"{split.path or '/'}?{split.query}"
    path, _, query = target.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": parts[0].decode("latin-1").upper(),
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
    }
    for name, value in head.fields:
        key = name.decode("latin-1").upper().replace("-", "_")
        environ[key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"] = value.decode("latin-1")
    return Request(environ, populate_request=False, shallow=True)


def _file(tenant: _StruckTenant, request: Request, fault: Fault) -> None:
    """A request that never reached the application is in the journal as well, with status 0."""
    message = f"{fault.id}: {fault.kind}, before the work; the request never reached the application"
    query = request.query_string.decode("latin-1")
    tenant.journal.add(
        JournalEntry(
            method=request.method,
            url=f"{request.path}?{query}" if query else request.path,
            host=request.host,
            status=0,
            at=tenant.faults.now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            request_headers=dict(request.headers.items()),
            notes=[Note("info", "fault", message)],
            fault=fault.id,
        )
    )
