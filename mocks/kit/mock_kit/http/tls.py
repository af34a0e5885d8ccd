"""A TLS listener in front of a mock: decrypts and relays to the fault proxy (or the application) on this machine.

So a mock can answer under its neighbour's real host name with certificate checks on, as containers have it. It knows no
HTTP: what the fault proxy breaks on the wire breaks here too.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path

_PIECE_BYTES = 64 * 1024
#: How long one side may go on sending once the other has ended, in seconds.
_LINGER_S = 30.0


@dataclass(frozen=True, kw_only=True)
class TlsSettings:
    """Where it listens, and its certificate.

    Attributes:
        certificate: PEM with the certificate chain and its key.
    """

    port: int
    certificate: Path

    def context(self) -> ssl.SSLContext:
        """TLS 1.2 or newer. Raises OSError or ssl.SSLError for a certificate that cannot be used."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.certificate)
        return context


class TlsListener:
    """Listens with TLS and relays to ``target_port`` on loopback. Runs in a thread of its own."""

    def __init__(self, settings: TlsSettings, *, host: str, target_port: int) -> None:
        self._settings = settings
        self._host = host
        self._target_port = target_port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main: asyncio.Task[None] | None = None
        #: asyncio drops its own reference to a connection's task when the client closes; the task would be collected.
        self._connections: set[asyncio.Task[None]] = set()
        self._ready = threading.Event()
        self._failed: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="mock-tls", daemon=True)
        self.port = settings.port

    @property
    def open_connections(self) -> int:
        """How many connections have not ended."""
        return len(self._connections)

    def start(self) -> None:
        """Returns once connections are taken. OSError or ssl.SSLError if that cannot be."""
        self._thread.start()
        self._ready.wait()
        if self._failed is not None:
            raise self._failed

    def stop(self) -> None:
        """Close the port and every connection. May be called from any thread, and twice."""
        if self._loop is not None and self._main is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._main.cancel)
            self._thread.join(timeout=2)

    def _run(self) -> None:
        try:
            with contextlib.suppress(asyncio.CancelledError):
                asyncio.run(self._serve())
        except (OSError, ssl.SSLError) as exc:
            self._failed = exc
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._main = asyncio.get_running_loop(), asyncio.current_task()
        context = self._settings.context()
        server = await asyncio.start_server(self._accept, self._host, self._settings.port, ssl=context)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        async with server:
            await server.serve_forever()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._connection(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        except OSError:
            writer.transport.abort()
            return
        to_mock = asyncio.create_task(_pump(reader, inner_writer))
        to_client = asyncio.create_task(_pump(inner_reader, writer))
        whole = False
        try:
            await asyncio.wait({to_mock, to_client}, return_when=asyncio.FIRST_COMPLETED)
            if not to_client.done():
                # The client has ended its side, and the mock sees that; the mock ends the connection.
                with contextlib.suppress(OSError):
                    inner_writer.write_eof()
                await asyncio.wait({to_client}, timeout=_LINGER_S)
            whole = to_client.done() and to_client.result()
        finally:
            to_mock.cancel()
            to_client.cancel()
            await asyncio.wait({to_mock, to_client}, timeout=_LINGER_S)
            inner_writer.transport.abort()
        await _close(writer, in_order=whole)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Pass bytes on until the end; False if either side broke the connection instead of ending it."""
    try:
        while piece := await reader.read(_PIECE_BYTES):
            writer.write(piece)
            await writer.drain()
    except (OSError, ssl.SSLError):
        return False
    return True


async def _close(writer: asyncio.StreamWriter, *, in_order: bool) -> None:
    """Close with TLS's close_notify, or abort as the other side did."""
    if not in_order:
        writer.transport.abort()
        return
    writer.close()
    with contextlib.suppress(OSError, ssl.SSLError, TimeoutError):
        await asyncio.wait_for(writer.wait_closed(), _LINGER_S)
