"""The one way out: names are checked, then mapped, then resolved, and every resolved address is checked too.

Why URLs are hostile: the request's body is written by an administrator of another system. Anything that could make the
service call itself or an inner network is refused here, at connect time, so that a name that resolves differently the
second time (DNS rebinding) has no effect.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpcore
import httpx

from attachment_transfer.clients.outbound.time_limits import LimitedStream, TooSlow, TooSlowToTake
from attachment_transfer.core.addresses import meant, obstacle, parse_address
from attachment_transfer.core.errors import DestinationRefused, NeighbourUnavailable, UnexpectedAnswer
from attachment_transfer.core.hosts import EgressRules, HostPattern, covered

_AUTHORITY_REMEDY = "If its authority is your own, let SSL_CERT_FILE name a PEM file with it and restart the service."
_SLOW_REMEDY = (
    "Check the neighbour and the line to it. If it is slow on purpose, raise ATTACHMENT_TRANSFER_SLOW_GRACE_S or lower "
    "ATTACHMENT_TRANSFER_LEAST_RATE_BYTES_PER_S (files), or raise ATTACHMENT_TRANSFER_DOCUMENT_TIMEOUT_S (documents)."
)
#: X509_V_ERR_…: self-signed, self-signed in the chain, no local issuer, first one not verified.
_NO_AUTHORITY = {18, 19, 20, 21}

Resolve = Callable[[str, int], list[str]]


@dataclass(frozen=True, kw_only=True)
class OutboundPolicy:
    """Where the service may go.

    Attributes:
        allowed: host patterns of CMI, C4C and the token issuer.
        more_allowed: those of the allow-list file, read at each call: it may change meanwhile.
        egress: like curl's ``--resolve``, by pattern.
        private: host pattern to the networks it may resolve to although they are not public.
    """

    allowed: tuple[HostPattern, ...]
    more_allowed: Callable[[], tuple[HostPattern, ...]] = tuple
    egress: EgressRules = field(default_factory=EgressRules)
    private: tuple[tuple[HostPattern, ipaddress.IPv4Network | ipaddress.IPv6Network], ...] = ()

    def judge(self, url: httpx.URL) -> None:
        """Raise :class:`DestinationRefused` unless ``url`` may be called. Checks the name, before any mapping."""
        if url.scheme != "https":
            raise DestinationRefused(f"{url.host}: only https is allowed", remedy="Write an https:// address.")
        if url.userinfo:
            raise DestinationRefused(f"{url.host}: credentials in a URL are refused")
        if not covered(url.host, self.allowed) and not covered(url.host, self.more_allowed()):
            raise DestinationRefused(f"{url.host} is not an allowed host")
        if url.port is not None and not 0 < url.port < 65_536:
            raise DestinationRefused(f"{url.host}: {url.port} is no port")

    def judge_address(self, host: str, address: str) -> None:
        """Raise :class:`DestinationRefused` unless ``address`` is public, or a listed private network of ``host``."""
        ip = parse_address(address)
        block = obstacle(ip)
        if block is None:
            return
        if block.never:
            raise DestinationRefused(f"{host} resolves to {ip}, which is not a public address ({block.why})")
        if any(pattern.covers(host) and meant(ip) in network for pattern, network in self.private):
            return
        raise DestinationRefused(
            f"{host} resolves to {ip}, which is not a public address ({block.why})",
            remedy="If that network is yours, list it in ATTACHMENT_TRANSFER_PRIVATE_NETWORKS.",
        )


@cache
def _tls_context() -> ssl.SSLContext:
    """One for the process: loading the authorities costs 35 ms."""
    return ssl.create_default_context()


def resolve_by_system(host: str, port: int) -> list[str]:
    """All addresses of ``host``, in the system's order."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class GuardedBackend(httpcore.SyncBackend):
    """Connects to an address that was checked, never to a name."""

    def __init__(self, policy: OutboundPolicy, resolve: Resolve = resolve_by_system) -> None:
        self._policy = policy
        self._resolve = resolve
        self._mapped = {(rule.host, rule.port) for rule in policy.egress.rules}

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolve, check every address, connect to the first that answers; each has the whole ``timeout``."""
        try:
            addresses = self._resolve(host, port)
        except (OSError, UnicodeError) as exc:  # UnicodeError: a label that is empty, or longer than 63 characters
            raise httpcore.ConnectError(f"{host} does not resolve") from exc
        if (host, port) not in self._mapped:
            for address in addresses:
                self._policy.judge_address(host, address)
        for address in addresses[:-1]:
            try:
                return self._connected(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._connected(addresses[-1], port, timeout, local_address, socket_options)

    def _connected(self, *arguments: Any) -> httpcore.NetworkStream:
        return LimitedStream(super().connect_tcp(*arguments))


class OutboundTransport(httpx.HTTPTransport):
    """httpx's transport with the policy in front and the guarded backend below.

    The pool's network backend is a public argument of httpcore that httpx does not pass on; a test guards this.
    """

    def __init__(
        self, policy: OutboundPolicy, *, resolve: Resolve = resolve_by_system, max_connections: int = 16
    ) -> None:
        context = _tls_context()
        super().__init__(verify=context, trust_env=False, retries=0)
        self._policy = policy
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            max_connections=max_connections,
            max_keepalive_connections=max_connections,
            keepalive_expiry=60.0,
            network_backend=GuardedBackend(policy, resolve),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Check, map, send. The URL's path and the Host header stay the real ones."""
        self._policy.judge(request.url)
        rule = self._policy.egress.target_for(request.url.host)
        if rule is None:
            return super().handle_request(request)
        mapped = httpx.Request(
            request.method,
            request.url.copy_with(scheme=rule.scheme, host=rule.host, port=rule.port),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": request.url.host},
        )
        return super().handle_request(mapped)


def unavailable(neighbour: str, exc: Exception) -> NeighbourUnavailable:
    """The cause, without repeating an address: a certificate, a name, an error of the system."""
    cause: BaseException | None = exc
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            sentence = f"{neighbour}: its certificate is not accepted: {cause.verify_message}"
            return NeighbourUnavailable(
                sentence, remedy=_AUTHORITY_REMEDY if cause.verify_code in _NO_AUTHORITY else None
            )
        if isinstance(cause, socket.gaierror):
            return NeighbourUnavailable(f"{neighbour}: {type(exc).__name__}, its name does not resolve")
        if isinstance(cause, TooSlow | TooSlowToTake):
            return NeighbourUnavailable(f"{neighbour}: {cause}", remedy=_SLOW_REMEDY)
        if isinstance(cause, OSError) and cause.errno and not isinstance(cause, ssl.SSLError):
            return NeighbourUnavailable(f"{neighbour}: {type(exc).__name__}, {os.strerror(cause.errno).lower()}")
        cause = cause.__cause__ or cause.__context__
    broke_off = ", the answer broke off or is no HTTP" if isinstance(exc, httpx.RemoteProtocolError) else ""
    return NeighbourUnavailable(f"{neighbour}: {type(exc).__name__}{broke_off}")


@contextmanager
def speaking_to(neighbour: str) -> Iterator[None]:
    """Turn httpx's errors into ours; the core never sees httpx, and no message contains a URL or a header."""
    try:
        yield
    except (httpx.RequestError, httpx.StreamError) as exc:
        raise unavailable(neighbour, exc) from exc
    except httpx.InvalidURL as exc:
        raise UnexpectedAnswer(f"{neighbour}: an address that cannot be used") from exc
