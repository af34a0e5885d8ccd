"""Credentials in a round: refused ones are tried once, newer ones are used, and what is kept is shredded in time."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest
from fakes import basic
from ledger_kit import SECRETS
from worker_kit import Stack, a_file, reasons, retry, states, the_reason

from attachment_transfer.core.model import Secrets, Transfer
from attachment_transfer.core.states import AttachmentState, Outcome, TransferState
from attachment_transfer.ledger import views
from attachment_transfer.ledger.sealing import Sealed

S = AttachmentState


def test_a_wrong_cmi_password_is_tried_exactly_once(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]
    stack.event(replace(SECRETS, cmi_password="wrong"))
    stack.run()
    assert len(stack.cmi.requests) == 1
    assert stack.transfer().state is TransferState.PARKED
    assert stack.transfer().reason is not None
    assert the_reason(stack).code == "credential-refused"
    stack.event()
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED


def test_a_wrong_c4c_password_is_tried_exactly_once_and_parks_everything(stack: Stack) -> None:
    stack.cmi.files = [a_file(1), a_file(2)]
    stack.event(replace(SECRETS, c4c_password="wrong"))
    stack.run()
    assert len(stack.c4c.requests) == 1
    assert states(stack) == [S.PARKED, S.PARKED]
    stack.event()
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert len(stack.c4c.kept) == 2


@pytest.mark.parametrize(("status", "code"), [(401, "credential-refused"), (403, "access-denied")])
def test_a_refused_credential_in_mid_round_parks_the_rest_untried(stack: Stack, status: int, code: str) -> None:
    stack.cmi.files = [a_file(number) for number in range(1, 5)]
    stack.event()
    stack.cmi.files[1].statuses = [status]
    stack.run()
    assert states(stack) == [S.STORED, S.PARKED, S.PARKED, S.PARKED]
    assert reasons(stack) == [None, code, code, code]
    assert stack.transfer().outcome is Outcome.PARTLY_STORED
    assert len(stack.c4c.kept) == 1
    retry(stack)
    stack.run()
    assert states(stack) == [S.STORED] * 4
    assert len(stack.c4c.kept) == 4


def test_the_right_password_that_comes_while_the_wrong_one_is_refused_is_used(stack: Stack) -> None:
    """The event was only noted, because a round was running: its secrets must not be wasted."""
    stack.cmi.files = [a_file(1), a_file(2)]
    metadata = stack.c4c.handler("metadata")

    def the_password_changes_and_an_event_brings_it(request: httpx.Request) -> httpx.Response:
        del stack.c4c.instead["metadata"]
        stack.c4c.password = "New-Word-1618"
        stack.event(replace(SECRETS, c4c_password="New-Word-1618"))
        return metadata(request)

    stack.c4c.instead["metadata"] = the_password_changes_and_an_event_brings_it
    stack.event()
    stack.run()
    assert states(stack) == [S.STORED, S.STORED]
    assert stack.transfer().outcome is Outcome.STORED


def test_parked_secrets_are_shredded_after_the_redrive_time_and_the_next_event_brings_new_ones(
    stack: Stack,
) -> None:
    stack.cmi.files = [a_file(1)]
    stack.c4c.plan("post", 415)
    stack.event()
    stack.run()
    stack.clock.advance(7 * 86_400 - 1)
    assert stack.round_store.shred_due() == 0
    stack.clock.advance(1)
    assert stack.round_store.shred_due() == 1
    with pytest.raises(views.ChangeNotAllowed, match="shredded"):
        retry(stack)
    stack.event()
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED


def test_a_key_ring_without_the_sealing_key_parks_with_a_reason(stack: Stack) -> None:
    stack.event()
    stack.keys = type(stack.keys).parse("k2:" + "A" * 43 + "=")
    stack.start()
    stack.run()
    assert stack.transfer().reason is not None
    assert "cannot be unsealed" in the_reason(stack).message
    assert "ATTACHMENT_TRANSFER_SEALING_KEYS" in the_reason(stack).remedy


def test_a_cancelled_rounds_refused_credential_parks_nothing_of_the_next_round(stack: Stack) -> None:
    """Cancelled during a download with the old password; the event that follows brings the new one."""
    stack.cmi.files = [a_file(1), a_file(2)]
    stack.cmi.files[0].statuses = [401]

    def while_it_downloads(_file: object) -> None:
        stack.cmi.on_download = lambda _file: None
        views.cancel(stack.engine, stack.transfer().id, now_s=stack.clock.now_s())
        stack.cmi.password = "New-Word-2718"
        stack.event(replace(SECRETS, cmi_password="New-Word-2718"))

    stack.cmi.on_download = while_it_downloads
    stack.event()
    stack.run()
    assert states(stack)[1] is S.STORED


def test_a_cancelled_rounds_refused_credential_parks_nothing(stack: Stack) -> None:
    stack.cmi.files = [a_file(1), a_file(2)]
    stack.cmi.files[0].statuses = [401]

    def while_it_downloads(_file: object) -> None:
        views.cancel(stack.engine, stack.transfer().id, now_s=stack.clock.now_s())

    stack.cmi.on_download = while_it_downloads
    stack.event()
    stack.run()
    assert states(stack) == [S.SKIPPED, S.SKIPPED]
    assert reasons(stack) == ["cancelled", "cancelled"]


def test_secrets_are_unsealed_once_in_a_round(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    unsealed: list[str] = []
    unseal = stack.round_store.unseal

    def counted(transfer: Transfer, sealed: Sealed) -> Secrets:
        unsealed.append(transfer.id)
        return unseal(transfer, sealed)

    monkeypatch.setattr(stack.round_store, "unseal", counted)
    stack.cmi.files = [a_file(number) for number in range(1, 4)]
    stack.event()
    stack.run()
    assert states(stack) == [S.STORED] * 3
    assert unsealed == [stack.transfer().id]


def test_a_round_that_meets_newer_secrets_uses_them(stack: Stack) -> None:
    stack.cmi.files = [a_file(1), a_file(2)]
    stack.event()
    newer = "Word-of-CMI-newer"

    def changed(_file: object) -> None:
        if stack.cmi.password != newer:
            stack.cmi.password = newer
            stack.event(secrets=replace(SECRETS, cmi_password=newer))

    stack.cmi.on_download = changed
    stack.run_one()
    assert states(stack) == [S.STORED] * 2


def test_each_neighbour_gets_its_own_credentials_and_nothing_of_the_others(stack: Stack) -> None:
    stack.cmi.files = [a_file(1)]
    stack.event()
    stack.run()
    for request in stack.c4c.requests:
        assert request.headers["authorization"] == basic(stack.c4c.user, stack.c4c.password)
        assert "x-api-key" not in request.headers
    for request in stack.cmi.requests:
        assert request.headers["authorization"] == basic(stack.cmi.user, stack.cmi.password)
    assert stack.cmi.requests
    assert stack.c4c.requests


def test_a_round_prints_no_secret(stack: Stack, capfd: pytest.CaptureFixture[str]) -> None:
    stack.cmi.files = [a_file(1)]
    stack.c4c.plan("post", 503)
    stack.event()
    stack.run()
    printed = "".join(capfd.readouterr())
    assert [each for each in (SECRETS.cmi_password, SECRETS.cmi_api_key, SECRETS.c4c_password) if each in printed] == []
