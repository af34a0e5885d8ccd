"""Sends the event engine's requests: the egress map, then httpx's transport.

A fresh connection for each request, no cookies, no redirects, no proxy: as a bare `requests.request`
call behaves on the wire (inferred), except that redirects are reported and not followed.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import SplitResult, urlsplit

import httpx

from orchestration_mock.model.events.outgoing import HttpReply, OutgoingRequest, SendFailed, do_nothing
from orchestration_mock.wire.egress import EgressTable

MOST_BODY_BYTES = 256 * 1024
#: A slow reply must not occupy a thread without end, though each single read is in time.
MOST_REPLY_S = 120.0


def new_transport(verify: bool) -> httpx.BaseTransport:
    """A transport that keeps no connection; it trusts the system's CAs (``SSL_CERT_FILE``: a CA of your own)."""
    return httpx.HTTPTransport(
        verify=ssl.create_default_context() if verify else False,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        trust_env=False,
    )


class HttpSender:
    """The model's ``RequestSender``. Safe to share between threads and tenants.

    Without ``allow_real_network`` only hosts of the egress map are called.
    """

    def __init__(
        self,
        egress: EgressTable,
        *,
        transport_for: Callable[[bool], httpx.BaseTransport] = new_transport,
        allow_real_network: bool = False,
    ) -> None:
        self._egress = egress
        self._transport_for = transport_for
        self._allow_real_network = allow_real_network
        self._transports: dict[bool, httpx.BaseTransport] = {}

    def send(self, outgoing: OutgoingRequest, on_sent: Callable[[], None] = do_nothing) -> HttpReply:
        """Send one request. Raises ``SendFailed`` when no whole reply came."""
        parts = urlsplit(outgoing.url)
        target = self._target(parts)
        started = time.monotonic()
        with _http_errors(parts.hostname or "", target, started):
            request = _httpx_request(outgoing, parts, target, on_sent)
            response = self._transport(outgoing.verify).handle_request(request)
            try:
                body = _read_body(response, started)
            finally:
                response.close()
        duration_s = time.monotonic() - started
        headers = dict(response.headers)
        return HttpReply(status=response.status_code, headers=headers, body=body, duration_s=duration_s)

    def _target(self, parts: SplitResult) -> str:
        host = parts.hostname or ""
        target = self._egress.target_for(host)
        if target is not None:
            return target
        if parts.scheme == "https" and self._allow_real_network:
            return f"https://{parts.netloc}"
        raise SendFailed(
            f"no egress for host {host}; this offline mock does not leave the machine. "
            f"Start it with --egress '{host}=http://HOST:PORT', or with --allow-real-network"
        )

    def _transport(self, verify: bool) -> httpx.BaseTransport:
        if verify not in self._transports:
            self._transports[verify] = self._transport_for(verify)
        return self._transports[verify]


def _httpx_request(
    outgoing: OutgoingRequest, parts: SplitResult, target: str, on_sent: Callable[[], None]
) -> httpx.Request:
    return httpx.Request(
        outgoing.method,
        target + (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        headers=[
            (b"Host", parts.netloc.encode("ascii")),
            *((n.encode("ascii"), v.encode("latin-1")) for n, v in outgoing.headers.items()),
        ],
        content=outgoing.content,
        extensions={"timeout": httpx.Timeout(outgoing.timeout_s).as_dict(), "trace": _trace(on_sent)},
    )


def _trace(on_sent: Callable[[], None]) -> Callable[[str, object], None]:
    """A trace function for httpcore; ``on_sent`` is called when the request's last byte is written."""

    def trace(what: str, _details: object) -> None:
        if what.endswith("send_request_body.complete"):
            on_sent()

    return trace


@contextmanager
def _http_errors(host: str, target: str, started: float) -> Iterator[None]:
    """Raise ``SendFailed`` for httpx's errors."""
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as exc:
        reason = str(exc) or "no reply in time"
        raise SendFailed(
            f"{type(exc).__name__} while speaking to {host} at {target}: {reason}",
            duration_s=time.monotonic() - started,
        ) from exc


def _read_body(response: httpx.Response, started: float) -> bytes:
    body = b""
    for piece in response.iter_bytes():
        body += piece
        if len(body) >= MOST_BODY_BYTES:
            return body[:MOST_BODY_BYTES]
        if time.monotonic() - started > MOST_REPLY_S:
            raise httpx.ReadTimeout(f"the reply was not over after {MOST_REPLY_S:.0f} s")
    return body
