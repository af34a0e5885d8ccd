"""The whole stack as real processes: what becomes of a chat's files, told by what C4C holds in the end."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from attachment_lab.demo.files import customer_files
from attachment_lab.stack.clocks import read_offset
from attachment_lab.stack.processes import kill_listener
from attachment_lab.tenant.credentials import sealing_key
from attachment_lab.tenant.opening import TenantOptions
from attachment_lab.tenant.service_api import TransferRecord
from attachment_lab.testing.lab import LabChat, LabTenant

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]

PHOTO = ("photo.jpg", b"\xff\xd8\xff\xe0" + b"a photo " * 5000)
NOTE = ("note.txt", b"see you on Monday\n")


@pytest.fixture
def tenant_options(request: pytest.FixtureRequest) -> TenantOptions | None:
    """Options of the test's tenant, from its ``view`` marker parameter."""
    return getattr(request, "param", None)


def wait_for(condition: Callable[[], bool], what: str, timeout_s: float = 60.0) -> None:
    """Poll a condition; it is the condition that decides, not a nap."""
    pause = threading.Event()
    for _ in range(int(timeout_s / 0.05)):
        if condition():
            return
        pause.wait(0.05)
    pytest.fail(f"never happened: {what}")


def let_time_pass_until_at_rest(tenant: LabTenant, *, most_rounds: int = 20) -> None:
    """Whenever the transfer waits, move the virtual clock to its next round; until it is final."""
    wait_for(lambda: bool(tenant.transfers()), "the event arrives")
    for _ in range(most_rounds):
        wait_for(lambda: only_transfer(tenant).state not in {"queued", "running"}, "the round ends")
        transfer = only_transfer(tenant)
        if transfer.is_at_rest:
            return
        due = datetime.fromisoformat(transfer.next_round_at or "").timestamp()
        now = time.time() + read_offset(tenant.lab.stack.clock_file)
        tenant.clock.advance(seconds=max(0.0, due - now) + 0.1)
        wait_for(lambda before=transfer: only_transfer(tenant) != before, "the next round begins")  # type: ignore[misc]
    pytest.fail(f"still not at rest: {only_transfer(tenant)}")


def digests_sent(chat: LabChat) -> list[str]:
    return sorted(file.sha256 for file in chat.files)


def digests_stored(tenant: LabTenant) -> list[str]:
    return sorted(stored.sha256 for stored in tenant.stored())


def only_transfer(tenant: LabTenant) -> TransferRecord:
    (transfer,) = tenant.transfers()
    return transfer


@pytest.mark.sample
def test_every_kind_of_file_that_customers_send_arrives_intact(tenant: LabTenant, tmp_path: Path) -> None:
    chat = tenant.chat(files=customer_files(tmp_path))
    chat.end()
    tenant.wait_until_settled()
    assert len(chat.files) >= 12
    assert digests_stored(tenant) == digests_sent(chat)
    assert only_transfer(tenant).outcome == "stored"


@pytest.mark.parametrize("tenant_options", [TenantOptions(events=("Ended", "Closed"))], indirect=True)
def test_ended_and_closed_make_one_transfer_and_every_file_once(tenant: LabTenant) -> None:
    chat = tenant.chat(files=[PHOTO, NOTE])
    chat.end()
    chat.wrap_up()
    tenant.wait_until_settled()
    assert only_transfer(tenant).rounds >= 1
    assert digests_stored(tenant) == digests_sent(chat)


def test_two_legs_of_one_conversation_make_one_transfer_and_every_file_once(tenant: LabTenant) -> None:
    chat = tenant.chat(files=[PHOTO])
    chat.add_leg()
    chat.send(NOTE)
    chat.end()
    chat.fire("Ended")
    tenant.wait_until_settled()
    assert len(tenant.transfers()) == 1
    assert digests_stored(tenant) == digests_sent(chat)


