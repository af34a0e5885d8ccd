"""Reading a configuration: any customer's names, users, secrets and form values, and never a secret's value."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import attachment_contract
from attachment_contract import ConfigurationFacts, GateSettings, SecretRole, Workflow, read_configuration

CORPUS = Path(__file__).parent / "corpus"
PLAIN = (CORPUS / "sound" / "plain.json").read_text(encoding="utf-8")
ENVELOPE: dict[str, Any] = json.loads((CORPUS / "sound" / "envelope.json").read_text(encoding="utf-8"))
LISTED = CORPUS / "sound" / "an_integration_as_the_configurator_lists_it.json"
SECRET = "Tr4nsfer-Tr4nsfer"


_NAMES = st.sampled_from(
    ["form", "json", "request", "body", "headers", "cmi_url", "sap_v1", "queues", "secrets", "oauth"]
)
_VALUES = st.none() | st.booleans() | st.integers() | st.text()
_DOCUMENTS = st.recursive(_VALUES, lambda inner: st.lists(inner) | st.dictionaries(_NAMES, inner)).map(json.dumps)


def configuration(**body: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(PLAIN)
    document["request"]["body"] |= body
    return document


def with_form(**form: Any) -> dict[str, Any]:
    return {**ENVELOPE, "form": {**ENVELOPE["form"], **form}}


def rules(facts: ConfigurationFacts) -> set[str]:
    return {finding.rule for finding in facts.report.findings}


# --- addresses and users --------------------------------------------------------------------------------------------

#: CMI's address, C4C's address → CMI's host, port, tenant path; C4C's host; rules of the findings; endpoint's region.
CUSTOMERS: dict[str, tuple[str, str, str, int, str, str, set[str], str]] = {
    "Sydney": (
        "https://w3x4y5z6a7.execute-api.ap-southeast-2.amazonaws.com/wattle/cmi",
        "https://my900001.au1.crm.cloud.sap",
        *("w3x4y5z6a7.execute-api.ap-southeast-2.amazonaws.com", 443, "wattle", "my900001.au1.crm.cloud.sap"),
        *(set[str](), "Australia"),
    ),
    "Oregon": (
        "https://b8c9d0e1f2.execute-api.us-west-2.amazonaws.com/larch/cmi",
        "https://my900002.us1.crm.cloud.sap",
        *("b8c9d0e1f2.execute-api.us-west-2.amazonaws.com", 443, "larch", "my900002.us1.crm.cloud.sap"),
        *(set[str](), "North America"),
    ),
    "Canada with an older C4C host": (
        "https://m1n2o3p4q5.execute-api.ca-central-1.amazonaws.com/maple-2/cmi",
        "https://my900003.crm.ondemand.com",
        *("m1n2o3p4q5.execute-api.ca-central-1.amazonaws.com", 443, "maple-2", "my900003.crm.ondemand.com"),
        *(set[str](), "North America"),
    ),
    "Ireland": (
        "https://r6s7t8u9v0.execute-api.eu-west-1.amazonaws.com/clover/cmi",
        "https://my900004.de1.crm.cloud.sap",
        *("r6s7t8u9v0.execute-api.eu-west-1.amazonaws.com", 443, "clover", "my900004.de1.crm.cloud.sap"),
        *(set[str](), "Europe"),
    ),
    "an area without endpoint": (
        "https://g1h2i3j4k5.execute-api.ap-northeast-1.amazonaws.com/sakura/cmi",
        "https://my900005.jp1.crm.cloud.sap",
        *("g1h2i3j4k5.execute-api.ap-northeast-1.amazonaws.com", 443, "sakura", "my900005.jp1.crm.cloud.sap"),
        *(set[str](), "Europe"),
    ),
    "domains of one's own": (
        "https://contact.fjord-energi.no/fjord/cmi",
        "https://service.fjord-energi.no",
        *("contact.fjord-energi.no", 443, "fjord", "service.fjord-energi.no", {"AC505", "AC506"}, "Europe"),
    ),
    "on premises with a port": (
        "https://cc01.werk.corp:8443/RI/cmi",
        "https://my900006.de1.crm.cloud.sap",
        *("cc01.werk.corp", 8443, "RI", "my900006.de1.crm.cloud.sap", {"AC514"}, "Europe"),
    ),
    "on premises by number": (
        "https://10.20.30.40:8443/RI/cmi",
        "https://my900007.de1.crm.cloud.sap",
        *("10.20.30.40", 8443, "RI", "my900007.de1.crm.cloud.sap", {"AC514"}, "Europe"),
    ),
    "on premises with a short name": (
        "https://ccserver:8443/acme/cmi",
        "https://my900008.de1.crm.cloud.sap",
        *("ccserver", 8443, "acme", "my900008.de1.crm.cloud.sap", {"AC514"}, "Europe"),
    ),
    "a longer path": (
        "https://api.harbour.example/cc/harbour/cmi",
        "https://my900009.us1.crm.cloud.sap",
        *("api.harbour.example", 443, "cc/harbour", "my900009.us1.crm.cloud.sap", {"AC505"}, "Europe"),
    ),
}


@pytest.mark.parametrize("customer", CUSTOMERS.values(), ids=CUSTOMERS)
def test_any_customers_addresses_are_read_and_are_no_error(customer: tuple[Any, ...]) -> None:
    cmi_url, c4c_url, host, port, tenant_path, c4c_host, found, region = customer
    document = configuration(cmi_url=cmi_url, cmi_user="svc", sap_v1={"url": c4c_url, "user": "UPLOAD_7"})
    facts = read_configuration(document)
    assert facts.cmi is not None
    assert facts.sap_v1 is not None
    assert facts.sap_v1.address is not None
    assert (facts.cmi.address.url, facts.cmi.address.host) == (cmi_url, host)
    assert (facts.cmi.address.effective_port, facts.cmi.tenant_path) == (port, tenant_path)
    assert (facts.sap_v1.address.host, facts.sap_v1.user, facts.cmi_user) == (c4c_host, "UPLOAD_7", "svc")
    assert facts.form.endpoint.value.region == region
    assert facts.ok
    assert rules(facts) == found


@pytest.mark.parametrize("customer", CUSTOMERS.values(), ids=CUSTOMERS)
def test_hosts_that_the_settings_name_are_without_warning(customer: tuple[Any, ...]) -> None:
    document = configuration(cmi_url=customer[0], sap_v1={"url": customer[1], "user": "u"})
    facts = read_configuration(document, settings=GateSettings(own_hosts=(customer[2], customer[5])))
    assert facts.report.findings == ()


def test_a_pattern_in_the_settings_names_a_whole_domain_and_no_other() -> None:
    document = configuration(cmi_url="https://cmi.fjord-energi.no/fjord/cmi")
    assert rules(read_configuration(document, settings=GateSettings(own_hosts=("*.fjord-energi.no",)))) == set()
    assert rules(read_configuration(document, settings=GateSettings(own_hosts=("fjord-energi.no",)))) == {"AC505"}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "cmi.localhost", "cmi.test", "cmi.invalid", "0.0.0.0"])
def test_a_cmi_address_that_no_network_has_is_an_error(host: str) -> None:
    assert "AC510" in {each.rule for each in read_configuration(configuration(cmi_url=f"https://{host}/a/cmi")).errors}


@pytest.mark.parametrize(
    "url",
    ["https://my1.crm.cloud.sap", "https://https://my1.crm.cloud.sap", "http://https://my1.crm.cloud.sap", "https://"],
)
def test_no_correction_removes_a_host(url: str) -> None:
    text = json.dumps(configuration(sap_v1={"url": url, "user": "u"}))
    corrected = json.loads(attachment_contract.fix(text)[0])["request"]["body"]["sap_v1"]["url"]
    assert ("my1.crm.cloud.sap" in corrected) is ("my1.crm.cloud.sap" in url)


def test_a_target_of_version_2_is_read_beside_and_instead_of_version_1() -> None:
    v2 = {"url": "https://my1000002.us1.crm.cloud.sap", "user": "V2_USER"}
    beside = read_configuration(configuration(sap_v2=v2))
    assert beside.ok
    assert (rules(beside), beside.sap_v1 is not None) == ({"AC116"}, True)
    document = configuration(sap_v2=v2)
    del document["request"]["body"]["sap_v1"]
    instead = read_configuration(document)
    assert (instead.sap_v1, instead.is_ours) == (None, True)
    assert instead.sap_v2 is not None
    assert instead.sap_v2.user == "V2_USER"
    assert {"AC101", "AC116"} <= rules(instead)
    assert "needs sap_v1" in instead.notes[0].message


# --- secrets ------------------------------------------------------------------------------------------------------


def test_the_names_of_secrets_are_read_by_role_whatever_the_case_of_the_headers() -> None:
    document = configuration()
    document["request"]["headers"] = {
        "X-CMI-API-Key": "{secrets.reef-key}",
        "X-Cmi-Password": "{authentications.reef-cmi}",
        "x-sap-v1-password": "{secrets.reef-c4c}",
        "x-sap-v2-password": "{secrets.reef-v2}",
        "x-more": "a {secrets.reef-more} b",
    }
    secrets = read_configuration({"secret_names": ["reef-key"], "json": document}).secrets
    assert {role: secrets.name_of(role) for role in SecretRole if role is not SecretRole.OTHER} == {
        SecretRole.OAUTH: "orchestration-layer",
        SecretRole.CMI_API_KEY: "reef-key",
        SecretRole.CMI_PASSWORD: "reef-cmi",
        SecretRole.SAP_V1_PASSWORD: "reef-c4c",
        SecretRole.SAP_V2_PASSWORD: "reef-v2",
    }
    assert [(use.name, use.place) for use in secrets.others] == [("reef-more", "request.headers.x-more")]
    assert (secrets.listed, secrets.shared, secrets.literals) == (("reef-key",), {}, ())


def test_a_secret_of_several_headers_and_a_value_in_clear_are_stated() -> None:
    text = PLAIN.replace("{secrets.ri-apikey}", SECRET).replace("sap-v1-secret", "cmi-chat-attachment-upload-user")
    facts = read_configuration(text)
    assert facts.secrets.shared == {
        "cmi-chat-attachment-upload-user": ("request.headers.x-cmi-password", "request.headers.x-sap-v1-password")
    }
    assert facts.secrets.literals == ("request.headers.x-cmi-api-key",)
    assert any("is used at" in remark for remark in facts.remarks)
    assert any("in clear" in remark for remark in facts.remarks)
    assert {"AC301"} <= {finding.rule for finding in facts.errors}


LEAKS = {
    "in a header": PLAIN.replace("{secrets.ri-apikey}", SECRET),
    "beside a placeholder": PLAIN.replace("{secrets.ri-apikey}", SECRET + "{secrets.ri-apikey}"),
    "behind the user": PLAIN.replace("SINCHFILES", f"SINCHFILES:{SECRET}"),
    "behind CMI's user": PLAIN.replace("attachment.reader", f"attachment.reader:{SECRET}"),
    "in an address": PLAIN.replace("https://my", f"https://u:{SECRET}@my"),
    "in the endpoint": json.dumps(with_form(endpoint_url=f"https://u:{SECRET}@cc-workflows-eu-c1.cc.sinch.com/prod/x")),
    "as a value of the envelope": json.dumps({**ENVELOPE, "secrets": [{"name": "a", "value": SECRET}]}),
    "in an inline client": PLAIN.replace('"type"', f'"client_secret": "{SECRET}", "type"'),
    "in the token address": json.dumps({**ENVELOPE, "oauth": {"access_token_url": f"https://u:{SECRET}@h.example/t"}}),
    "in the issuer": json.dumps({**ENVELOPE, "oauth": {"issuer": f"https://u:{SECRET}@h.example"}}),
    "in the body": PLAIN.replace('"cmi_user"', f'"cmi_password": "{SECRET}", "cmi_user"'),
    "in a text that cannot be read": PLAIN.replace('"{secrets.ri-apikey}"', SECRET),
}


@pytest.mark.parametrize("text", LEAKS.values(), ids=LEAKS)
def test_no_repr_and_no_remark_shows_a_secret_in_clear(text: str) -> None:
    facts = read_configuration(text)
    assert not facts.ok
    for shown in (repr(facts), str(facts), repr(facts.remarks), repr(facts.report), repr(facts.errors)):
        assert SECRET not in shown
    assert SECRET in facts.json_text or "json" in json.loads(text)


# --- form, endpoint, token ----------------------------------------------------------------------------------------


def test_the_values_of_the_form_are_given() -> None:
    form = read_configuration(
        with_form(
            description="Files",
            ordinal="3",
            direction="Outbound",
            queues=["@sinchsms.com", {"id": "1", "address": "a@b.c"}],
        )
    ).form
    assert form.assumed == {}
    assert (form.name.value, form.description.value, form.ordinal.value) == ("Chat files to C4C", "Files", 3)
    assert (form.direction.value, form.events.value, form.channel_type.value) == ("Outbound", ("Ended",), "Chat")
    assert [(queue.address, queue.id) for queue in form.queues.value] == [("@sinchsms.com", None), ("a@b.c", "1")]
    assert (form.direct_conversations.value, form.enabled.value) == (False, True)
    assert form.endpoint.value.address.host == "cc-workflows-eu-c1.cc.sinch.com"
    assert (form.endpoint.value.region, form.endpoint.value.address.path) == ("Europe", "/prod/chat-attachments")


def test_the_values_of_a_bare_json_are_assumed_each_with_its_reason() -> None:
    facts = read_configuration(PLAIN)
    assert set(facts.form.assumed) == {each.name for each in dataclasses.fields(facts.form)}
    assert all(facts.form.assumed.values())
    assert (facts.form.direction.value, facts.form.events.value, facts.form.ordinal.value) == ("Both", ("Ended",), 1)
    assert any(remark.startswith("endpoint is assumed") and "eu-central-1" in remark for remark in facts.remarks)


@pytest.mark.parametrize(
    "form",
    [{"ordinal": "first"}, {"ordinal": -1}, {"events": [5]}, {"direction": 7}, {"queues": 5}, {"enabled": "yes"}],
)
def test_a_value_that_the_form_cannot_have_is_assumed_and_is_an_error(form: dict[str, Any]) -> None:
    facts = read_configuration(with_form(description="", **form))
    assert set(facts.form.assumed) == set(form)
    assert "usable" in facts.form.assumed[next(iter(form))]
    assert not facts.ok


def test_an_endpoint_beyond_the_documented_regions_is_an_error_with_a_sentence() -> None:
    facts = read_configuration(with_form(endpoint_url="https://cc-workflows-za-s1.cc.sinch.com/prod/chat-attachments"))
    assert facts.form.endpoint.value.region is None
    (finding,) = facts.errors
    assert (finding.rule, finding.path) == ("AC801", "form.endpoint_url")
    assert "no region has this host" in finding.message
    assert "three endpoints" in attachment_contract.gate.catalogue.catalogue()["AC801"].why


def test_the_token_address_and_the_issuer_of_the_envelope_are_read() -> None:
    url = "https://login-eu-c1.cc.sinch.com/acme/oauth2/token"
    given_issuer = read_configuration(
        {**ENVELOPE, "oauth": {"access_token_url": url, "issuer": "https://issuer.example/a/"}}
    )
    assert given_issuer.ok
    assert given_issuer.token.access_token_url is not None
    assert given_issuer.token.access_token_url.url == url
    assert (given_issuer.token.issuer, given_issuer.token.issuer_given) == ("https://issuer.example/a/", True)
    derived = read_configuration({**ENVELOPE, "oauth": {"access_token_url": url}})
    assert (derived.token.issuer, derived.token.issuer_given) == ("https://login-eu-c1.cc.sinch.com", False)
    assert any("issuer" in remark and "assumed" in remark for remark in derived.remarks)
    assert read_configuration(ENVELOPE).token.issuer is None


# --- which workflow -----------------------------------------------------------------------------------------------


def test_a_siblings_configuration_is_recognised_and_has_its_own_defaults() -> None:
    facts = read_configuration((CORPUS / "broken" / "AC117_email_analysis.json").read_bytes())
    assert (facts.workflow, facts.is_sibling, facts.is_ours) == (Workflow.EMAIL_ANALYSIS, True, False)
    assert (facts.form.channel_type.value, facts.form.events.value) == ("Email", ("Received",))
    assert facts.form.endpoint.value.address.path == "/prod/email-analysis"
    assert "subject" in facts.why
    calls = read_configuration((CORPUS / "broken" / "AC117_post_call_transcript.json").read_bytes())
    assert (calls.workflow, calls.form.channel_type.value) == (Workflow.POST_CALL_TRANSCRIPT, "Phone")


def test_what_no_correction_may_change_in_a_sibling_is_unchanged() -> None:
    text = (CORPUS / "broken" / "AC117_email_analysis.json").read_text()
    assert attachment_contract.fix(text) == (text, [])


def test_what_holds_for_every_workflow_is_checked_in_a_sibling_too() -> None:
    text = (CORPUS / "broken" / "AC117_email_analysis.json").read_text()
    assert "AC301" in rules(read_configuration(text.replace("{secrets.ri-apikey}", SECRET)))
    assert "AC501" in rules(read_configuration(text.replace("https://k3", "http://k3")))


def test_a_body_of_ours_at_a_siblings_endpoint_is_ours_with_the_wrong_path() -> None:
    facts = read_configuration(with_form(endpoint_url="https://cc-workflows-eu-c1.cc.sinch.com/prod/email-analysis"))
    assert facts.is_ours
    assert rules(facts) == {"AC802"}


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("{", "cannot be read"),
        ("[]", "no object"),
        ({"request": {"method": "POST"}}, "Nothing in it names a workflow"),
        ({"form": {"endpoint_url": "https://h.example/prod/other"}, "json": {"request": {"body": {}}}}, "/prod/other"),
    ],
)
def test_what_names_no_workflow_is_unknown_with_a_reason(source: Any, why: str) -> None:
    facts = read_configuration(source)
    assert facts.workflow is Workflow.UNKNOWN
    assert why in facts.why
    assert not facts.ok


# --- the source ---------------------------------------------------------------------------------------------------


def test_the_json_for_the_form_is_exactly_as_it_stands() -> None:
    odd = PLAIN.replace("\n", "\r\n").replace('": ', '"  :\t') + "\r\n"
    inner = json.dumps(ENVELOPE["json"], indent=1)
    assert read_configuration(odd).json_text == odd
    assert read_configuration(odd.encode()).json_text.encode() == odd.encode()
    assert read_configuration({**ENVELOPE, "json": odd}).json_text == odd
    assert read_configuration(f'{{"secret_names": [],\n "json": {inner}}}').json_text == inner
    assert read_configuration(json.loads(PLAIN)).json_text == json.dumps(
        json.loads(PLAIN), indent=2, ensure_ascii=False
    )


def test_every_form_of_source_has_the_same_facts() -> None:
    shapes = {}
    for source in (json.dumps(ENVELOPE["json"]), ENVELOPE, json.dumps(ENVELOPE).encode(), LISTED.read_bytes()):
        facts = read_configuration(source, name="a.json")
        shapes[str(facts.shape)] = (facts.name, facts.cmi, facts.cmi_user, facts.sap_v1, facts.secrets.uses)
    assert set(shapes) == {"bare", "envelope", "integration"}
    assert len({repr(value) for value in shapes.values()}) == 1


def test_facts_are_immutable() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        read_configuration(PLAIN).name = "other"  # type: ignore[misc]


@pytest.mark.parametrize("file", sorted(CORPUS.rglob("*.json")), ids=lambda file: file.stem)
def test_every_configuration_of_the_corpus_is_read_with_the_gates_own_findings(file: Path) -> None:
    facts = read_configuration(file.read_bytes(), name=file.name)
    assert facts.report == attachment_contract.gate.check.check_bytes(file.read_bytes(), name=file.name)


@given(st.one_of(st.text(), st.binary(), _DOCUMENTS))
def test_no_text_makes_reading_fail(source: str | bytes) -> None:
    facts = read_configuration(source)
    assert repr(facts)
    assert facts.remarks
