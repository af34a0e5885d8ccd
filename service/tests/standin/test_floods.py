"""Floods at the endpoint: forged tokens whose issuers drip, connections that never finish. Callers do not notice."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import cycle
from pathlib import Path

import httpx
import pytest
from ingress_kit import SECRET_HEADERS, a_body
from joserfc.jwk import ECKey
from standin.answers import answer
from standin.processes import StandinStack, running_standin

pytestmark = [
    pytest.mark.long,
    pytest.mark.xdist_group("floods"),
    pytest.mark.off_contract(reason="tokens are forged, and requests are never finished"),
]

_MADE_UP = [f"https://login-flood{number}.cc.sinch.com/acme" for number in range(50)]
_FORGER = ECKey.generate_key("P-256", {"kid": "forged"})


@pytest.fixture(scope="module")
def besieged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandinStack]:
    """A standin of its own, whose issuers besides the good one drip their keys, a byte a second."""
    with running_standin(tmp_path_factory.mktemp("floods"), MIN_FREE_DISK_BYTES="0") as standin:
        drip = answer(200, b'{"keys": [' + b" " * 5_000 + b"]}", content_type="application/json").dripping(body=1.0)
        for issuer in _MADE_UP:
            standin.server.site(issuer.split("/")[2]).plan("/acme/.well-known/jwks.json", drip)
        yield standin


def _post(standin: StandinStack, token: str, *, contact: int = 0) -> int:
    headers = {"Authorization": f"Bearer {token}", **SECRET_HEADERS}
    body = a_body(
        contact_id=f"{contact:032X}",
        cmi_url="https://flood.cmi.example.org/acme/cmi",
        sap_v1={"url": "https://flood.crm.cloud.sap", "user": "v1user"},
    )
    return standin.http.post(f"{standin.url}/prod/chat-attachments", json=body, headers=headers).status_code


@contextmanager
def flood(standin: StandinStack, *, threads: int, per_s: float) -> Iterator[list[int]]:
    """Forged tokens from made-up issuers at this rate until the block ends; yields the statuses."""
    statuses: list[int] = []
    stop = threading.Event()
    issuers = cycle(_MADE_UP)

    def forge() -> None:
        while not stop.wait(threads / per_s):
            statuses.append(_post(standin, standin.issuer.token(iss=next(issuers), key=_FORGER)))

    with ThreadPoolExecutor(threads) as pool:
        running = [pool.submit(forge) for _ in range(threads)]
        try:
            yield statuses
        finally:
            stop.set()
    for one in running:
        one.result()


def test_forged_tokens_of_issuers_that_drip_cost_valid_callers_and_probes_nothing(besieged: StandinStack) -> None:
    assert _post(besieged, besieged.issuer.token()) == 202
    with flood(besieged, threads=40, per_s=200.0) as forged:
        valid = [_post(besieged, besieged.issuer.token(), contact=number) for number in range(100)]
        probes = [
            besieged.http.get(besieged.url + path).status_code for path in ("/healthz", "/readyz", "/metrics") * 5
        ]
    assert set(valid) == {202}
    assert set(probes) == {200}
    assert set(forged) == {503}
    assert len(forged) >= 20


def test_a_good_issuer_that_drips_its_next_keys_is_served_by_its_last_good_ones(besieged: StandinStack) -> None:
    assert _post(besieged, besieged.issuer.token()) == 202
    site = besieged.server.site("login-eu-c1.cc.sinch.com")
    drip = answer(200, b" " * 5_000, content_type="application/json").dripping(body=1.0)
    site.plan("/acme/.well-known/jwks.json", drip)
    asked = len(site.asked(ending="jwks.json"))
    besieged.clock.advance(301.0)
    assert [_post(besieged, besieged.issuer.token(), contact=number) for number in range(10)] == [202] * 10
    assert len(site.asked(ending="jwks.json")) > asked


def test_two_thousand_connections_that_never_finish_do_not_block_health(besieged: StandinStack) -> None:
    host, port = "127.0.0.1", int(besieged.url.rsplit(":", 1)[1])
    head = (
        f"POST /prod/chat-attachments HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
        "Content-Length: 200000\r\n\r\n{"
    ).encode()
    with ExitStack() as connections:
        for number in range(2_000):
            peer = connections.enter_context(socket.create_connection((host, port), timeout=60.0))
            peer.sendall(head if number % 2 else head[:40])
        with httpx.Client(trust_env=False, timeout=60.0) as client:
            assert [client.get(f"{besieged.url}/healthz").status_code for _ in range(20)] == [200] * 20
            assert _post(besieged, besieged.issuer.token()) == 202


def test_a_caller_without_a_token_is_refused_before_a_large_body_is_there(besieged: StandinStack) -> None:
    host, port = "127.0.0.1", int(besieged.url.rsplit(":", 1)[1])
    with socket.create_connection((host, port), timeout=60.0) as peer:
        peer.sendall(
            f"POST /prod/chat-attachments HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
            "Content-Length: 200000\r\n\r\n".encode()
            + b" " * 20_000
        )
        assert peer.recv(65_536).startswith(b"HTTP/1.1 401 ")


def test_health_answers_while_the_flood_lasts_and_afterwards_nothing_is_left_of_it(besieged: StandinStack) -> None:
    with flood(besieged, threads=8, per_s=50.0):
        end_s = time.monotonic() + 2.0
        while time.monotonic() < end_s:
            assert besieged.http.get(f"{besieged.url}/healthz").status_code == 200
    assert _post(besieged, besieged.issuer.token()) == 202


def test_closed_metrics_are_not_there_and_open_ones_name_no_customer(tmp_path: Path, besieged: StandinStack) -> None:
    assert _post(besieged, besieged.issuer.token()) == 202
    page = besieged.http.get(f"{besieged.url}/metrics").text
    assert 'tenant="tenant-' in page
    assert "crm.cloud.sap" not in page
    with running_standin(tmp_path, METRICS="closed") as closed:
        assert closed.http.get(f"{closed.url}/metrics").status_code == 404
