"""The program as it is started: an API process that takes requests from the wire, and one worker at a time."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from ingress_kit import ENDPOINT, Issuer, a_body
from ledger_kit import SECRET_TEXTS, bytes_on_disk
from process_kit import WAIT_S, Program, signed_headers, trusting, until


@pytest.mark.long
def test_one_worker_works_a_second_is_refused_and_a_standby_takes_over(start: Callable[..., Program]) -> None:
    first = start("first", "work")
    until(first.is_ready)
    second = start("second", "work")
    assert second.process.wait(WAIT_S) == 1
    assert "another worker has the lock" in second.log.read_text(encoding="utf-8")
    standby = start("standby", "work", "--standby")
    assert first.is_ready()
    first.process.kill()
    until(standby.is_ready)
    assert standby.end() == 0
    assert "draining" in standby.log.read_text(encoding="utf-8")


def test_an_api_that_was_killed_leaves_no_child_at_its_port(start: Callable[..., Program]) -> None:
    api = start("api", "serve")
    until(api.is_ready)
    api.process.kill()
    assert api.process.wait(WAIT_S) == -signal.SIGKILL
    until(lambda: api.ask("GET", "/healthz")[0] == 0)


def test_the_api_takes_requests_from_the_wire(
    start: Callable[..., Program], issuer: tuple[Issuer, int], tmp_path: Path
) -> None:
    signer, port = issuer
    api = start("api", "serve", **trusting(port))
    until(api.is_ready)
    headers = signed_headers(signer)

    status, accepted = api.ask("POST", ENDPOINT, body=json.dumps(a_body()), headers=headers)
    assert status == 202
    assert signer.asked == ["login-eu-c1.cc.sinch.com/acme/.well-known/jwks.json"]
    status, shown = api.ask("GET", f"/transfers/{accepted['transfer_id']}", headers=headers)
    assert (status, shown["state"]) == (200, "queued")

    large = json.dumps(a_body(padding="x" * 2_000_000)).encode()
    assert api.ask("POST", ENDPOINT, body=large, headers=headers)[0] in {413, 0}
    pieces = (large[start_at : start_at + 65_536] for start_at in range(0, len(large), 65_536))
    chunked = {**headers, "Transfer-Encoding": "chunked"}
    assert api.ask("POST", ENDPOINT, chunked=True, body=pieces, headers=chunked)[0] in {413, 0}
    small = {**headers, "Transfer-Encoding": "chunked"}
    again = iter([json.dumps(a_body()).encode()])
    status, repeated = api.ask("POST", ENDPOINT, chunked=True, body=again, headers=small)
    assert (status, repeated["transfer_id"]) == (202, accepted["transfer_id"])
    assert len(api.ask("GET", "/transfers", headers=headers)[1]["transfers"]) == 1

    assert api.end() == 0
    log = api.log.read_bytes()
    assert accepted["transfer_id"].encode() in log
    for text in (*SECRET_TEXTS, signer.token(), headers["Authorization"]):
        assert text.encode() not in log
        assert text.encode() not in bytes_on_disk(tmp_path / "ledger.db")
