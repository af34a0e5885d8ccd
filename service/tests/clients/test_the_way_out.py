"""The one way out: judged by name, mapped, resolved once, judged by address, and connected to what was judged."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx
import pytest

from attachment_transfer.clients.outbound.transport import (
    GuardedBackend,
    OutboundPolicy,
    OutboundTransport,
    speaking_to,
)
from attachment_transfer.core.errors import DestinationRefused, NeighbourUnavailable, UnexpectedAnswer
from attachment_transfer.core.hosts import parse_egress_map, parse_patterns

HOST = "my2554607.de1.crm.cloud.sap"
URL = f"https://{HOST}/sap/c4c/odata/v1/?x=1"
POLICY = OutboundPolicy(allowed=parse_patterns("*.crm.cloud.sap"))
LAB = OutboundPolicy(
    allowed=parse_patterns("*.crm.cloud.sap"),
    egress=parse_egress_map("*.crm.cloud.sap=http://127.0.0.1:8103", lab_mode=True),
)
NOT_ACCEPTED = "C4C: its certificate is not accepted"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


class Wire(httpcore.MockStream):
    """A connection that remembers what was written, and the name TLS was asked for."""

    def __init__(self, net: Net) -> None:
        super().__init__([ANSWER])
        self._net = net

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._net.written += buffer

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> Wire:
        self._net.tls_names.append(server_hostname)
        return self


class Net:
    """The network below the guarded backend: what was resolved, connected to, and written."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, answers: Iterable[list[str]], dead: set[str] | None = None
    ) -> None:
        self.answers = iter(answers)
        self.resolved: list[str] = []
        self.connected: list[tuple[str, int]] = []
        self.tls_names: list[str | None] = []
        self.written = b""
        dead = dead or set()

        def connect(_self: object, host: str, port: int, *_rest: object) -> Wire:
            self.connected.append((host, port))
            if host in dead:
                raise httpcore.ConnectError("connection refused")
            return Wire(self)

        monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)

    def resolve(self, host: str, _port: int) -> list[str]:
        self.resolved.append(host)
        return next(self.answers)

    def get(self, url: str = URL, policy: OutboundPolicy = POLICY, times: int = 1) -> httpx.Response:
        with httpx.Client(transport=OutboundTransport(policy, resolve=self.resolve), trust_env=False) as client:
            for _ in range(times - 1):
                client.get(url)
            return client.get(url)


