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
    """Where a host's connections go instead."""

    scheme: str
    host: str
    port: int


def read_loopback_map(text: str) -> dict[str, LoopbackTarget]:
    """Raises WrongUse that names the entry. Empty text: no map."""
    doors = {}
    for entry in (part.strip() for part in text.split(",")):
        if entry:
            host, _, address = entry.partition("=")
            doors[host.strip().lower()] = _door(entry, address.strip())
    return doors


def _door(entry: str, address: str) -> LoopbackTarget:
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or parts.hostname not in _LOOPBACK or not parts.port:
        raise WrongUse(f"{PREFIX}LOOPBACK_MAP: {entry!r}: write HOST=http://127.0.0.1:PORT; it serves rehearsals only")
    return LoopbackTarget(parts.scheme, str(parts.hostname), parts.port)


class MappedTransport(httpx.BaseTransport):
    """Connects to the door of a mapped host; every other host is reached as usual."""

    def __init__(self, doors: Mapping[str, LoopbackTarget], verify: ssl.SSLContext) -> None:
        self._doors = doors
        self._inner = httpx.HTTPTransport(verify=verify)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Host header and TLS name are those of the address that was asked for."""
        door = self._doors.get(request.url.host)
        if door is None:
            return self._inner.handle_request(request)
        # A request of its own: cookies are kept by the address of the one that was asked for.
        mapped = httpx.Request(
            request.method,
            request.url.copy_with(scheme=door.scheme, host=door.host, port=door.port),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": request.url.host},
        )
        mapped.headers["Host"] = request.url.netloc.decode("ascii")
        return self._inner.handle_request(mapped)

    def close(self) -> None:
        """Give the connections back."""
        self._inner.close()
