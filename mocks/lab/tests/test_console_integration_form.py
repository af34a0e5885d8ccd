"""The gate's findings, at the position where a person is typing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attachment_contract.dryrun.request import NothingToSend
from attachment_lab.console.forms.integration_form import (
    TypedIntegration,
    corrected,
    dry_run_of,
    findings_of,
    rule_page,
    users_of,
)
from attachment_lab.tenant.credentials import default_tenant, fresh_tenant

SECRETS = ("orchestration-layer", "ri-apikey", "cmi-chat-attachment-upload-user", "sap-v1-secret")
FORM: dict[str, Any] = {
    "name": "files",
    "channel_type": "Chat",
    "endpoint_url": "https://cc-workflows-eu-c1.cc.sinch.com/prod/chat-attachments",
    "direction": "Both",
    "ordinal": 1,
    "events": ["Ended"],
    "queues": [],
    "direct_conversations": False,
    "enabled": True,
}


def typed(text: str, **form: Any) -> TypedIntegration:
    return TypedIntegration(text=text, form=FORM | form, secret_names=SECRETS)


def laid_out() -> str:
    return json.dumps(json.loads(default_tenant().integration_json), indent=2)


@pytest.mark.parametrize("tenant", [default_tenant(), fresh_tenant()], ids=["default", "fresh"])
def test_the_documented_example_has_no_finding_in_any_tenant(tenant: Any) -> None:
    assert findings_of(typed(tenant.integration_json))["findings"] == []


@pytest.mark.parametrize("lead", ["", "\n\n", "\t", "\r\n"])
def test_a_finding_is_at_the_position_where_it_was_typed(lead: str) -> None:
    text = lead + laid_out().replace("{contact.guid}", "{contact.giud}")
    (finding,) = findings_of(typed(text))["findings"]
    assert (finding["rule"], finding["field"]) == ("AC401", "json")
    assert text[finding["start"] : finding["end"]] == "{contact.giud}"
    before = text[: finding["start"]]
    assert (finding["line"], finding["column"]) == (before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1)


def test_positions_are_counted_as_a_browser_counts_them() -> None:
    text = laid_out().replace('"user": "v1user"', '"user": "😀v1:user"')
    (finding,) = [each for each in findings_of(typed(text))["findings"] if each["rule"] == "AC601"]
    units = text.encode("utf-16-le")
    assert "v1:user" in units[2 * finding["start"] : 2 * finding["end"]].decode("utf-16-le")


def test_a_text_that_is_no_json_is_a_finding_where_parsing_ended() -> None:
    (finding,) = findings_of(typed('{\n  "request": {"method": }\n}'))["findings"]
    assert (finding["rule"], finding["line"]) == ("AC001", 2)


def test_a_finding_of_the_form_names_its_field_and_comes_first() -> None:
    text = laid_out().replace("{contact.guid}", "{contact.giud}")
    found = findings_of(typed(text, events=["Accepted"]))["findings"]
    assert [(each["rule"], each["field"]) for each in found[-1:]] == [("AC401", "json")]
    assert {(each["rule"], each["field"]) for each in found[:-1]} == {("AC804", "events"), ("AC806", "events")}


def test_a_secret_that_the_manager_lacks_is_found() -> None:
    found = findings_of(TypedIntegration(text=laid_out(), form=FORM, secret_names=SECRETS[:-1]))["findings"]
    assert {(each["rule"], each["line"]) for each in found} == {("AC303", 11)}


def test_what_is_mechanical_is_corrected_and_the_form_with_it() -> None:
    broken = laid_out().replace('"POST",', '"post", // a remark')
    done = corrected(typed(broken, events=["ended"]))
    assert findings_of(typed(done["json"]))["ok"]
    assert done["form"]["events"] == ["Ended"]
    assert {"AC008", "AC104", "AC805"} <= set(done["rules"])


def test_nothing_is_corrected_where_a_person_has_to_decide() -> None:
    text = laid_out().replace("{secrets.ri-apikey}", "{secrets.of-my-own}")
    assert not findings_of(typed(text))["ok"]
    assert corrected(typed(text)) == {"json": text, "form": FORM, "rules": []}


def test_the_dry_run_makes_the_request_and_masks_its_secrets() -> None:
    made = dry_run_of(typed(laid_out()), "Ended")
    assert made["ok"] is True
    assert "x-cmi-password: ********" in made["wire"]
    assert "Host: cc-workflows-eu-c1.cc.sinch.com" in made["wire"]


def test_there_is_nothing_to_try_in_a_text_that_is_no_json() -> None:
    with pytest.raises(NothingToSend):
        dry_run_of(typed("{"), "Ended")


def test_a_rule_is_explained_and_an_unknown_one_is_not() -> None:
    page = rule_page("ac401")
    assert page is not None
    assert {"id", "title", "why", "wrong", "right", "remedy", "source"} <= set(page)
    assert rule_page("AC999") is None


def test_an_integration_uses_the_secrets_that_its_json_names() -> None:
    row = {"name": "files", "json": laid_out(), "endpoint_url": FORM["endpoint_url"]}
    assert [users_of(name, [row]) for name in (*SECRETS, "another")] == [["files"]] * 4 + [[]]


@given(st.text(max_size=200))
def test_every_position_is_within_the_typed_text(text: str) -> None:
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    for each in findings_of(typed(text))["findings"]:
        assert 0 <= each["start"] <= each["end"] <= units
