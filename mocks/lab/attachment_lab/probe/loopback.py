"""A rehearsal: real names, answered by mocks on this machine. For tests; never for a tenant.

``ATTACHMENT_PROBE_LOOPBACK_MAP`` has the form of the service's egress map, ``host=http://127.0.0.1:port,…``, but takes
exact host names and loopback targets only. Host header, path and TLS name stay the real ones.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from attachment_lab.errors import WrongUse
from attachment_lab.probe.target import PREFIX

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True)
class LoopbackTarget:
    """The address to which a host's connections go instead."""

    scheme: str
    host: str
    port: int


def read_loopback_map(text: str) -> dict[str, LoopbackTarget]:
    """Parse the map; an empty text gives no map. Raises WrongUse that names the entry."""
    targets = {}
    for entry in (part.strip() for part in text.split(",")):
        if entry:
            host, _, address = entry.partition("=")
            targets[host.strip().lower()] = _target(entry, address.strip())
    return targets


def _target(entry: str, address: str) -> LoopbackTarget:
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or parts.hostname not in _LOOPBACK or not parts.port:
        raise WrongUse(f"{PREFIX}LOOPBACK_MAP: {entry!r}: write HOST=http://127.0.0.1:PORT; it is for rehearsals only")
    return LoopbackTarget(parts.scheme, str(parts.hostname), parts.port)


class MappedTransport(httpx.BaseTransport):
    """Connects to the target of a mapped host; every other host is reached as usual."""

    def __init__(self, targets: Mapping[str, LoopbackTarget], verify: ssl.SSLContext) -> None:
        self._targets = targets
        self._inner = httpx.HTTPTransport(verify=verify)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Host header and TLS name are those of the requested address."""
        target = self._targets.get(request.url.host)
        if target is None:
            return self._inner.handle_request(request)
        # A request of its own: cookies belong to the requested address.
        mapped = httpx.Request(
            request.method,
            request.url.copy_with(scheme=target.scheme, host=target.host, port=target.port),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": request.url.host},
        )
        mapped.headers["Host"] = request.url.netloc.decode("ascii")
        return self._inner.handle_request(mapped)

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()
