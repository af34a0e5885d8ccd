"""Hosts, ports and path prefixes as they are compared: one spelling of each."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import unquote

#: A Host header without a port belongs to an https address: the callers' own URLs are https.
DEFAULT_PORT = 443
_MOST_HOST_CHARS = 253
#: RFC 1123, 2.1, and the underscore, which is in some names that are served all the same.
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_AUTHORITY = re.compile(r"(\[[^\[\]]*\]|[^\[\]:]*)(?::([0-9]{1,5}))?", re.ASCII)


class BadAddress(ValueError):
    """A host, port or path that cannot be one; the message says what is accepted."""


def plain_host(text: str) -> str:
    """The host in lower case, without a final dot or brackets. Raises BadAddress for no host name and no address."""
    host = text.lower().removesuffix(".")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if ":" in bare:
        try:
            return str(ipaddress.IPv6Address(bare))
        except ValueError:
            raise BadAddress("an IPv6 address") from None
    if bare != host or len(host) > _MOST_HOST_CHARS or not all(_LABEL.fullmatch(label) for label in host.split(".")):
        raise BadAddress("a host name (ASCII, no pattern) or an IP address")
    return host


def split_authority(text: str, default_port: int = DEFAULT_PORT) -> tuple[str, int]:
    """Host and port of ``host[:port]``, as in a Host header. Raises BadAddress."""
    found = _AUTHORITY.fullmatch(text)
    if found is None:
        raise BadAddress("host or host:port")
    port = int(found[2] or default_port)
    if not 0 < port < 65_536:
        raise BadAddress("a port from 1 to 65535")
    return plain_host(found[1]), port


def is_address(host: str) -> bool:
    """Whether ``host`` (from ``plain_host``) is an IP address rather than a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def plain_path(path: str) -> str:
    """A path without query as paths are compared: percent-decoded, as the application behind will see it."""
    return unquote(path) or "/"


def plain_prefix(prefix: str) -> str:
    """A path prefix without its final slash; empty for ``/``. Raises BadAddress."""
    if not prefix.startswith("/") or "?" in prefix or "#" in prefix:
        raise BadAddress("a path that begins with /, without query")
    return plain_path(prefix).rstrip("/")


def is_below(path: str, prefix: str) -> bool:
    """Whether ``path`` is ``prefix`` (from ``plain_prefix``) or lies below it: whole segments, not characters."""
    return path == prefix or path.startswith(f"{prefix}/")
