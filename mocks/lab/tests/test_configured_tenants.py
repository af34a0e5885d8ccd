"""A tenant read from a customer's configurations: whatever hosts, users and names of secrets these have."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from configuration_samples import CUSTOMERS, chat_configuration, email_analysis, envelope

from attachment_lab.errors import WrongUse
from attachment_lab.tenant.configured import ConfigurationRefused, read_tenant, sources_of
from attachment_lab.tenant.credentials import TenantNames, with_new_secrets

WOMBAT = CUSTOMERS["another region, other names of secrets"]
FJORD = CUSTOMERS["two C4C systems, one for each direction"]
MARTEN = CUSTOMERS["with the sibling for e-mails"]
TEAL, TEAL_C4C = "https://cmi.teal.example/teal/cmi", "https://my1.de1.crm.cloud.sap"


@pytest.mark.parametrize("customer", CUSTOMERS)
def test_a_tenant_has_the_hosts_and_users_of_its_configuration(customer: str) -> None:
    names = read_tenant(CUSTOMERS[customer]).names
    for each in CUSTOMERS[customer]:
        inner = json.loads(each["json"]) if "json" in each else each
        body = inner["request"]["body"]
        assert names.cmi_url == body["cmi_url"]
        users = {names.cmi_user, names.c4c_user, *(account.user for account in names.more_accounts)}
        assert body["cmi_user"] in users
        if "sap_v1" in body:
            assert body["sap_v1"]["url"].removeprefix("https://") in names.c4c_hosts
            assert body["sap_v1"]["user"] in users


@pytest.mark.parametrize("customer", CUSTOMERS)
def test_a_tenant_survives_being_written_as_json(customer: str) -> None:
    names = read_tenant(CUSTOMERS[customer]).names
    assert TenantNames.from_json(json.loads(json.dumps(names.to_json()))) == names


def test_the_pasted_text_stays_as_it_is() -> None:
    text = json.dumps(WOMBAT[0], indent=3)
    assert read_tenant([text]).names.integration_json == text


def test_secrets_have_the_customers_names_and_made_values() -> None:
    first, second = (read_tenant(WOMBAT).names for _ in range(2))
    assert (first.secret_names.api_key, first.secret_names.cmi_password, first.secret_names.c4c_password) == (
        "wombat-ri",
        "wombat-cmi",
        "wombat-c4c",
    )
    assert first.c4c_password != second.c4c_password
    assert first.c4c_password not in repr(first)


def test_values_can_be_given_by_the_names_of_the_configuration() -> None:
    names = read_tenant(WOMBAT, values={"wombat-c4c": "Given-Password-1"}).names
    assert names.c4c_password == "Given-Password-1"
    with pytest.raises(WrongUse, match="no configuration names a secret 'sap-v1-secret'; they name"):
        read_tenant(WOMBAT, values={"sap-v1-secret": "x"})


def test_one_secret_at_two_places_has_one_value() -> None:
    shared = {"api_key": "the-key", "cmi": "one-password", "c4c": "one-password"}
    found = read_tenant([chat_configuration(TEAL, TEAL_C4C, secrets=shared)])
    assert found.names.cmi_password == found.names.c4c_password
    assert any("The secret one-password is used at" in remark for remark in found.remarks)


def test_a_name_that_is_taken_gets_a_number_and_an_issuer_of_its_own() -> None:
    names = read_tenant(CUSTOMERS["the documented path on another host"], taken={"acme", "acme-2"}).names
    assert names.name == "acme-3"
    assert names.cmi_url.endswith("/acme/cmi")
    assert names.token_issuer == "https://login-eu-c1.cc.sinch.com/acme-3"


def test_the_issuer_is_that_of_the_region_and_an_assumption_unless_the_envelope_names_it() -> None:
    assumed = read_tenant(CUSTOMERS["North America, in the envelope"])
    assert assumed.names.token_issuer == "https://login-na-w2.cc.sinch.com/maple"
    assert (
        "Assumed: the token issuer is https://login-na-w2.cc.sinch.com/maple; no configuration names it."
        in assumed.remarks
    )
    inner = chat_configuration(TEAL, TEAL_C4C)
    issuer = "https://auth.teal.example/realms/cc"
    oauth = {"access_token_url": f"{issuer}/token", "issuer": issuer}
    given = read_tenant([envelope(inner) | {"oauth": oauth}])
    assert given.names.token_issuer == "https://auth.teal.example/realms/cc"
    assert given.names.token_url == "https://auth.teal.example/realms/cc/token"
    assert not any("token issuer" in remark for remark in given.remarks)


def test_several_files_are_one_customers_set() -> None:
    names = read_tenant(FJORD).names
    assert names.c4c_hosts == ("my700888.de1.crm.cloud.sap", "my700889.de1.crm.cloud.sap")
    assert [(each.direction, each.ordinal) for each in names.integrations] == [("Inbound", 1), ("Outbound", 2)]
    assert [(each.system, each.user) for each in names.more_accounts] == [("c4c", "OUT_TECH")]


def test_a_sibling_is_recognised_and_its_calls_go_to_its_stand_in() -> None:
    found = read_tenant(MARTEN)
    assert found.names.integrations[1].endpoint_url.endswith("/prod/email-analysis")
    assert any("for email-analysis: its calls reach a stand-in" in remark for remark in found.remarks)


def test_siblings_alone_are_no_tenant() -> None:
    with pytest.raises(ConfigurationRefused, match="none of the configurations is for chat-attachments"):
        read_tenant([email_analysis(TEAL)])


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ('{"request": {', "configuration 1:1"),
        (json.dumps(WOMBAT[0]).replace("{contact.guid}", "{contact.id}"), "AC402"),
        ("\ufeff" + json.dumps(WOMBAT[0]).replace('"', "'"), "AC0"),
    ],
)
def test_what_the_gate_refuses_is_refused_with_its_findings(wrong: str, says: str) -> None:
    with pytest.raises(ConfigurationRefused, match="no tenant can be made of this configuration") as refused:
        read_tenant([wrong])
    assert says in str(refused.value)


def test_two_cmi_addresses_are_no_one_tenant() -> None:
    other = chat_configuration(TEAL, TEAL_C4C)
    with pytest.raises(ConfigurationRefused, match="AC823"):
        read_tenant([WOMBAT[0], other])


def test_an_endpoint_beyond_the_regions_is_refused_with_a_sentence() -> None:
    elsewhere = envelope(WOMBAT[0]) | {}
    elsewhere["form"]["endpoint_url"] = "https://cc-workflows-mars-1.cc.sinch.com/prod/chat-attachments"
    with pytest.raises(ConfigurationRefused, match="AC801"):
        read_tenant([elsewhere])


def test_a_path_a_text_an_object_and_several_are_taken(tmp_path: Path) -> None:
    file = tmp_path / "wombat.json"
    file.write_text(json.dumps(WOMBAT[0]))
    for given in (file, str(file), json.dumps(WOMBAT[0]), WOMBAT[0], [file], [WOMBAT[0]]):
        assert read_tenant(sources_of(given)).names.name == "wombat"


@pytest.mark.parametrize("given", ["no-such-file.json", "a\0b", "x" * 5000])
def test_a_text_that_is_no_path_and_no_json_is_refused_in_words(given: str) -> None:
    with pytest.raises(WrongUse, match=r"is no file that can be read .*; give a path, the JSON as text, or an object"):
        sources_of(given)


def test_a_reset_makes_every_secret_anew_and_keeps_the_names() -> None:
    before = read_tenant(MARTEN).names
    after = with_new_secrets(before)
    assert after.secret_names == before.secret_names
    assert after.more_secrets.keys() == before.more_secrets.keys()
    assert not set(after.guarded().values()) & set(before.guarded().values())
