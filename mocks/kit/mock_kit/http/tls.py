"""A TLS listener in front of a mock: decrypts and relays to the fault proxy (or the application) on this machine.

So a mock can answer under its neighbour's real host name with certificate checks on, as containers have it. It knows no
HTTP: what the fault proxy breaks on the wire breaks here too.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import dataclass
from pathlib import Path

from mock_kit.http.loop_thread import LoopThread

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


class TlsListener(LoopThread):
    """Listens with TLS and relays to ``target_port`` on loopback."""

    def __init__(self, settings: TlsSettings, *, host: str, target_port: int) -> None:
        super().__init__("mock-tls")
        self._settings = settings
        self._host = host
        self._target_port = target_port
        self.port = settings.port

    async def serve(self) -> None:
        """Relay connections until it is cancelled. OSError or ssl.SSLError if it cannot listen."""
        context = self._settings.context()
        server = await asyncio.start_server(self._accept, self._host, self._settings.port, ssl=context)
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        async with server:
            await server.serve_forever()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.take(self._connection(reader, writer))

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
