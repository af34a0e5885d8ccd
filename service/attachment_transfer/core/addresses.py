"""Which IP addresses a neighbour on the Internet may have: a table with its sources.

IPv4: every address except those listed. IPv6: only global unicast space (``2000::/3``), except what is listed; IANA has
assigned no other space for it, so a form that is not listed here is refused as well. Python's own ``is_global`` is not
used: it differs between Python's versions, and it calls ``fec0::/10``, ``64:ff9b:1::/48``, IPv4-compatible and
IPv4-translated addresses global.

Sources: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890, RFC 8190), IANA IPv6 Address Space Registry;
the documentation of the cloud providers for their metadata services, as named in each row.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Block:
    """Addresses that no neighbour on the Internet has.

    Attributes:
        network: in CIDR notation.
        why: what the block is for.
        source: the registry's RFC, or the provider whose documentation names it.
        never: refused even inside a network that is listed as private: a service there returns credentials.
    """

    network: Network
    why: str
    source: str
    never: bool = False


def _block(network: str, why: str, source: str) -> Block:
    return Block(ipaddress.ip_network(network), why, source)


def _metadata(network: str, source: str) -> Block:
    return Block(ipaddress.ip_network(network), "a cloud's own service for its machines", source, never=True)


#: The first block that covers an address counts, so the narrow ones come first.
BLOCKS: tuple[Block, ...] = (
    # Metadata services of clouds, which return credentials to their machines.
    _metadata("169.254.169.254/32", "AWS, Azure, Google Cloud, Oracle, DigitalOcean, Hetzner, OpenStack, IBM"),
    _metadata("169.254.170.2/32", "AWS ECS: task credentials"),
    _metadata("169.254.170.23/32", "AWS EKS Pod Identity"),
    _metadata("169.254.169.253/32", "AWS: resolver"),
    _metadata("169.254.169.123/32", "AWS: time"),
    _metadata("169.254.0.23/32", "Tencent Cloud"),
    _metadata("168.63.129.16/32", "Azure: wire server, a public address that is routed to the host alone"),
    _metadata("100.100.100.200/32", "Alibaba Cloud"),
    _metadata("192.0.0.192/32", "Oracle Cloud Classic"),
    _metadata("fd00:ec2::254/128", "AWS: metadata over IPv6"),
    _metadata("fd00:ec2::23/128", "AWS EKS Pod Identity over IPv6"),
    _metadata("fd00:ec2::253/128", "AWS: resolver over IPv6"),
    _metadata("fd00:ec2::123/128", "AWS: time over IPv6"),
    _metadata("fd20:ce::254/128", "Google Cloud: metadata over IPv6"),
    # IPv4: IANA's registry.
    _block("0.0.0.0/8", "this network", "RFC 791"),
    _block("10.0.0.0/8", "private use", "RFC 1918"),
    _block("100.64.0.0/10", "shared by a carrier", "RFC 6598"),
    _block("127.0.0.0/8", "loopback", "RFC 1122"),
    _block("169.254.0.0/16", "link-local", "RFC 3927"),
    _block("172.16.0.0/12", "private use", "RFC 1918"),
    _block("192.0.0.0/24", "protocol assignments", "RFC 6890"),
    _block("192.0.2.0/24", "documentation", "RFC 5737"),
    _block("192.31.196.0/24", "an anycast service (AS112)", "RFC 7535"),
    _block("192.52.193.0/24", "an anycast service (AMT)", "RFC 7450"),
    _block("192.88.99.0/24", "6to4 relays", "RFC 7526"),
    _block("192.168.0.0/16", "private use", "RFC 1918"),
    _block("192.175.48.0/24", "an anycast service (AS112)", "RFC 7534"),
    _block("198.18.0.0/15", "benchmarks", "RFC 2544"),
    _block("198.51.100.0/24", "documentation", "RFC 5737"),
    _block("203.0.113.0/24", "documentation", "RFC 5737"),
    _block("224.0.0.0/4", "multicast", "RFC 5771"),
    _block("240.0.0.0/4", "reserved, and broadcast", "RFC 1112"),
    # IPv6 by name, so that a refusal can name the block; everything else outside 2000::/3 is refused, too.
    _block("::/128", "unspecified", "RFC 4291"),
    _block("::1/128", "loopback", "RFC 4291"),
    _block("::ffff:0:0:0/96", "IPv4-translated", "RFC 2765"),
    _block("::/96", "IPv4-compatible, retired", "RFC 4291"),
    _block("64:ff9b:1::/48", "NAT64 of a local network", "RFC 8215"),
    _block("100::/64", "discarded", "RFC 6666"),
    _block("fc00::/7", "unique local", "RFC 4193"),
    _block("fe80::/10", "link-local", "RFC 4291"),
    _block("fec0::/10", "site-local, retired", "RFC 3879"),
    _block("ff00::/8", "multicast", "RFC 4291"),
    _block("5f00::/16", "segment routing", "RFC 9602"),
    # Inside 2000::/3.
    _block("2001::/32", "Teredo: it wraps an address of a private network as easily as a public one", "RFC 4380"),
    _block("2001::/23", "protocol assignments", "RFC 2928"),
    _block("2001:db8::/32", "documentation", "RFC 3849"),
    _block(
        "2002::/16", "6to4, retired: it wraps an address of a private network as easily as a public one", "RFC 7526"
    ),
    _block("2620:4f:8000::/48", "an anycast service (AS112)", "RFC 7534"),
    _block("3fff::/20", "documentation", "RFC 9637"),
)

_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
_NO_SPACE_OF_NEIGHBOURS = _block("::/0", "no global unicast address", "RFC 4291")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052; the prefix of a network's own cannot be known
#: IPv6 networks whose last 32 bits are an IPv4 address.
_ENDS_IN_IPV4 = (
    _NAT64,
    ipaddress.ip_network("64:ff9b:1::/48"),
    ipaddress.ip_network("::/96"),
    ipaddress.ip_network("::ffff:0:0:0/96"),
)
#: The interface part of an ISATAP address, but for its universal/local bit (RFC 5214); IPv4 in the last 32 bits.
_ISATAP, _ISATAP_MASK = 0x00005EFE, 0xFDFFFFFF


def parse_address(text: str) -> Address:
    """Read an address as a resolver writes it, a zone (``%eth0``) left out. Raises ``ValueError``."""
    return ipaddress.ip_address(text.split("%", 1)[0])


def meant(address: Address) -> Address:
    """The address in its plain form: an IPv4-mapped one (``::ffff:a.b.c.d``) is an IPv4 address in another form."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def obstacle(address: Address) -> Block | None:
    """The block that keeps ``address``, or the IPv4 address that it carries, from being a neighbour's; else None."""
    found = [block for one in _carried(meant(address)) if (block := _obstacle_of(one))]
    return next((block for block in found if block.never), found[0] if found else None)


def _carried(address: Address) -> Iterator[Address]:
    """The address, unless it only represents an IPv4 one, and every IPv4 address that it may lead to."""
    if isinstance(address, ipaddress.IPv4Address):
        yield address
        return
    if address not in _NAT64:
        yield address
    yield from _wrapped(address)


def _wrapped(address: ipaddress.IPv6Address) -> Iterator[ipaddress.IPv4Address]:
    number, low = int(address), ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if (number >> 32) & _ISATAP_MASK == _ISATAP:
        yield low
    if any(address in network for network in _ENDS_IN_IPV4):
        yield low
    if address.sixtofour is not None:
        yield address.sixtofour
    yield from address.teredo or ()


def _obstacle_of(address: Address) -> Block | None:
    listed = next((block for block in BLOCKS if address in block.network), None)
    if listed is None and isinstance(address, ipaddress.IPv6Address) and address not in _GLOBAL_UNICAST:
        return _NO_SPACE_OF_NEIGHBOURS
    return listed
