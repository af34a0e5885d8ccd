"""64 hostile addresses, each refused by name: none of them is ever connected to."""

from __future__ import annotations

import ipaddress

import httpcore
import httpx
import pytest

from attachment_transfer.clients.outbound.transport import OutboundPolicy, OutboundTransport
from attachment_transfer.core.errors import DestinationRefused, TransferError
from attachment_transfer.core.hosts import HostPattern

#: Everything under ``*.crm.cloud.sap`` is allowed by name; what it resolves to is the attacker's choice.
POLICY = OutboundPolicy(allowed=(HostPattern("*.crm.cloud.sap"), HostPattern("*.onprem.example")))

BY_NAME = [
    "http://my1.crm.cloud.sap/",
    "ftp://my1.crm.cloud.sap/",
    "file:///etc/passwd",
    "gopher://my1.crm.cloud.sap/",
    "https://localhost/",
    "https://localhost:8443/",
    "https://localhost./",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://017700000001/",
    "https://0177.0.0.1/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[fe80::1]/",
    "https://[fd00::1]/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.100.100.200/",
    "https://metadata.google.internal/",
    "https://crm.cloud.sap/",
    "https://my1.crm.cloud.sap.evil.example/",
    "https://evil.example/my1.crm.cloud.sap",
    "https://evil.example/?x=.crm.cloud.sap",
    "https://evil.example/#.crm.cloud.sap",
    "https://my1.crm.cloud.sap@evil.example/",
    "https://my1.crm.cloud.sap.@evil.example/",
    "https://user:password@my1.crm.cloud.sap/",
    "https://my1.crm.cloud.sap:x@127.0.0.1/",
    "https://evil-crm.cloud.sap/",
    "https://my1.crm.cloud.sap%2eevil.example/",
    "https://ⓛocalhost/",
    "https:///my1.crm.cloud.sap/",
    "https://X\nX-Evil: 1.evil.example/",
]

BY_ADDRESS = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "10.1.2.3",
    "172.31.255.255",
    "192.168.0.10",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "fe80::1%eth0",
    "fd12:3456::1",
    "ff02::1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2002:c0a8:101::1",
]


@pytest.fixture(autouse=True)
def nobody_connects(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a defect lets through, nothing leaves this machine."""

    def connect(_self: object, host: str, *_rest: object, **_named: object) -> None:
        pytest.fail(f"connected to {host}")

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)


def transport(addresses: list[str]) -> OutboundTransport:
    return OutboundTransport(POLICY, resolve=lambda _host, _port: addresses)


def test_there_are_sixty_four() -> None:
    assert len(BY_NAME) + len(BY_ADDRESS) == 64
    assert len(set(BY_NAME)) == len(BY_NAME)


@pytest.mark.parametrize("url", BY_NAME)
def test_a_hostile_name_is_refused_before_it_is_resolved(url: str) -> None:
    def resolve(host: str, _port: int) -> list[str]:
        pytest.fail(f"{host} was looked up")

    with (
        httpx.Client(transport=OutboundTransport(POLICY, resolve=resolve), trust_env=False) as client,
        pytest.raises((TransferError, httpx.InvalidURL, httpx.UnsupportedProtocol, ValueError)),
    ):
        client.get(url)


@pytest.mark.parametrize("address", BY_ADDRESS)
def test_an_allowed_name_that_resolves_to_a_hostile_address_is_refused_at_connect_time(address: str) -> None:
    with (
        httpx.Client(transport=transport([address]), trust_env=False) as client,
        pytest.raises(DestinationRefused, match="not a public address"),
    ):
        client.get("https://my1.crm.cloud.sap/")


@pytest.mark.parametrize("address", BY_ADDRESS)
def test_one_hostile_address_among_public_ones_is_enough_to_refuse(address: str) -> None:
    with (
        httpx.Client(transport=transport(["8.8.8.8", address]), trust_env=False) as client,
        pytest.raises(DestinationRefused),
    ):
        client.get("https://my1.crm.cloud.sap/")


def test_a_private_network_that_is_listed_for_its_host_is_allowed_for_that_host_only() -> None:
    policy = OutboundPolicy(
        allowed=POLICY.allowed, private=((HostPattern("cmi.onprem.example"), ipaddress.ip_network("10.1.0.0/16")),)
    )
    policy.judge_address("cmi.onprem.example", "10.1.2.3")
    with pytest.raises(DestinationRefused):
        policy.judge_address("cmi.onprem.example", "10.2.0.1")
    with pytest.raises(DestinationRefused):
        policy.judge_address("my1.crm.cloud.sap", "10.1.2.3")
