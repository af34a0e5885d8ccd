"""The carrier of outgoing requests: httpx's transport below, the egress map above.

A fresh connection for each request, no cookies, no redirects, no proxy: as a bare `requests.request`
call behaves on the wire (inferred), but for redirects, which the twin reports instead of following.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import SplitResult, urlsplit

import httpx

from orchestration_mock.model.events.outgoing import Outgoing, Reply, SendFailed, nothing
from orchestration_mock.wire.egress import EgressMap

MOST_BODY_BYTES = 256 * 1024
#: A reply that trickles must not hold a thread for ever, though each single read is in time.
MOST_REPLY_S = 120.0


def new_transport(verify: bool) -> httpx.BaseTransport:
    """A transport that keeps no connection; it trusts whom the system trusts (``SSL_CERT_FILE``: a CA of your own)."""
    return httpx.HTTPTransport(
        verify=ssl.create_default_context() if verify else False,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        trust_env=False,
    )


class Carrier:
    """Sends what the model hands over. Safe to share between threads and tenants."""

    def __init__(
        self, egress: EgressMap, *, transport_for: Callable[[bool], httpx.BaseTransport] = new_transport
    ) -> None:
        self._egress = egress
        self._transport_for = transport_for
        self._transports: dict[bool, httpx.BaseTransport] = {}

    def sender(self, allow_real_network: Callable[[], bool]) -> TenantSender:
        """The carrier as one tenant uses it."""
        return TenantSender(self, allow_real_network)

    def send(
        self, outgoing: Outgoing, sent: Callable[[], None] = nothing, *, allow_real_network: bool = False
    ) -> Reply:
        """Send one request. Raises ``SendFailed`` when no whole reply came."""
        parts = urlsplit(outgoing.url)
        target = self._target(parts, allow_real_network)
        started = time.monotonic()
        with _speaking_to(parts.hostname or "", target, started):
            request = httpx.Request(
                outgoing.method,
                target + (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
                headers=[
                    (b"Host", parts.netloc.encode("ascii")),
                    *((n.encode("ascii"), v.encode("latin-1")) for n, v in outgoing.headers.items()),
                ],
                content=outgoing.content,
                extensions={"timeout": httpx.Timeout(outgoing.timeout_s).as_dict(), "trace": _trace(sent)},
            )
            response = self._transport(outgoing.verify).handle_request(request)
            try:
                body = _read_body(response, started)
            finally:
                response.close()
        duration_s = time.monotonic() - started
        return Reply(status=response.status_code, headers=dict(response.headers), body=body, duration_s=duration_s)

    def _target(self, parts: SplitResult, allow_real_network: bool) -> str:
        host = parts.hostname or ""
        target = self._egress.target_for(host)
        if target is not None:
            return target
        if parts.scheme == "https" and allow_real_network:
            return f"https://{parts.netloc}"
        raise SendFailed(
            f"no egress for host {host}; this offline twin never leaves the machine. "
            f"Start it with --egress '{host}=http://HOST:PORT', or with --allow-real-network"
        )

    def _transport(self, verify: bool) -> httpx.BaseTransport:
        if verify not in self._transports:
            self._transports[verify] = self._transport_for(verify)
        return self._transports[verify]


class TenantSender:
    """The model's ``Sender``: a carrier with one tenant's leave to use the real network, or without."""

    def __init__(self, carrier: Carrier, allow_real_network: Callable[[], bool]) -> None:
        self._carrier = carrier
        self._allow_real_network = allow_real_network

    def send(self, outgoing: Outgoing, sent: Callable[[], None] = nothing) -> Reply:
        """Send one request. Raises ``SendFailed``."""
        return self._carrier.send(outgoing, sent, allow_real_network=self._allow_real_network())


def _trace(sent: Callable[[], None]) -> Callable[[str, object], None]:
    """Listens to the transport below; ``sent`` is told when the request's last byte has been written."""

    def trace(what: str, _details: object) -> None:
        if what.endswith("send_request_body.complete"):
            sent()

    return trace


@contextmanager
def _speaking_to(host: str, target: str, started: float) -> Iterator[None]:
    """Turn httpx's errors into ours."""
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as exc:
        what = str(exc) or "no reply in time"
        raise SendFailed(
            f"{type(exc).__name__} while speaking to {host} at {target}: {what}",
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
