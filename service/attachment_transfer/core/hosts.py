"""Host patterns and the egress map: names are checked before they are mapped.

A pattern is a host name in which ``*`` matches one or more characters, dots included, so ``*.crm.cloud.sap`` covers one
or more labels.

A pattern is *too wide* if the labels behind its last ``*`` are fewer than a registrable domain has: ``*.com``, ``*a*``,
``*.co.uk``. Then anyone can register a name that it covers. A name without ``*`` is never too wide. Which endings are
public is a long list that changes (publicsuffix.org); the short one here has the country endings of two labels under
which companies register, and leaves out hosting providers: Sinch's own CMI addresses are under one of them.
"""

from __future__ import annotations

import ipaddress
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


class BadHost(ValueError):
    """An address with an invalid host or port; the message says what is wrong."""


#: RFC 1123, 2.1: letters, digits and inner hyphens. Underscores are for names of records, not of hosts.
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", re.IGNORECASE)
_LONGEST_LABEL, _LONGEST_HOST = 63, 253


def host_of(url: str) -> str:
    """The host of an https address, in lower case, without its final dot. Raises :class:`BadHost`.

    A name outside ASCII is refused: ``xn--…`` names one host, letters that look alike name several.
    """
    authority = url.partition("://")[2].partition("/")[0]
    bracketed = re.fullmatch(r"\[(.*)\](?::(.*))?", authority)
    host, port = bracketed.groups() if bracketed else authority.rpartition(":")[::2]
    if not bracketed and ":" not in authority:
        host, port = authority, None
    if port and not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65_536 and len(port) < 6):
        raise BadHost(f"{port[:20]!r} is no port: 1 to 65535")
    host = host.lower()
    if bracketed:
        _check_address(ipaddress.IPv6Address, host)
        return host
    host = host.removesuffix(".")
    _check_name(host)
    return host


def _check_name(host: str) -> None:
    if not host.isascii():
        raise BadHost("the host has letters outside ASCII: write it as its registry does, with xn--")
    if len(host) > _LONGEST_HOST:
        raise BadHost(f"the host is longer than {_LONGEST_HOST} characters")
    labels = host.split(".")
    for label in labels:
        if not label:
            raise BadHost("the host has an empty part: nothing before, after or between dots")
        if len(label) > _LONGEST_LABEL:
            raise BadHost(f"a part of the host is longer than {_LONGEST_LABEL} characters")
        if not _LABEL.fullmatch(label):
            raise BadHost(f"{label!r} is no part of a host name: letters, digits, and hyphens between them")
    # Every resolver reads a last part of digits as an address; some read 0x7f.1 or 2130706433 as 127.0.0.1.
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", labels[-1]):
        _check_address(ipaddress.IPv4Address, host)


def _check_address(kind: type[ipaddress.IPv4Address] | type[ipaddress.IPv6Address], host: str) -> None:
    try:
        address = kind(host)
    except ValueError as exc:
        raise BadHost(f"{host[:_LONGEST_LABEL]!r} is neither a host name nor an address") from exc
    if getattr(address, "scope_id", None):
        raise BadHost("the address has a zone (%): it is valid on its own machine only")


def canonical_url(url: str) -> str:
    """One spelling of an https address: host in lower case, no default port, no final dot, no final slash.

    Two spellings would be two transfers of one chat. An address that cannot be read is returned as it is.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    host = (parts.hostname or "").removesuffix(".")
    if not host or host.endswith("."):
        return url
    shown = f"[{host}]" if "[" in parts.netloc else host
    netloc = shown if port in {None, 443} else f"{shown}:{port}"
    return urlunsplit((parts.scheme, netloc, parts.path.rstrip("/"), "", ""))


@dataclass(frozen=True)
class CatchAll:
    """The pattern ``*`` of an egress map, which covers every name. No allow-list has it: the name is judged first."""

    text: str = "*"

    def covers(self, host: str) -> bool:
        """True."""
        return bool(host)


@dataclass(frozen=True)
class EgressRule:
    """``pattern=target``: connections for hosts under the pattern go to ``target`` (scheme, host, port)."""

    pattern: HostPattern | CatchAll
    scheme: str
    host: str
    port: int


@dataclass(frozen=True)
class EgressRules:
    """Like curl's ``--resolve``, by pattern: the URL, path and Host header stay the real ones."""

    rules: tuple[EgressRule, ...] = ()

    def target_for(self, host: str) -> EgressRule | None:
        """The first rule that covers ``host``, if any."""
        return next((rule for rule in self.rules if rule.pattern.covers(host)), None)


_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def parse_egress_map(text: str, *, lab_mode: bool) -> EgressRules:
    """Read ``*.crm.cloud.sap=http://127.0.0.1:8103,…``.

    Plain http is refused unless the target is loopback and the lab mode is on: passwords must not travel in clear.
    One entry ``*=http://127.0.0.1:PORT`` may take, in the lab, every name that no other entry covers.
    """
    rules = []
    for part in (piece.strip() for piece in text.split(",")):
        if part:
            rules.append(_parse_rule(part, lab_mode=lab_mode))
    catch_all = [rule for rule in rules if isinstance(rule.pattern, CatchAll)]
    if len(catch_all) > 1:
        raise BadHostPattern("there are two egress entries for '*': write one, or name the hosts")
    return EgressRules((*(rule for rule in rules if rule not in catch_all), *catch_all))


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
    return EgressRule(_egress_pattern(pattern.strip(), url.scheme, lab_mode=lab_mode), url.scheme, url.hostname, port)


def _egress_pattern(pattern: str, scheme: str, *, lab_mode: bool) -> HostPattern | CatchAll:
    if pattern != "*":
        return HostPattern(pattern)
    if scheme != "http" or not lab_mode:
        raise BadHostPattern(
            "the egress entry '*' maps every host: it is allowed only in lab mode (ATTACHMENT_TRANSFER_LAB_MODE=1) and "
            "only to http://127.0.0.1:PORT. Name the hosts instead, such as *.crm.cloud.sap=https://proxy.example"
        )
    return CatchAll()


#: Second labels under which a country registers companies: ``co.uk``, ``com.au``.
_SECOND_LABELS = frozenset(
    {"ac", "co", "com", "edu", "gob", "gouv", "gov", "gv", "ltd", "me", "mil", "ne", "net", "or", "org", "plc"}
)
_COUNTRY_LABEL_LENGTH = 2
#: A private network that is wider than all of ``10.0.0.0/8`` or ``fc00::/7``.
_WIDEST_PREFIX = {4: 8, 6: 7}


def host_is_too_wide(pattern: str) -> bool:
    """True if ``pattern``, a host name with ``*``, has no fixed registrable domain at its end."""
    if "*" not in pattern:
        return False
    tail = pattern.lower().rstrip(".").rpartition("*")[2]
    labels = tail.split(".")[1:]  # the part before the first dot is the rest of a label that others choose
    if len(labels) == 2 and len(labels[1]) == _COUNTRY_LABEL_LENGTH and labels[0] in _SECOND_LABELS:
        return True
    return len(labels) < 2 or "" in labels


def issuer_is_too_wide(pattern: str) -> bool:
    """The same of a token issuer's pattern, ``https://HOST/PATH``; without a scheme it fits no issuer that is one."""
    scheme, separator, rest = pattern.partition("://")
    if not separator:
        return "*" in pattern
    host = rest.partition("/")[0].partition(":")[0]
    return "*" in scheme or host_is_too_wide(host)


def network_is_too_wide(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    """True if more than one whole private range is let in."""
    return network.prefixlen < _WIDEST_PREFIX[network.version]