def test_a_repeated_event_runs_another_round_and_stores_nothing_twice(tenant: LabTenant) -> None:
    chat = tenant.chat(files=[PHOTO])
    chat.end()
    tenant.wait_until_settled()
    chat.fire("Ended")
    wait_for(lambda: only_transfer(tenant).rounds == 2, "the second round")
    tenant.wait_until_settled()
    assert digests_stored(tenant) == digests_sent(chat)


@pytest.mark.own_stack
@pytest.mark.parametrize(
    "tenant_options",
    [TenantOptions(events=("Ended", "Closed"), dialects={"cmi": {"history_visible_at": "wrap_up"}})],
    indirect=True,
)
def test_history_that_is_complete_only_after_wrap_up_is_carried_then(tenant: LabTenant) -> None:
    chat = tenant.chat(files=[PHOTO, NOTE])
    chat.end()
    wait_for(lambda: any(t.state == "waiting" for t in tenant.transfers()), "the first round finds no history")
    assert tenant.stored() == []
    chat.wrap_up()
    tenant.wait_until_settled()
    assert only_transfer(tenant).rounds >= 2
    assert digests_stored(tenant) == digests_sent(chat)


@pytest.mark.own_stack
def test_a_chat_that_no_agent_took_ends_as_no_activity(tenant: LabTenant) -> None:
    chat = tenant.chat(files=[NOTE], accepted=False)
    chat.end()
    let_time_pass_until_at_rest(tenant)
    transfer = only_transfer(tenant)
    assert (transfer.state, transfer.outcome) == ("settled", "no_activity")


def test_a_chat_without_files_ends_as_no_attachments(tenant: LabTenant) -> None:
    tenant.chat().end()
    tenant.wait_until_settled()
    transfer = only_transfer(tenant)
    assert (transfer.state, transfer.outcome) == ("settled", "no_attachments")


@pytest.mark.sample
@pytest.mark.own_stack
def test_a_lost_answer_does_not_file_the_attachment_twice(tenant: LabTenant) -> None:
    tenant.fault(mock="c4c", kind="status", path="*/ChatActivityAttachment*", method="POST", phase="after", status=504)
    chat = tenant.chat(files=[PHOTO, NOTE])
    chat.end()
    let_time_pass_until_at_rest(tenant)
    assert digests_stored(tenant) == digests_sent(chat)
    assert only_transfer(tenant).rounds >= 2


LOCKED_IN_ENGLISH = '{"error": {"code": "", "message": {"lang": "en", "value": "Object is locked by user AGENT01"}}}'
LOCKED_IN_GERMAN_INSIDE = (
    '{"error": {"code": "X", "message": {"lang": "de", "value": "Fehler"}, "innererror": {"errordetails": '
    '[{"code": "", "message": "Objekt ist durch AGENT01 gesperrt"}]}}}'
)
LOCKED_IN_XML = '<error><code/><message xml:lang="de">Objekt ist durch AGENT01 gesperrt</message></error>'


# Twice: a refusal of unknown cause is asked once more as well, and parked after that.
@pytest.mark.parametrize(
    ("locked", "content_type", "times"),
    [(LOCKED_IN_ENGLISH, "json", 1), (LOCKED_IN_GERMAN_INSIDE, "json", 2), (LOCKED_IN_XML, "xml", 2)],
    ids=["in English", "in German, inside", "in XML"],
)
def test_a_locked_activity_is_waited_for(tenant: LabTenant, locked: str, content_type: str, times: int) -> None:
    tenant.fault(
        mock="c4c", kind="status", path="*/ChatActivityAttachment", method="POST", times=times,
        status=400, body=locked, content_type=f"application/{content_type}",
    )  # fmt: skip
    chat = tenant.chat(files=[NOTE])
    chat.end()
    tenant.wait_until_settled(timeout_s=120)
    assert digests_stored(tenant) == digests_sent(chat)


