"""What a wrong implementation would do, done by the technical user on a real stack: the judge names it."""

from __future__ import annotations

import httpx
import pytest
from technical_user import TechnicalUser

from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.reconciliation.records import Violation
from attachment_lab.reconciliation.settling import wait_until
from attachment_lab.testing.lab import LabTenant

pytestmark = [
    pytest.mark.stack,
    pytest.mark.timeout(180),
    pytest.mark.no_reconciliation(reason="each test breaks an invariant on purpose"),
    pytest.mark.off_contract(reason="requests of a test double are no traffic of the service"),
]

PHOTO = ("photo.jpg", b"\xff\xd8\xff\xe0" + b"a photo " * 500)
NOTE = ("note.txt", b"see you on Monday\n")


def outside(tenant: LabTenant) -> list[Violation]:
    """What the judge finds without the service's own view."""
    reconciliation = Reconciliation(
        tenant.lab.stack.clients, tenant.names, run_dir=tenant.lab.stack.run_dir, service_is_visible=False
    )
    return list(reconciliation.verdict().violations)


def both(tenant: LabTenant) -> list[Violation]:
    """With the service's own view."""
    return list(tenant.verdict().violations)


def test_a_sound_chat_is_sound_without_the_services_own_view(tenant: LabTenant) -> None:
    tenant.chat(files=[PHOTO, NOTE]).end()
    tenant.wait_until_settled()
    assert outside(tenant) == both(tenant) == []


def test_one_customers_file_in_anothers_activity_is_red(tenant: LabTenant) -> None:
    alice, bert = tenant.chat(files=[PHOTO]), tenant.chat(files=[NOTE])
    alice.end()
    bert.end()
    tenant.wait_until_settled()
    with TechnicalUser(tenant) as user:
        user.store(bert, *PHOTO, "image/jpeg")
    for found in (outside(tenant), both(tenant)):
        [violation] = found
        assert (violation.invariant, violation.file) == ("destination", "photo.jpg")
        assert alice.guid in violation.fact
        assert f"in the activity of chat {bert.guid} (with note.txt)" in violation.fact


def test_a_wrong_name_and_a_wrong_type_are_red(tenant: LabTenant) -> None:
    chat = tenant.chat(files=[PHOTO, NOTE])
    tenant.fault(mock="cmi", kind="status", path="*/attachments/*", times=None, status=404)
    chat.end()
    tenant.wait_until_settled()
    with TechnicalUser(tenant) as user:
        user.store(chat, "picture.jpg", PHOTO[1], "image/jpeg")
        user.store(chat, *NOTE, "application/pdf")
    violations = [each for each in outside(tenant) if each.invariant == "naming"]
    assert [each.file for each in violations] == ["photo.jpg", "note.txt"]
    assert "under the name picture.jpg" in violations[0].fact
    assert violations[1].fact == "C4C holds it as application/pdf, the customer sent text/plain"
    reported = [each for each in both(tenant) if each.invariant == "honesty"]
    assert "the service reports it parked (attachment-gone" in reported[0].fact


def test_a_change_and_a_deletion_are_red_inside_a_batch_too(tenant: LabTenant) -> None:
    chat = tenant.chat(files=[NOTE])
    chat.end()
    tenant.wait_until_settled()
    [stored] = tenant.stored()
    with TechnicalUser(tenant) as user:
        user.send("MERGE", stored.object_id)
        user.delete_in_batch(stored.object_id)
    changes = [each for each in outside(tenant) if each.invariant == "no change"]
    assert [each.fact.partition(" (")[0] for each in changes] == [
        f"user {tenant.names.c4c_user} sent MERGE",
        f"user {tenant.names.c4c_user} sent DELETE inside a $batch",
    ]


def test_a_secret_of_one_neighbour_in_a_masked_header_to_another_is_red(tenant: LabTenant) -> None:
    with TechnicalUser(tenant) as user:
        user.c4c.get("/sap/c4c/odata/v1/chatactivity/", headers={"X-Upstream-Token": tenant.names.cmi_password})
    [violation] = outside(tenant)
    assert (violation.invariant, violation.hop) == ("credentials", "service → C4C")
    assert violation.fact.startswith("the CMI password was sent to C4C, in header x-upstream-token")
    assert tenant.names.cmi_password not in str(violation)


def test_a_secret_that_goes_to_a_host_of_nobody_is_red(tenant: LabTenant) -> None:
    port = tenant.lab.stack.ports.edge_proxy
    key = {"Host": "nowhere.example", "x-api-key": tenant.names.api_key}
    answer = httpx.get(f"http://127.0.0.1:{port}/", headers=key, trust_env=False)
    assert answer.status_code == 421
    [violation] = outside(tenant)
    assert violation.fact.startswith("the CMI API key was sent to nowhere.example, which no tenant of this stack has")


def test_a_password_that_was_refused_and_is_tried_again_is_red(tenant: LabTenant) -> None:
    wrong = (tenant.names.cmi_user, "Wrong-Password-1")
    with TechnicalUser(tenant) as user:
        for _ in range(2):
            key = {"x-api-key": tenant.names.api_key}
            answer = user.cmi.get(f"/{tenant.names.tenant_path}/cmi/chats", auth=wrong, headers=key)
            assert answer.status_code == 401
    [violation] = [each for each in outside(tenant) if "tried again" in each.fact]
    assert violation.invariant == "credentials"
    assert f"user {tenant.names.cmi_user}" in violation.fact


@pytest.mark.parametrize(
    "flaw", ["token_expired", "token_unsigned", "token_of_other_issuer", "token_for_other_audience"]
)
def test_a_token_that_must_be_refused_starts_nothing_here(tenant: LabTenant, flaw: str) -> None:
    chat = tenant.chat(files=[NOTE])
    tenant.reconciliation.service.token()  # the lab's own, cached: the issuer's failures are for the event engine
    body = {"kind": flaw, "times": 2}  # the engine asks for a second token after a 401
    tenant.mock("orchestration").post("/_mock/oauth/failures", body, tenant=tenant.name)
    chat.end()
    wait_until(tenant.reconciliation, lambda state: [each.state for each in state.deliveries] == ["failed"])
    [delivery] = tenant.reconciliation.deliveries()
    assert (delivery.status, delivery.token_flaw) == (401, flaw)
    assert [each.invariant for each in outside(tenant)] == ["delivered"]
    assert tenant.stored() == []


@pytest.mark.long
@pytest.mark.own_stack(service_environment={"ATTACHMENT_TRANSFER_VERIFY_DIGEST": "1"})
def test_a_damaged_copy_that_was_rightly_reported_failed_is_called_that(tenant: LabTenant) -> None:
    chat = tenant.chat(files=[NOTE, ("see.txt", b"See" * 1000)])  # each sign of its base64 may change by one bit
    path = "*/ChatActivityAttachment"
    tenant.fault(mock="c4c", kind="flip_request_byte", path=path, method="POST", skip=1, offset=2000)
    chat.end()
    tenant.wait_until_settled()
    [violation] = both(tenant)
    assert (violation.invariant, violation.file, violation.hop) == ("integrity", "see.txt", "service → C4C")
    assert "is a damaged copy, rightly reported failed (digest-mismatch" in violation.fact
    assert violation.fact.endswith("the upload was changed by the planned fault flip_request_byte")
    assert violation.remedy.startswith("Delete this object in C4C")
    [seen] = outside(tenant)
    assert (seen.invariant, seen.file, seen.hop) == ("integrity", "see.txt", "service → C4C")
