"""The set-up's steps: each one's state from what the mocks return, and which step a failed exchange points to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from attachment_contract.gate import vocabulary as words
from attachment_lab.tenant.credentials import Account, PastedIntegration, default_tenant
from attachment_lab.tenant.entries import C4C_SERVICES, integration_forms
from attachment_lab.tenant.set_up.causes import RULES, FailedCall, cause_of
from attachment_lab.tenant.set_up.facts import SetUpFacts
from attachment_lab.tenant.set_up.mistakes import MISTAKES
from attachment_lab.tenant.set_up.model import SetUpStep, StepState, step_texts
from attachment_lab.tenant.set_up.steps import JUDGES, set_up_steps

NAMES = default_tenant()
NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
QUEUE = "8A51F0C3D2E74B6990A1B2C3D4E5F607"
SYSTEM = {"id": "SINCH_CONTACT_PRO", "host": "cmi.example"}
ARRANGEMENT = {
    "id": 1,
    "scenario": "OData Services for Business Objects",
    "system": "SINCH_CONTACT_PRO",
    "authentication": "basic",
    "user": "v1user",
    "services": list(C4C_SERVICES),
}
C4C_USER = {"user": "v1user", "kind": "technical", "services": list(C4C_SERVICES), "locked": False, "failures": 0}
NOWHERE: dict[str, list[str]] = {"queues": [], "agents": [], "queue_groups": []}
EVERYWHERE = {"queues": ["*"], "agents": ["*"], "queue_groups": ["*"]}
CMI_USER = {
    "name": "transcript.user",
    "rights": EVERYWHERE,
    "expires_at": "2028-11-29T12:00:00Z",
    "failures": 0,
    "locked_until": None,
    "password_set": "2026-11-30T11:00:00Z",
    "initial_password": True,
}
SECRETS = [
    {"name": "orchestration-layer", "kind": "oauth"},
    {"name": "ri-apikey", "kind": "text"},
    {"name": "cmi-chat-attachment-upload-user", "kind": "text"},
    {"name": "sap-v1-secret", "kind": "text"},
]
FORM = integration_forms(NAMES)[0] | {"id": "I-1", "authentications": [], "warnings": []}
COMPLETE = SetUpFacts(
    names=NAMES,
    systems=[SYSTEM],
    arrangements=[ARRANGEMENT],
    c4c_users=[C4C_USER],
    cmi_users=[CMI_USER],
    cmi_now=NOW,
    cmi_dialect={"password_lives_days": 365.0, "initial_password_must_change": False},
    channels=[{"channel_sub_type": "whatsapp", "files": True}, {"channel_sub_type": "sms", "files": False}],
    secrets=SECRETS,
    integrations=[FORM],
    issuer={"issuer": NAMES.token_issuer},
)
EMPTY = SetUpFacts(names=NAMES, cmi_now=NOW, channels=COMPLETE.channels, issuer=COMPLETE.issuer)


def without(name: str, /, **added: Any) -> list[dict[str, Any]]:
    """The secrets without one, and with another where its name is given."""
    return [each for each in SECRETS if each["name"] != name] + ([dict(added)] if added else [])


def form(**changes: Any) -> list[dict[str, Any]]:
    return [FORM | changes]


def edited(old: str, new: str) -> list[dict[str, Any]]:
    """The integration with another JSON."""
    assert old in FORM["json"]
    return form(json=FORM["json"].replace(old, new))


def crowd(count: int) -> list[dict[str, Any]]:
    """Integrations for every chat, with lower ordinals than the upload's."""
    others = [FORM | {"id": f"I{n}", "name": f"Other {n}", "ordinal": 0} for n in range(count)]
    return [*others, FORM | {"ordinal": 9}]


