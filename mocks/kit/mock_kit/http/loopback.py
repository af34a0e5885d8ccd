"""Loopback names: ``acme.c4c.localhost`` reaches the tenant ``acme`` of the mock ``c4c``.

For clients that cannot set a Host header, such as a browser: the name alone says whose request it is. Names below
``localhost`` never leave the machine (RFC 6761, 6.3), and no other system knows them: they are no key of a tenant, so
neither the edge proxy nor the service's allow-list gets them.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import has_request_context, request

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

#: Where the origin of such a request stands in the WSGI environment: ``http://acme.c4c.localhost:8103``.
ORIGIN_KEY = "mock_kit.loopback_origin"
_DIGEST_DIGITS = 6
#: Of a label in a host name. Source: RFC 1035, 2.3.4.
_MOST_CHARS = 63
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)


def loopback_label(name: str) -> str:
    """The tenant's name as a label of a host name.

    Names that are no label as they stand (capitals, dots, underscores, more than 63 characters) get digits of their
    digest: ``RI`` is ``ri-9d1f6c`` or the like, so that ``RI`` and ``ri`` are two tenants here as well.
    """
    if _LABEL.fullmatch(name):
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_DIGEST_DIGITS]
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower())[: _MOST_CHARS - _DIGEST_DIGITS - 1].strip("-")
    return f"{plain}-{digest}" if plain else digest


def loopback_host(name: str, mock: str) -> str:
    """The loopback name of a tenant at the mock of this name, without port."""
    return f"{loopback_label(name)}.{_domain(mock)}"


def _domain(mock: str) -> str:
    return f"{mock.replace(' ', '-')}.localhost"


def label_in(host: str, mock: str) -> str | None:
    """The tenant's label in a Host header, port or none; None for any other host."""
    name = host.lower().partition(":")[0]
    label = name.removesuffix(f".{_domain(mock)}")
    return label if label != name and "." not in label else None


def origin_in(environ: WSGIEnvironment) -> str:
    """Scheme and authority by which the caller came, where that is a loopback name; else empty."""
    return str(environ.get(ORIGIN_KEY, ""))


def as_reached(url: str) -> str:
    """The absolute address with the origin of the running request, if that came by a loopback name; else unchanged.

    All addresses of a tenant answer at its loopback name, whatever their own host is.
    """
    origin = origin_in(request.environ) if has_request_context() else ""
    if not origin:
        return url
    parts = urlsplit(url)
    return url.replace(f"{parts.scheme}://{parts.netloc}", origin, 1)