def test_a_public_host_is_connected_to_by_the_address_that_was_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    net = Net(monkeypatch, [["8.8.8.8", "8.8.4.4"]])
    assert net.get().text == "ok"
    assert net.connected == [("8.8.8.8", 443)]
    assert net.tls_names == [HOST]
    assert b"GET /sap/c4c/odata/v1/?x=1 HTTP/1.1\r\n" in net.written
    assert f"Host: {HOST}\r\n".encode() in net.written


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (f"http://{HOST}/", "only https"),
        (f"https://user:word@{HOST}/", "credentials in a URL"),
        ("https://evil.example/", "not an allowed host"),
        (f"https://{HOST}.evil.example/", "not an allowed host"),
        ("https://127.0.0.1/", "not an allowed host"),
        ("https://[::1]/", "not an allowed host"),
        (f"https://{HOST}:99999/", "99999 is no port"),
    ],
)
def test_a_name_is_judged_before_it_is_resolved(monkeypatch: pytest.MonkeyPatch, url: str, words: str) -> None:
    net = Net(monkeypatch, [])
    with pytest.raises(DestinationRefused, match=words) as caught:
        net.get(url)
    assert (net.resolved, net.connected) == ([], [])
    assert "word@" not in str(caught.value)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "::1", "fe80::1%eth0", "::ffff:10.0.0.1", "169.254.169.254"]
)
def test_an_inner_address_is_never_connected_to(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    net = Net(monkeypatch, [["8.8.8.8", address]])
    with pytest.raises(DestinationRefused, match="not a public address"):
        net.get()
    assert net.connected == []


def test_a_name_that_resolves_differently_the_second_time_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    net = Net(monkeypatch, [["8.8.8.8"], ["127.0.0.1"]])
    with pytest.raises(DestinationRefused):
        net.get(times=2)
    assert net.connected == [("8.8.8.8", 443)]
    assert net.resolved == [HOST, HOST]


def test_an_address_that_does_not_answer_is_followed_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    net = Net(monkeypatch, [["2a00::1", "8.8.8.8"]], dead={"2a00::1"})
    assert net.get().text == "ok"
    assert net.connected == [("2a00::1", 443), ("8.8.8.8", 443)]


def test_no_address_that_answers_is_a_connect_error(monkeypatch: pytest.MonkeyPatch) -> None:
    net = Net(monkeypatch, [["8.8.4.4", "8.8.8.8"]], dead={"8.8.4.4", "8.8.8.8"})
    with pytest.raises(httpx.ConnectError):
        net.get()
    assert len(net.connected) == 2


def test_an_egress_target_is_reached_with_the_real_host_and_path(monkeypatch: pytest.MonkeyPatch) -> None:
    net = Net(monkeypatch, [["127.0.0.1"]])
    response = net.get(policy=LAB)
    assert net.connected == [("127.0.0.1", 8103)]
    assert net.tls_names == []
    assert b"GET /sap/c4c/odata/v1/?x=1 HTTP/1.1\r\n" in net.written
    assert f"Host: {HOST}\r\n".encode() in net.written
    assert response.request.url == URL


def test_an_https_egress_target_still_proves_the_real_name(monkeypatch: pytest.MonkeyPatch) -> None:
    egress = parse_egress_map("*.crm.cloud.sap=https://gate.example:8443", lab_mode=False)
    net = Net(monkeypatch, [["10.0.0.9"]])
    net.get(policy=OutboundPolicy(allowed=POLICY.allowed, egress=egress))
    assert net.connected == [("10.0.0.9", 8443)]
    assert net.tls_names == [HOST]


def test_an_egress_map_does_not_widen_the_allow_list(monkeypatch: pytest.MonkeyPatch) -> None:
    egress = parse_egress_map("*=http://127.0.0.1:8103".replace("*", "*.example"), lab_mode=True)
    net = Net(monkeypatch, [])
    with pytest.raises(DestinationRefused, match="not an allowed host"):
        net.get("https://other.example/", policy=OutboundPolicy(allowed=POLICY.allowed, egress=egress))


def test_the_egress_target_is_no_way_in_for_a_host_that_is_not_mapped() -> None:
    backend = GuardedBackend(LAB, lambda _host, _port: ["127.0.0.1"])
    with pytest.raises(DestinationRefused):
        backend.connect_tcp(HOST, 8103)


@pytest.mark.parametrize(
    "trouble", [socket.gaierror(-2, "unknown"), UnicodeError("label empty or too long"), OSError("?")]
)
def test_a_name_that_does_not_resolve_is_a_connect_error(trouble: Exception) -> None:
    def resolve(_host: str, _port: int) -> list[str]:
        raise trouble

    with pytest.raises(httpcore.ConnectError, match="does not resolve"):
        GuardedBackend(POLICY, resolve).connect_tcp(HOST, 443)


def chained(*causes: BaseException) -> BaseException:
    """The first, raised from the second, and so on."""
    for cause, of in zip(causes[1:], causes, strict=False):
        of.__cause__ = cause
    return causes[0]


def not_accepted(code: int, message: str) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = code, message
    return error


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        (
            not_accepted(20, "unable to get local issuer certificate"),
            f"{NOT_ACCEPTED}: unable to get local issuer certificate",
        ),
        (not_accepted(10, "certificate has expired"), f"{NOT_ACCEPTED}: certificate has expired"),
        (socket.gaierror(-2, "Word-1618"), "C4C: ConnectError, its name does not resolve"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "Word-1618"), "C4C: ConnectError, connection refused"),
        (ssl.SSLError(1, "Word-1618"), "C4C: ConnectError"),
        (ValueError("Word-1618"), "C4C: ConnectError"),
    ],
)
def test_what_was_in_the_way_is_told_and_no_address_is_repeated(cause: BaseException, told: str) -> None:
    trouble = chained(httpx.ConnectError("Word-1618"), httpcore.ConnectError("Word-1618"), cause)
    with pytest.raises(NeighbourUnavailable) as caught, speaking_to("C4C"):
        raise trouble
    assert caught.value.message == told
    assert ("SSL_CERT_FILE" in caught.value.remedy) is ("local issuer" in told)


def test_a_label_that_no_resolver_takes_is_a_connect_error() -> None:
    with (
        httpx.Client(transport=OutboundTransport(POLICY), trust_env=False) as client,
        pytest.raises(httpx.ConnectError),
    ):
        client.get("https://a..crm.cloud.sap/")


def test_redirects_are_not_followed_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.ANSWER", b"HTTP/1.1 302 Found\r\nLocation: https://evil.example/\r\n\r\n")
    net = Net(monkeypatch, [["8.8.8.8"]])
    assert net.get().status_code == 302


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:3128")
    net = Net(monkeypatch, [["8.8.8.8"]])
    net.get()
    assert net.connected == [("8.8.8.8", 443)]


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (httpx.ReadTimeout("x"), NeighbourUnavailable),
        (httpx.DecodingError("x"), NeighbourUnavailable),
        (httpx.StreamConsumed(), NeighbourUnavailable),
        (httpx.InvalidURL("x"), UnexpectedAnswer),
    ],
)
def test_no_error_of_the_http_library_gets_any_further(trouble: Exception, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="CMI: "), speaking_to("CMI"):
        raise trouble
