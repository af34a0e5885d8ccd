"""Requests about transfers draw on the caller's own rate, and only covered callers may send them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from fakes import HandClock
from ingress_kit import Endpoint, open_endpoint
from ledger_kit import Queue

from attachment_transfer.core.callers import read_callers
from attachment_transfer.ingress.admission import Admission
from attachment_transfer.ledger.sealing import KeyRing


def limited(endpoint_parts: dict[str, Any], clock: HandClock, *, rule: dict[str, Any]) -> Endpoint:
    """The API with a callers file of one entry."""
    admission = Admission(
        read_callers({"caller": [rule]}),
        open_transfers=lambda _caller: 0,
        most_open=100,
        free_disk_bytes=lambda: 10**12,
        least_free_disk_bytes=1,
        monotonic_s=clock.now_s,
    )
    return open_endpoint(**endpoint_parts, clock=clock, admission=admission)


@pytest.fixture
def endpoint_parts(engine: sa.Engine, keys: KeyRing, queue: Queue, new_id: Callable[[], str]) -> dict[str, Any]:
    return {"engine": engine, "keys": keys, "queue": queue, "new_id": new_id}


#: Every request about transfers.
STATUS_REQUESTS = [
    ("GET", "/transfers"),
    ("GET", f"/transfers/{'0' * 32}"),
    ("GET", f"/transfers/{'0' * 32}/audit"),
    ("POST", "/transfers/retry"),
    ("POST", f"/transfers/{'0' * 32}/retry"),
    ("POST", f"/transfers/{'0' * 32}/cancel"),
]


@pytest.mark.parametrize(("method", "path"), STATUS_REQUESTS)
def test_every_request_about_transfers_draws_on_the_callers_own_rate(
    endpoint_parts: dict[str, Any], clock: HandClock, method: str, path: str
) -> None:
    endpoint = limited(endpoint_parts, clock, rule={"name": "*", "status_requests_per_minute": 6})
    headers = {"Authorization": f"Bearer {endpoint.issuer.token()}"}
    assert endpoint.http.open(path, method=method, headers=headers).status_code != 429
    answer = endpoint.http.open(path, method=method, headers=headers)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "10")
    assert endpoint.post().status_code == 202


@pytest.mark.parametrize(("method", "path"), STATUS_REQUESTS)
def test_a_caller_that_the_callers_file_does_not_cover_is_403_about_transfers(
    endpoint_parts: dict[str, Any], clock: HandClock, method: str, path: str
) -> None:
    endpoint = limited(endpoint_parts, clock, rule={"name": "*#someone-else"})
    headers = {"Authorization": f"Bearer {endpoint.issuer.token()}"}
    answer = endpoint.http.open(path, method=method, headers=headers)
    assert answer.status_code == 403
    assert answer.get_json()["title"] == "This caller is not known here"