#: (step, changes of the complete facts, state, a part of what is found or of the remedy)
CASES: list[tuple[str, Mapping[str, Any], str, str]] = [
    ("system", {"systems": []}, "missing", "no communication system"),
    ("system", {"systems": [SYSTEM | {"host": ""}]}, "wrong", "has no host name"),
    ("arrangement", {"arrangements": []}, "missing", "No communication arrangement has the user v1user"),
    ("arrangement", {"arrangements": [ARRANGEMENT | {"scenario": "Files"}]}, "wrong", "has the scenario Files"),
    ("arrangement", {"arrangements": [ARRANGEMENT | {"system": "OTHER"}]}, "wrong", "communication system OTHER"),
    ("arrangement", {"systems": []}, "wrong", "has no communication system"),
    ("arrangement", {"c4c_users": [C4C_USER | {"locked": True}]}, "wrong", "has locked v1user"),
    ("services", {"arrangements": [ARRANGEMENT | {"services": []}]}, "missing", "No service is ticked for v1user"),
    ("services", {"arrangements": [ARRANGEMENT | {"services": ["activity"]}]}, "wrong", "chatactivity, call_list"),
    ("cmi-user", {"cmi_users": []}, "missing", "no user transcript.user"),
    ("expiration", {"cmi_users": [CMI_USER | {"expires_at": None}]}, "missing", "no expiration time"),
    ("expiration", {"cmi_users": [CMI_USER | {"expires_at": "2026-11-30T11:59:00Z"}]}, "wrong", "2026-11-30 11:59 UTC"),
    ("expiration", {"cmi_users": []}, "missing", "does not exist yet"),
    ("right", {"cmi_users": [CMI_USER | {"rights": NOWHERE}]}, "missing", "does not have"),
    ("right", {"cmi_users": [CMI_USER | {"rights": EVERYWHERE | {"queues": [], "queue_groups": ["A" * 32]}}]},
     "wrong", "does not reach Customer service"),
    ("right", {"cmi_users": []}, "missing", "does not exist yet"),
    ("authentication", {"cmi_users": [CMI_USER | {"locked_until": "2026-11-30T12:30:00Z"}]},
     "wrong", "is locked until"),
    ("authentication", {"cmi_users": [CMI_USER | {"failures": 2}]}, "wrong", "had a wrong password"),
    ("authentication", {"cmi_users": [CMI_USER | {"password_set": "2025-11-30T11:00:00Z"}]}, "wrong", "365 days"),
    ("authentication", {"cmi_dialect": {"initial_password_must_change": True}}, "wrong", "initial password"),
    ("authentication", {"cmi_users": []}, "missing", "does not exist yet"),
    ("oauth-secret", {"secrets": without("orchestration-layer")}, "missing", "no secret orchestration-layer"),
    ("oauth-secret", {"secrets": without("orchestration-layer", name="orchestration-layer", kind="text")},
     "wrong", "no OAuth credential"),
    ("cmi-secrets", {"secrets": without("ri-apikey")}, "missing", "no secret ri-apikey"),
    ("cmi-secrets", {"secrets": without("cmi-chat-attachment-upload-user")}, "missing", "attachment-upload-user"),
    ("c4c-secret", {"secrets": without("sap-v1-secret")}, "missing", "no secret sap-v1-secret"),
    ("c4c-secret", {"secrets": without("sap-v1-secret", name="sap-v1", kind="text")}, "wrong", "has sap-v1 instead"),
    ("c4c-secret", {"secrets": without("sap-v1-secret"), "refused_secrets": {"sap-v1-secret": "character 3 is new"}},
     "wrong", "was refused: character 3 is new"),
    ("c4c-secret", {"c4c_users": [C4C_USER | {"failures": 1}]}, "wrong", "the password was wrong"),
    ("c4c-secret", {"integrations": edited("secrets.sap-v1-secret", "secrets.sap-secret")},
     "wrong", "refers to sap-secret"),
    ("channel", {"channels": [{"channel_sub_type": "sms", "files": False}]}, "wrong", "No chat channel carries files"),
    ("channel", {"integrations": form(channel_type="Phone")}, "wrong", "channel type Phone"),
    ("integration", {"integrations": []}, "missing", "no event-driven integration"),
    ("integration", {"integrations": form(enabled=False)}, "wrong", "is disabled"),
    ("integration", {"integrations": form(events=["Accepted"])}, "wrong", "is for Accepted"),
    ("queues", {"integrations": []}, "missing", "no event-driven integration"),
    ("queues", {"integrations": form(direction="Outbound")}, "wrong", "for outgoing chats and has no queue"),
    ("queues", {"integrations": form(direction="Outbound", queues=[{"id": QUEUE, "address": "a@chat"}])},
     "wrong", "has only the queues a@chat"),
    ("queues", {"integrations": crowd(3)}, "wrong", "comes after 3 others"),
    ("json", {"integrations": []}, "missing", "no event-driven integration"),
    ("json", {"integrations": edited("{contact.guid}", "{contact.giud}")}, "wrong", "request.body.contact_id"),
    ("json", {"integrations": edited("my2554607", "my9999999")}, "wrong", "sap_v1.url names my9999999"),
    ("json", {"integrations": edited("/acme/cmi", "/acne/cmi")}, "wrong", "has the path acne"),
    ("json", {"integrations": edited("8h6b51di7x", "8h6b51di7y")}, "wrong", "cmi_url names 8h6b51di7y"),
    ("json", {"integrations": edited("transcript.user", "transcript.usr")}, "wrong", "cmi_user is transcript.usr"),
    ("json", {"integrations": edited("v1user", "v2user")}, "wrong", "sap_v1.user is v2user"),
    ("endpoint", {"integrations": []}, "missing", "no event-driven integration"),
    ("endpoint", {"integrations": form(endpoint_url=f"https://x.example{words.ENDPOINT_PATH}")}, "wrong", "x.example"),
    ("endpoint", {"integrations": form(endpoint_url=f"https://cc-workflows-au-s2.cc.sinch.com{words.ENDPOINT_PATH}")},
     "wrong", "the endpoint of Australia, its tokens come from login-eu-c1"),
]  # fmt: skip