def test_a_refusal_of_unknown_cause_is_asked_once_more_before_it_is_believed(tenant: LabTenant) -> None:
    tenant.fault(mock="c4c", kind="status", path="*/ChatActivityAttachment", method="POST", status=400, body="")
    chat = tenant.chat(files=[NOTE])
    chat.end()
    tenant.wait_until_settled(timeout_s=120)
    assert digests_stored(tenant) == digests_sent(chat)


@pytest.mark.no_reconciliation(reason="the reconciliation has to object here")
def test_a_byte_changed_on_the_way_out_of_cmi_is_named_with_file_and_hop(tenant: LabTenant) -> None:
    tenant.fault(mock="cmi", kind="flip_byte", path="*/attachments/*", method="GET", offset=7)
    tenant.chat(files=[PHOTO]).end()
    tenant.wait_until_settled()
    verdict = tenant.verdict()
    sentences = " ".join(str(violation) for violation in verdict.violations)
    assert not verdict.ok
    assert "photo.jpg" in sentences
    assert "CMI" in sentences


@pytest.mark.own_stack(service_environment={"ATTACHMENT_TRANSFER_VERIFY_DIGEST": "1"})
@pytest.mark.no_reconciliation(reason="the damaged object stays at C4C for a person to judge")
def test_a_byte_changed_on_the_way_into_c4c_is_found_by_the_service_itself(tenant: LabTenant) -> None:
    # The offset lies in the base64 text; 'A' ^ 1 is still base64, so C4C takes it.
    tenant.fault(mock="c4c", kind="flip_request_byte", path="*/ChatActivityAttachment", method="POST", offset=400)
    tenant.chat(files=[PHOTO]).end()
    tenant.wait_until_settled()
    transfer = only_transfer(tenant)
    assert transfer.state == "parked"
    assert "digest-mismatch" in (transfer.reason or "")


@pytest.mark.own_stack(fault_proxy=True)
def test_a_download_cut_in_the_middle_leaves_nothing_at_c4c_and_is_tried_again(tenant: LabTenant) -> None:
    tenant.fault(mock="cmi", kind="cut", path="*/attachments/*", method="GET", after_bytes=20_000)
    chat = tenant.chat(files=[PHOTO])
    chat.end()
    let_time_pass_until_at_rest(tenant)
    assert digests_stored(tenant) == digests_sent(chat)


@pytest.mark.own_stack(fault_proxy=True)
def test_an_upload_whose_connection_dies_after_it_was_kept_is_adopted(tenant: LabTenant) -> None:
    tenant.fault(mock="c4c", kind="lost_answer", path="*/ChatActivityAttachment", method="POST")
    chat = tenant.chat(files=[PHOTO])
    chat.end()
    let_time_pass_until_at_rest(tenant)
    assert digests_stored(tenant) == digests_sent(chat)
    assert only_transfer(tenant).attachments[0].attempts == 1


@pytest.mark.own_stack
def test_a_worker_killed_in_the_middle_changes_nothing_in_the_end(tenant: LabTenant, tmp_path: Path) -> None:
    chat = tenant.chat(files=customer_files(tmp_path))
    chat.end()
    wait_for(lambda: len(tenant.stored()) >= 3, "three files are stored")
    kill_listener(tenant.lab.stack.ports.service + 1)
    let_time_pass_until_at_rest(tenant)
    assert digests_stored(tenant) == digests_sent(chat)


def test_the_operator_sees_a_normal_outcome_on_the_command_line(tenant: LabTenant) -> None:
    tenant.chat().end()
    tenant.wait_until_settled()
    transfer = only_transfer(tenant)
    environment = {
        "DATABASE_URL": tenant.lab.stack.service_settings["DATABASE_URL"],
        "ATTACHMENT_TRANSFER_SEALING_KEYS": sealing_key(),  # reading needs a key ring, not this very key
    }
    shown = subprocess.run(
        [sys.executable, "-m", "attachment_transfer", "transfers", "show", transfer.id],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "no_attachments" in shown.stdout
