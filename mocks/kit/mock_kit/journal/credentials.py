"""Which credentials each request carried, as keyed fingerprints: values are compared, never kept.

A journal masks secrets, so it cannot show whose secret a masked header was. This log can: it keeps an HMAC of each
value, under a random key of this process that is on no disk. Who knows a secret and the key can find it here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mock_kit.journal.masking import is_secret_header, secret_members

KEPT_USES = 20_000
_SCHEME = re.compile(r"\s*(?P<scheme>[A-Za-z][\w-]*)\s+(?P<value>\S.*)", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class CredentialUse:
    """One value of a secret place in one request.

    Attributes:
        exchange: its id in the journal.
        at: when the request came in, by the tenant's clock, ISO 8601 UTC; ``duration_ms`` until its reply ended.
        place: such as ``Authorization: Basic``, ``header x-api-key``, ``cookie NAME``, ``address``, ``body``.
        user: of Basic credentials; None otherwise.
        fingerprint: HMAC-SHA256 of the value (of Basic credentials: of the password), in hex.
    """

    exchange: int
    at: str
    duration_ms: float
    method: str
    host: str
    path: str
    status: int
    place: str
    user: str | None
    fingerprint: str


@dataclass(frozen=True)
class _Found:
    place: str
    value: str
    user: str | None = None


class CredentialLog:
    """The newest ``KEPT_USES`` of one tenant. In memory alone. Thread-safe."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._uses: deque[CredentialUse] = deque(maxlen=KEPT_USES)
        self._lock = threading.Lock()

    def fingerprint(self, value: str) -> str:
        """The HMAC of a value under this log's key."""
        return hmac.new(self._key, value.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def add(self, request: Mapping[str, Any], headers: Iterable[tuple[str, str]], url: str, body: str) -> None:
        """Keep the credentials of one request. ``request``: the members of CredentialUse that every value shares."""
        found = [*_in_headers(headers), *_in_text("address", url), *_in_text("body", body)]
        uses = [
            CredentialUse(**request, place=each.place, user=each.user, fingerprint=self.fingerprint(each.value))
            for each in dict.fromkeys(found)
        ]
        with self._lock:
            self._uses.extend(uses)

    def to_dict(self) -> dict[str, Any]:
        """Key and uses, oldest first: for the control interface on loopback, never for a file."""
        with self._lock:
            return {"key": self._key.hex(), "uses": [asdict(each) for each in self._uses]}

    def clear(self) -> None:
        """Remove every use; the key stays."""
        with self._lock:
            self._uses.clear()


def _in_headers(headers: Iterable[tuple[str, str]]) -> Iterator[_Found]:
    for name, value in headers:
        if name.lower() in {"authorization", "proxy-authorization"}:
            yield from _in_authorization(name.title(), value)
        elif name.lower() == "cookie":
            for pair in value.split(";"):
                cookie, _, kept = pair.strip().partition("=")
                yield from _value(f"cookie {cookie}", kept)
        elif is_secret_header(name):
            yield from _value(f"header {name.lower()}", value)


def _in_authorization(name: str, value: str) -> Iterator[_Found]:
    parts = _SCHEME.match(value)
    if parts is None:
        yield from _value(name, value)
        return
    place = f"{name}: {parts['scheme'].title()}"
    basic = _decoded(parts["value"]) if parts["scheme"].lower() == "basic" else None
    if basic is None:
        yield from _value(place, parts["value"])
    else:
        user, _, password = basic.partition(":")
        yield _Found(place, password, user)


def _decoded(value: str) -> str | None:
    try:
        raw = base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw.decode("utf-8", "replace")


def _in_text(place: str, text: str) -> Iterator[_Found]:
    for value in secret_members(text):
        yield from _value(place, value)


def _value(place: str, value: str) -> Iterator[_Found]:
    if value.strip():
        yield _Found(place, value.strip())