def by_id(facts: SetUpFacts) -> dict[str, SetUpStep]:
    return {each.id: each for each in set_up_steps(facts)}


def test_every_step_of_the_table_has_a_state_and_the_order_is_the_documentations() -> None:
    assert [text.id for text in step_texts()] == list(JUDGES)
    assert [text.number for text in step_texts()] == list(range(1, len(JUDGES) + 1))


def test_a_complete_set_up_is_done_in_every_step() -> None:
    assert {each.id: each.sentence for each in set_up_steps(COMPLETE) if not each.is_done} == {}
    assert all(each.result.found and not each.result.remedy for each in set_up_steps(COMPLETE))


def test_a_tenant_from_nothing_misses_every_step_but_the_channel() -> None:
    states = {each.id: each.result.state for each in set_up_steps(EMPTY)}
    assert states.pop("channel") is StepState.DONE
    assert set(states.values()) == {StepState.MISSING}


@pytest.mark.parametrize(
    ("step", "changes", "state", "part"), CASES, ids=[f"{s}-{n}" for n, (s, *_) in enumerate(CASES)]
)
def test_a_step_says_its_state_why_and_what_to_do(step: str, changes: Mapping[str, Any], state: str, part: str) -> None:
    found = by_id(replace(COMPLETE, **changes))[step]
    assert (found.result.state, bool(found.result.remedy)) == (state, True), found.sentence
    assert part in f"{found.result.found} {found.result.remedy}"
    assert found.result.found.endswith(".")


def test_every_step_can_be_missing_or_wrong() -> None:
    assert {step for step, *_ in CASES} == set(JUDGES)


def test_a_right_on_the_queues_that_the_integrations_name_is_enough() -> None:
    user = CMI_USER | {"rights": EVERYWHERE | {"queues": [QUEUE], "queue_groups": []}}
    queue = {"id": QUEUE, "address": "claims@whatsapp.sinchconversation.com"}
    facts = replace(COMPLETE, cmi_users=[user], integrations=form(direction="Outbound", queues=[queue]))
    assert {each.id for each in set_up_steps(facts) if not each.is_done} == set()


