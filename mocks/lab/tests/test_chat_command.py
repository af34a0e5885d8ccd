"""``attachment-lab chat`` and ``reconcile`` say why: not fired, refused, failed; a chat is ended later by its id."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from running_kit import Commands, stack_file_for

from attachment_lab.reconciliation.delivery_words import not_fired, problem_words, why_of_delivery
from attachment_lab.reconciliation.no_transfer import why_of_chat
from attachment_lab.reconciliation.records import DeliveryRecord
from attachment_lab.testing.lab import LabTenant

NOT_LISTED = "my9999999.de1.crm.cloud.sap"


@pytest.fixture
def commands(tenant: LabTenant, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Commands:
    (tmp_path / "a.txt").write_text("hello")
    return Commands(stack_file_for(tenant, tmp_path / "stack.json"), capsys)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.txt"


def integration(tenant: LabTenant) -> dict[str, Any]:
    [found] = tenant.mock("orchestration").get("/_mock/event-driven-integrations", tenant=tenant.name)
    return dict(found)


def change_integration(tenant: LabTenant, **changes: Any) -> None:
    form = integration(tenant)
    path = f"/{tenant.names.tenant_path}/system-configurator/api/event-driven-integrations/{form['id']}"
    tenant.mock("orchestration").put(path, form | changes)


@pytest.mark.stack
def test_a_chat_begun_without_end_is_ended_and_fired_later_by_its_id(commands: Commands, file: Path) -> None:
    begun = commands.json("chat", "--file", file)
    assert begun["event"] is None
    assert begun["attachments"][0]["reason"].startswith("event not fired: the chat is still open; `attachment-lab chat")
    ended = commands.json("chat", "--end", begun["contact_id"].lower(), "--file", file)
    assert ended["contact_id"] == begun["contact_id"]
    assert [each["outcome"] for each in ended["attachments"]] == ["stored", "stored"]
    assert ended["event"] == {"accepted": True, "reason": None}


@pytest.mark.stack
def test_a_chat_that_ended_without_its_event_gets_it_by_its_id(
    tenant: LabTenant, commands: Commands, file: Path
) -> None:
    chat = tenant.chat(files=[("b.txt", b"hello")])
    chat.end(fire=False)
    code, said, _ = commands.call("reconcile")
    assert code == 0
    assert f"chat {chat.guid}: event not fired: the chat ended without it" in said
    assert commands.json("chat", "--end", chat.guid)["attachments"][0]["outcome"] == "stored"


@pytest.mark.stack
def test_a_chat_that_does_not_exist_is_wrong_use(commands: Commands) -> None:
    code, _, said = commands.call("chat", "--end", "0" * 32)
    assert code == 2
    assert "has no such chat" in said


@pytest.mark.stack
def test_an_event_that_no_integration_takes_is_called_not_fired_with_the_reason(
    tenant: LabTenant, commands: Commands, file: Path
) -> None:
    change_integration(tenant, events=["Accepted"])
    name = integration(tenant)["name"]
    code, said, _ = commands.call("chat", "--file", file, "--end")
    assert code == 1
    for event in ("Ended", "Closed"):
        assert f"event {event} not fired: no integration applies ({name}: it listens to Accepted" in said
    listed = commands.json("reconcile")["attachments"]
    assert listed[0]["reason"].startswith("event Closed not fired: no integration applies")


@pytest.mark.stack
@pytest.mark.no_reconciliation(reason="the service refuses the event on purpose")
def test_a_host_that_is_not_allowed_is_named_with_the_services_status_and_remedy(
    tenant: LabTenant, commands: Commands, file: Path
) -> None:
    change_integration(tenant, json=integration(tenant)["json"].replace(tenant.names.c4c_host, NOT_LISTED))
    code, said, _ = commands.call("chat", "--file", file, "--end")
    assert code == 1
    for command in (said, commands.call("reconcile")[1]):
        assert "the service answered 403: " in command
        assert NOT_LISTED in command
        assert "remedy: " in command


@pytest.mark.stack
def test_a_file_whose_name_on_disk_is_no_text_is_sent_under_a_readable_one(commands: Commands, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"Vertr\xe4ge \xff.pdf")
    path.write_bytes(b"%PDF-1.4 a contract")
    [row] = commands.json("chat", "--file", path, "--end")["attachments"]
    assert (row["name"], row["outcome"]) == ("Vertr\ufffdge \ufffd.pdf", "stored")


@pytest.mark.long
@pytest.mark.stack
def test_end_waits_for_its_own_chat_only(tenant: LabTenant, commands: Commands, file: Path) -> None:
    stuck = tenant.chat(files=[("stuck.txt", b"stuck")])
    path = f"*/attachments/{stuck.files[0].id}*"
    fault = tenant.fault(mock="cmi", kind="status", path=path, times=None, status=503)
    stuck.end()
    assert commands.json("chat", "--file", file, "--end", "--timeout", "60")["attachments"][0]["outcome"] == "stored"
    fault.remove()
    tenant.wait_until_settled(timeout_s=180)


def delivery(**changes: Any) -> DeliveryRecord:
    return DeliveryRecord(**{"id": "d", "event_id": "e", "event": "Ended", "chat": "C", "state": "failed"} | changes)


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (delivery(state="delivered", status=202), None),
        (delivery(state="pending"), None),
        (delivery(error="connection refused"), "the service gave no answer: connection refused"),
        (delivery(state="not_sent", error="no secret x"), "not fired: its request could not be made: no secret x"),
        (delivery(status=503), "the service answered 503"),
        (delivery(status=500, answer="<html>oops"), "the service answered 500: <html>oops"),
        (delivery(status=401, answer='{"title": "No", "detail": "expired"}'), "the service answered 401: expired"),
    ],
)
def test_a_delivery_says_why_it_failed(one: DeliveryRecord, words: str | None) -> None:
    assert why_of_delivery(one) == words


def test_a_refusal_repeats_what_was_found_and_each_remedy_once() -> None:
    error = {"message": "the host is not allowed here", "remedy": "add it"}
    errors = [error | {"found": f"https://{name}"} for name in "ab"]
    assert list(problem_words(json.dumps({"detail": "Not on the list", "errors": errors}))) == [
        "https://a: the host is not allowed here",
        "https://b: the host is not allowed here",
        "remedy: add it",
    ]


@pytest.mark.parametrize(
    ("deliveries", "fired", "status", "words"),
    [
        ([], [], "Queued", "event not fired: the chat waits for an agent; `attachment-lab chat --end C`"),
        ([], [], "Handled", "event not fired: the chat ended without it; `attachment-lab chat --end C` fires it"),
        ([], [{"event": "Ended", "delivery_ids": ["d"]}], "Ended", "event Ended is not delivered yet"),
        ([delivery(state="delivered")], [], "Ended", "event Ended: the service accepted it, and has no transfer yet"),
        ([delivery(status=403)], [], "Ended", "the service answered 403"),
    ],
)
def test_a_chat_without_a_transfer_has_one_sentence(
    deliveries: list[DeliveryRecord], fired: list[dict[str, Any]], status: str, words: str
) -> None:
    assert why_of_chat("C", deliveries, fired, status).startswith(words)


def test_an_event_without_any_integration_is_called_not_fired() -> None:
    assert not_fired("Ended", []) == "event Ended not fired: no integration applies (the tenant has no integration)"
