"""Host patterns and the egress map: names are judged before they are mapped.

A pattern is a host name in which ``*`` stands for one or more characters, dots included, so ``*.crm.cloud.sap``
covers one or more labels, like the egress map that design asks for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit


class BadHostPattern(ValueError):
    """A pattern or an egress entry that cannot be read."""


@dataclass(frozen=True)
class HostPattern:
    """One allow-list entry."""

    text: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9*.\-]+", self.text) or self.text.strip("*.") == "":
            raise BadHostPattern(f"{self.text!r} is no host pattern: letters, digits, '-', '.' and '*', not '*' alone")

    def covers(self, host: str) -> bool:
        """True if the whole of ``host`` (any case) fits the pattern."""
        regex = ".+".join(re.escape(part) for part in self.text.lower().split("*"))
        return re.fullmatch(regex, host.lower().rstrip(".")) is not None


def parse_patterns(text: str) -> tuple[HostPattern, ...]:
    """Read a comma-separated list of host patterns."""
    return tuple(HostPattern(part.strip()) for part in text.split(",") if part.strip())


def covered(host: str, patterns: tuple[HostPattern, ...]) -> bool:
    """True if any pattern covers ``host``."""
    return any(pattern.covers(host) for pattern in patterns)


def canonical_url(url: str) -> str:
    """One spelling of an https address: host in lower case, no default port, no final dot, no final slash.

    Two spellings would be two transfers of one chat. An address that cannot be read is returned as it is.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    host = (parts.hostname or "").rstrip(".")
    if not host:
        return url
    shown = f"[{host}]" if ":" in host else host
    netloc = shown if port in {None, 443} else f"{shown}:{port}"
    return urlunsplit((parts.scheme, netloc, parts.path.rstrip("/"), "", ""))


@dataclass(frozen=True)
class EgressRule:
    """``pattern=target``: connections for hosts under the pattern go to ``target`` (scheme, host, port)."""

    pattern: HostPattern
    scheme: str
    host: str
    port: int


@dataclass(frozen=True)
class EgressMap:
    """Like curl's ``--resolve``, by pattern: the URL, path and Host header stay the real ones."""

    rules: tuple[EgressRule, ...] = ()

    def target_for(self, host: str) -> EgressRule | None:
        """The first rule that covers ``host``, if any."""
        return next((rule for rule in self.rules if rule.pattern.covers(host)), None)


_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def parse_egress_map(text: str, *, lab_mode: bool) -> EgressMap:
    """Read ``*.crm.cloud.sap=http://127.0.0.1:8103,…``.

    Plain http is refused unless the target is loopback and the lab mode is on: passwords must not travel in clear.
    """
    rules = []
    for part in (piece.strip() for piece in text.split(",")):
        if part:
            rules.append(_parse_rule(part, lab_mode=lab_mode))
    return EgressMap(tuple(rules))


def _parse_rule(part: str, *, lab_mode: bool) -> EgressRule:
    pattern, equals, target = part.partition("=")
    if not equals:
        raise BadHostPattern(f"egress entry {part!r} has no '=': write PATTERN=http(s)://host:port")
    url = urlsplit(target.strip())
    if url.scheme not in {"http", "https"} or not url.hostname or url.path not in {"", "/"}:
        raise BadHostPattern(f"egress target {target!r}: write http(s)://host:port, without a path")
    if url.query or url.fragment or "@" in url.netloc:
        raise BadHostPattern(f"egress target for {pattern!r}: write http(s)://host:port, no user, query or fragment")
    if url.scheme == "http" and not (lab_mode and url.hostname in _LOOPBACK):
        raise BadHostPattern(
            f"egress target {target!r}: plain http is allowed only to loopback and only in lab mode "
            "(ATTACHMENT_TRANSFER_LAB_MODE=1)"
        )
    port = url.port or (443 if url.scheme == "https" else 80)
    return EgressRule(HostPattern(pattern.strip()), url.scheme, url.hostname, port)