def test_further_integrations_of_the_configuration_count_with_their_users_and_secrets() -> None:
    more = FORM["json"].replace("transcript.user", "second.user").replace("sap-v1-secret", "second-secret")
    names = replace(
        NAMES,
        integrations=(PastedIntegration(json=FORM["json"]), PastedIntegration(json=more, name="Second")),
        more_accounts=(Account(system="cmi", user="second.user", password="x" * 20),),
        more_secrets={"second-secret": "y" * 20},
    )
    steps = by_id(replace(COMPLETE, names=names))
    assert "1 of the 2 integrations" in steps["integration"].result.found
    second = FORM | {"id": "I-2", "name": "Second", "json": more}
    steps = by_id(replace(COMPLETE, names=names, integrations=[FORM, second]))
    assert steps["integration"].is_done
    assert "no user second.user" in steps["cmi-user"].result.found
    assert "no secret second-secret" in steps["c4c-secret"].result.found


def test_a_step_as_json_has_its_place_its_gist_and_its_state_and_no_secret() -> None:
    shown = [each.to_json() for each in set_up_steps(COMPLETE)]
    assert set(shown[0]) == {
        *("id", "number", "title", "group", "system", "menu", "page", "gist", "at", "part", "link"),
        *("state", "found", "remedy"),
    }
    assert [what for what, secret in NAMES.guarded().items() if secret in json.dumps(shown)] == []


#: (call, changes of the complete facts, the step that is the cause)
CAUSES: list[tuple[FailedCall, Mapping[str, Any], str | None]] = [
    (FailedCall(hop="c4c", operation="find", status=403), {"arrangements": [ARRANGEMENT | {"services": []}]},
     "services"),
    (FailedCall(hop="c4c", operation="find", status=200), {"systems": [SYSTEM | {"host": ""}]}, "system"),
    (FailedCall(hop="c4c", operation="find", status=200), {}, None),
    (FailedCall(hop="c4c", operation="find", status=401), {"c4c_users": [C4C_USER | {"failures": 1}]}, "c4c-secret"),
    (FailedCall(hop="c4c", operation="upload", status=503), {"arrangements": []}, None),
    (FailedCall(hop="cmi", operation="list", status=401, answer="the user is expired"),
     {"cmi_users": [CMI_USER | {"expires_at": "2026-11-01T00:00:00Z", "failures": 1}]}, "expiration"),
    (FailedCall(hop="cmi", operation="list", status=401), {"cmi_users": []}, "cmi-user"),
    (FailedCall(hop="cmi", operation="list", status=403, answer="the user lacks 'Manage contact history'"),
     {"cmi_users": [CMI_USER | {"rights": NOWHERE}]}, "right"),
    (FailedCall(hop="cmi", operation="list", status=403, answer="x-api-key is missing"),
     {"secrets": without("ri-apikey")}, "cmi-secrets"),
    (FailedCall(hop="delivery", operation="delivery", status=0, answer="there is no secret named sap-v1-secret"),
     {"secrets": without("sap-v1-secret")}, "c4c-secret"),
    (FailedCall(hop="delivery", operation="delivery", status=403), {"integrations": edited("my2554607", "my1")},
     "json"),
    (FailedCall(hop="contact-pro", operation="token", status=401), {"secrets": without("orchestration-layer")},
     "oauth-secret"),
    (FailedCall(hop="contact-pro", operation="integration", status=200), {"integrations": form(direction="Outbound")},
     "queues"),
    (FailedCall(hop="contact-pro", operation="keys", status=500), {"secrets": []}, None),
]  # fmt: skip


@pytest.mark.parametrize(("call", "changes", "step"), CAUSES)
def test_a_failed_exchange_points_to_the_step_that_is_its_cause(
    call: FailedCall, changes: Mapping[str, Any], step: str | None
) -> None:
    found = cause_of(call, set_up_steps(replace(COMPLETE, **changes)))
    assert (found.id if found else None) == step
    assert cause_of(call, set_up_steps(COMPLETE)) is None


def test_rules_and_mistakes_name_steps_that_exist() -> None:
    assert {step for rule in RULES for step in rule.steps} <= set(JUDGES)
    assert {each.step for each in MISTAKES} <= set(JUDGES)
    assert len({each.id for each in MISTAKES}) == len(MISTAKES)
