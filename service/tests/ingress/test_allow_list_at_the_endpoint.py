"""Hosts and issuers that change between two requests: each request is judged by the list of its moment."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from fakes import HandClock
from ingress_kit import ISSUER, Endpoint, Issuer, a_body, open_endpoint, problem
from ledger_kit import Queue

from attachment_transfer.core.callers import read_callers
from attachment_transfer.core.hosts import HostPattern, parse_patterns
from attachment_transfer.ingress.admission import Admission
from attachment_transfer.ingress.bearer import AcceptedIssuers, TokenVerifier
from attachment_transfer.ingress.issuer_keys import IssuerKeys
from attachment_transfer.ingress.problems import ApiProblem
from attachment_transfer.ledger.sealing import KeyRing

BODY = a_body(cmi_url="https://cmi.own.example/acme/cmi")


class Changing:
    """The service's own list, as a test changes it."""

    def __init__(self) -> None:
        self.patterns = parse_patterns("*.crm.cloud.sap")

    def __call__(self) -> tuple[HostPattern, ...]:
        return self.patterns


@pytest.fixture
def hosts() -> Changing:
    return Changing()


@pytest.fixture
def opened(
    engine: sa.Engine, clock: HandClock, keys: KeyRing, queue: Queue, new_id: Callable[[], str], hosts: Changing
) -> Callable[..., Endpoint]:
    def open_with(admission: Admission | None = None) -> Endpoint:
        return open_endpoint(
            engine, clock=clock, keys=keys, queue=queue, new_id=new_id, admission=admission, allowed_hosts=hosts
        )

    return open_with


def test_a_host_is_refused_allowed_and_refused_again(opened: Callable[..., Endpoint], hosts: Changing) -> None:
    endpoint, narrow = opened(), hosts.patterns
    document = problem(endpoint.post(BODY), 403, "body.cmi_url")
    assert "ATTACHMENT_TRANSFER_ALLOW_LIST_FILE" in document["errors"][0]["remedy"]
    hosts.patterns = (*narrow, HostPattern("cmi.own.example"))
    assert endpoint.post(BODY).status_code == 202
    hosts.patterns = narrow
    problem(endpoint.post(BODY), 403, "body.cmi_url")


def test_a_callers_own_hosts_count_instead_of_the_file(
    opened: Callable[..., Endpoint], hosts: Changing, clock: HandClock
) -> None:
    callers = read_callers({"caller": [{"name": "*#client", "allowed_hosts": ["*.crm.cloud.sap"]}]})
    endpoint = opened(
        Admission(
            callers,
            open_transfers=lambda _caller: 0,
            most_open=10,
            free_disk_bytes=lambda: 10**12,
            least_free_disk_bytes=0,
            monotonic_s=clock.now_s,
        )
    )
    hosts.patterns = (*hosts.patterns, HostPattern("cmi.own.example"))
    problem(endpoint.post(BODY), 403, "body.cmi_url")


def test_an_issuer_is_refused_before_and_after_although_its_keys_are_cached(clock: HandClock) -> None:
    patterns: list[str] = []
    issuer = Issuer(clock)
    verifier = TokenVerifier(
        issuers=AcceptedIssuers(lambda: tuple(patterns)),
        audience="attachment-transfer",
        leeway_s=30.0,
        keys=IssuerKeys(issuer.fetch, clock.now_s),
        now_s=clock.now_s,
    )
    authorization = f"Bearer {issuer.token()}"
    with pytest.raises(ApiProblem, match="issuer is not accepted"):
        verifier.caller(authorization)
    assert issuer.asked == []
    patterns.append(ISSUER)
    assert verifier.caller(authorization).name == f"{ISSUER}#client"
    patterns.clear()
    with pytest.raises(ApiProblem, match="issuer is not accepted"):
        verifier.caller(authorization)
