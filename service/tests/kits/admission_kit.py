"""Admission with limits of a test's own, and a transfer to wait for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fakes import HandClock

from attachment_transfer.core.callers import Callers
from attachment_transfer.core.model import Transfer
from attachment_transfer.core.states import TransferState
from attachment_transfer.ingress.admission import Admission
from attachment_transfer.ingress.problems import ApiProblem

ACME = "https://login-eu-c1.cc.sinch.com/acme#contact-pro"


def admission(
    clock: HandClock,
    *,
    callers: Callers | None = None,
    open_transfers: Callable[[str | None], int] = lambda _caller: 0,
    free_disk_bytes: int = 10**12,
) -> Admission:
    return Admission(
        callers or Callers(),
        open_transfers=open_transfers,
        most_open=100,
        free_disk_bytes=lambda: free_disk_bytes,
        least_free_disk_bytes=10**6,
        monotonic_s=clock.now_s,
    )


def refusal(admit: Callable[[], object]) -> ApiProblem:
    with pytest.raises(ApiProblem) as caught:
        admit()
    return caught.value


def a_transfer(*, state: TransferState) -> Transfer:
    return Transfer(
        id="f" * 32,
        caller=ACME,
        contact_id="A" * 32,
        cmi_url="https://cmi.example/acme/cmi",
        cmi_user="u",
        c4c_url="https://c4c.example",
        c4c_user="v",
        state=state,
        outcome=None,
        reason=None,
        round_no=1,
        tries=0,
        look_again=False,
        activity=None,
        created_at_s=0.0,
        updated_at_s=0.0,
        next_round_at_s=None,
    )
