"""Patterns that are wider than intended: those without a fixed registrable domain.

A pattern is *too wide* if the labels behind its last ``*`` are fewer than a registrable domain has: ``*.com``, ``*a*``,
``*.co.uk``. Then anyone can register a name that it covers. A name without ``*`` is never too wide. Which endings are
public is a long list that changes (publicsuffix.org); the short one here has the country endings of two labels under
which companies register, and leaves out hosting providers: Sinch's own CMI addresses are under one of them.
"""

from __future__ import annotations

import ipaddress

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
