"""The egress map: real host names reached at local ports, like curl's --resolve.

``PATTERN=http://HOST:PORT``, separated by commas; ``*`` stands for one or more characters of a host
name, dots included. The first pattern that fits wins. Host header and path stay the real ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit


class BadEgress(ValueError):
    """An entry of the map cannot be read; the message names it."""


@dataclass(frozen=True)
class EgressEntry:
    """One entry: hosts that fit ``pattern`` are reached at ``target`` (scheme://host:port)."""

    pattern: str
    target: str

    def fits(self, host: str) -> bool:
        """Whether this entry is for the host."""
        expression = "[a-z0-9.-]+".join(map(re.escape, self.pattern.lower().split("*")))
        return re.fullmatch(expression, host.lower().rstrip(".")) is not None


@dataclass(frozen=True)
class EgressTable:
    """All entries of the egress map, in their order."""

    entries: tuple[EgressEntry, ...] = ()

    def target_for(self, host: str) -> str | None:
        """The address at which the host is reached; None when no entry fits."""
        return next((entry.target for entry in self.entries if entry.fits(host)), None)


def read_egress(text: str) -> EgressTable:
    """The map from its text; an empty text gives an empty map. Raises ``BadEgress``."""
    return EgressTable(tuple(_entry(entry.strip()) for entry in text.split(",") if entry.strip()))


def _entry(text: str) -> EgressEntry:
    pattern, sign, target = text.partition("=")
    parts = urlsplit(target)
    if not sign or not re.fullmatch(r"[A-Za-z0-9.*-]+", pattern):
        raise BadEgress(f"{text!r}: expected HOST-PATTERN=http://HOST:PORT")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.query:
        raise BadEgress(f"{text!r}: the target must be http://HOST:PORT without a path")
    return EgressEntry(pattern, f"{parts.scheme}://{parts.netloc}")
