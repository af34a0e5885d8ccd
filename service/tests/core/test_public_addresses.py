"""Which addresses are public: every row of the table, every form that carries an IPv4 address, every odd spelling."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable

import httpcore
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attachment_transfer.clients.outbound.transport import OutboundPolicy, OutboundTransport, resolve_by_system
from attachment_transfer.core.addresses import BLOCKS, Block, meant, obstacle, parse_address
from attachment_transfer.core.errors import DestinationRefused
from attachment_transfer.core.hosts import HostPattern

HOST = "cmi.onprem.example"
EVERYTHING_IS_OURS = OutboundPolicy(
    allowed=(HostPattern("*.example"),),
    private=(
        (HostPattern("cmi.*"), ipaddress.ip_network("0.0.0.0/0")),
        (HostPattern("cmi.*"), ipaddress.ip_network("::/0")),
    ),
)

#: Called public before this table, and known to be none.
ONCE_PUBLIC = (
    "fec0::1",
    "64:ff9b:1::a00:1",
    "::10.0.0.1",
    "::8.8.8.8",
    "::ffff:0:10.0.0.1",
    "::ffff:0:8.8.8.8",
    "192.0.0.192",
    "168.63.129.16",
    "2600:1f18::5efe:a00:1",
    "2600:1f18::200:5efe:169.254.169.254",
    "192.88.99.1",
    "5f00::1",
    "3fff::1",
    "4000::1",
    "100:0:0:1::1",
    "2002:808:808::1",
)
PUBLIC = (
    "8.8.8.8",
    "1.1.1.1",
    "193.16.224.1",
    "192.0.1.1",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2600:1f18::1",
    "2a05:d014::5e",
    "2600:1f18::5efe:8.8.8.8",
)
METADATA = tuple(block for block in BLOCKS if block.never)


@pytest.mark.parametrize("address", ONCE_PUBLIC)
def test_an_address_that_was_once_called_public_is_not(address: str) -> None:
    assert obstacle(parse_address(address)) is not None


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_public(address: str) -> None:
    assert obstacle(parse_address(address)) is None


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: str(block.network))
def test_the_first_and_the_last_address_of_every_block_are_refused(block: Block) -> None:
    for address in (block.network[0], block.network[-1]):
        assert obstacle(address) is not None, address


def test_every_block_has_a_reason_and_a_source_and_no_wider_one_stands_before_it() -> None:
    for position, block in enumerate(BLOCKS):
        assert block.why
        assert block.source
        for before in BLOCKS[:position]:
            assert before.network.version != block.network.version or not block.network.subnet_of(before.network)  # type: ignore[arg-type]


@pytest.mark.parametrize("block", METADATA, ids=lambda block: str(block.network))
def test_no_listed_network_opens_a_clouds_metadata_service(block: Block) -> None:
    with pytest.raises(DestinationRefused, match="not a public address") as caught:
        EVERYTHING_IS_OURS.judge_address(HOST, str(block.network[0]))
    assert "PRIVATE_NETWORKS" not in str(caught.value.remedy)


def test_a_listed_network_opens_what_is_private_and_no_more() -> None:
    EVERYTHING_IS_OURS.judge_address(HOST, "10.1.2.3")
    EVERYTHING_IS_OURS.judge_address(HOST, "::ffff:10.1.2.3")
    EVERYTHING_IS_OURS.judge_address(HOST, "64:ff9b:1::10.1.2.3")
    with pytest.raises(DestinationRefused):
        EVERYTHING_IS_OURS.judge_address(HOST, "64:ff9b:1::169.254.169.254")


# ── wrapped addresses ─────────────────────────────────────────────────────────────────────────────

IPV4 = st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address)
HIDDEN = st.sampled_from([block.network for block in BLOCKS if block.network.version == 4]).flatmap(
    lambda network: st.integers(int(network[0]), int(network[-1])).map(ipaddress.IPv4Address)
)


def _ending_in(prefix: str) -> Callable[[ipaddress.IPv4Address], ipaddress.IPv6Address]:
    return lambda address: ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) | int(address))


WRAPPINGS: dict[str, Callable[[ipaddress.IPv4Address], ipaddress.IPv6Address]] = {
    "mapped": _ending_in("::ffff:0:0"),
    "compatible": _ending_in("::"),
    "translated": _ending_in("::ffff:0:0:0"),
    "NAT64": _ending_in("64:ff9b::"),
    "local NAT64": _ending_in("64:ff9b:1::"),
    "ISATAP": _ending_in("2600:1f18::5efe:0:0"),
    "ISATAP, global": _ending_in("2600:1f18::200:5efe:0:0"),
    "ISATAP, link-local": _ending_in("fe80::5efe:0:0"),
    "6to4": lambda address: ipaddress.IPv6Address((0x2002 << 112) | (int(address) << 80) | 1),
    "Teredo client": lambda address: ipaddress.IPv6Address((0x20010000 << 96) | (0xFFFFFFFF ^ int(address))),
    "Teredo server": lambda address: ipaddress.IPv6Address((0x20010000 << 96) | (int(address) << 64)),
}
#: Forms by which a public IPv4 address may be reached.
OPEN = {"mapped", "NAT64", "ISATAP", "ISATAP, global"}


@given(wrapping=st.sampled_from(sorted(WRAPPINGS)), address=HIDDEN)
def test_no_wrapping_makes_a_hidden_address_public(wrapping: str, address: ipaddress.IPv4Address) -> None:
    assert obstacle(WRAPPINGS[wrapping](address)) is not None


@given(wrapping=st.sampled_from(sorted(WRAPPINGS)), address=IPV4)
def test_a_wrapped_address_is_judged_like_the_plain_one_or_refused(
    wrapping: str, address: ipaddress.IPv4Address
) -> None:
    verdict, plain = obstacle(WRAPPINGS[wrapping](address)), obstacle(address)
    assert (verdict is None) == (plain is None and wrapping in OPEN)
    if plain is not None and plain.never:
        assert verdict is not None
        assert verdict.never


@given(st.integers(0, 2**128 - 1).map(ipaddress.IPv6Address))
def test_no_address_outside_global_unicast_space_is_public_save_nat64_and_mapped(
    address: ipaddress.IPv6Address,
) -> None:
    known = (
        ipaddress.ip_network("2000::/3"),
        ipaddress.ip_network("64:ff9b::/96"),
        ipaddress.ip_network("::ffff:0:0/96"),
    )
    if obstacle(address) is None:
        assert any(address in network for network in known)


@given(IPV4)
def test_what_python_calls_private_is_never_public(address: ipaddress.IPv4Address) -> None:
    if not address.is_global or address.is_multicast:
        assert obstacle(address) is not None


def test_an_ipv4_mapped_address_means_the_ipv4_address() -> None:
    assert meant(parse_address("::ffff:10.0.0.1")) == ipaddress.ip_address("10.0.0.1")
    assert meant(parse_address("fe80::1%eth0")) == ipaddress.ip_address("fe80::1")


# ── IPv4 in odd spellings, as a host name ─────────────────────────────────────────────────────────

LOOPBACK_SPELLINGS = (
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "127.1",
    "127.0.1",
    "0",
    "0x0",
)
PRIVATE_SPELLINGS = ("0xa9fea9fe", "2852039166", "0251.0376.0251.0376", "0xa.0.0.1", "10.1", "192.168.257")
FULLWIDTH = "\uff11\uff12\uff17.\uff10.\uff10.\uff11"
#: The widest allow-list there is: every spelling passes by its name.
WIDEST = OutboundPolicy(allowed=(*(HostPattern(f"{digit}*") for digit in range(10)), HostPattern("0")))


def test_the_systems_resolver_reads_odd_spellings_as_addresses() -> None:
    """That is why only the resolved address is judged and connected to, never the name."""
    assert resolve_by_system("0x7f.1", 443) == ["127.0.0.1"]


@pytest.mark.parametrize("spelling", [*LOOPBACK_SPELLINGS, *PRIVATE_SPELLINGS, FULLWIDTH])
def test_an_odd_spelling_of_a_hidden_address_is_refused_after_the_systems_own_resolver(
    spelling: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        httpcore.SyncBackend, "connect_tcp", lambda _self, host, *_rest, **_named: pytest.fail(f"connected to {host}")
    )
    with (
        httpx.Client(transport=OutboundTransport(WIDEST), trust_env=False) as client,
        pytest.raises((DestinationRefused, httpx.ConnectError, httpx.InvalidURL)) as caught,
    ):
        client.get(f"https://{spelling}/")
    if isinstance(caught.value, httpx.ConnectError):  # a resolver that does not know the spelling is as good
        with pytest.raises(socket.gaierror):
            socket.getaddrinfo(spelling, 443)
