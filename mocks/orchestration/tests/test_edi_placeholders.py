"""Placeholders: typed as a whole value, text inside a string, expanded once."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from orchestration_caller import TenantCaller, a_contact, a_request

from orchestration_mock.model.contact import KNOWN_PATHS
from orchestration_mock.model.integrations.placeholders import (
    EventObject,
    TextStyle,
    Unresolved,
    expand,
    expand_text,
    placeholders_in,
)

STYLE = TextStyle()
CONTACT = {"guid": "ABC", "priority": 5, "language": None, "queue": {"id": "Q", "address": "a@b"}}
EVENT = EventObject(name="Ended", datetime="2026-11-22T10:00:00.000Z")


def resolve(path: tuple[str, ...]) -> object:
    values: dict[tuple[str, ...], object] = {
        ("contact",): CONTACT,
        ("contact", "guid"): "ABC",
        ("contact", "priority"): 5,
        ("contact", "language"): None,
        ("event",): EVENT,
        ("event", "name"): "Ended",
        ("secrets", "brace"): 'x{contact.guid}{secrets.brace}"\\:',
    }
    if path not in values:
        raise LookupError(f"no {'.'.join(path)}")
    return values[path]


@pytest.mark.parametrize(
    ("written", "becomes"),
    [
        ("{contact.guid}", "ABC"),
        ("{contact.priority}", 5),
        ("{contact.language}", None),
        ("{contact}", CONTACT),
        ("{event}", {"name": "Ended", "datetime": "2026-11-22T10:00:00.000Z"}),
    ],
)
def test_a_placeholder_that_is_the_whole_value_keeps_its_type(written: str, becomes: Any) -> None:
    assert expand(written, resolve, STYLE) == becomes


@pytest.mark.parametrize(
    ("written", "becomes"),
    [
        ("{contact.guid}-{event}", "ABC-Ended"),
        ("p={contact.priority}", "p=5"),
        ("[{contact.language}]", "[]"),
        ("x{contact}", "x" + json.dumps(CONTACT)),
        ("{ contact.guid }", "{ contact.guid }"),
        ("{}", "{}"),
        ("{{contact.guid}}", "{ABC}"),
    ],
)
def test_inside_a_longer_string_everything_is_text(written: str, becomes: str) -> None:
    assert expand(written, resolve, STYLE) == becomes


def test_a_value_is_never_scanned_again() -> None:
    assert expand("{secrets.brace}", resolve, STYLE) == 'x{contact.guid}{secrets.brace}"\\:'
    assert expand("a{secrets.brace}", resolve, STYLE) == 'ax{contact.guid}{secrets.brace}"\\:'


AGENT = {"id": "AG", "number": "100", "chat_address": "bob@chat"}
FULL: dict[str, Any] = {
    "channel_sub_type": "whatsapp",
    "language": "FI",
    "priority": 7,
    "skills": [{"id": "S1", "value": 5, "name": "German"}],
    "queue": {"id": "A" * 32, "address": "help@whatsapp.sinchconversation.com"},
    "forwarding_queue": {"id": "B" * 32, "address": "overflow@chat"},
    "agent": AGENT,
    "preferred_agent": AGENT | {"number": "101"},
    "required_agents": [AGENT],
    "transferring_agent": AGENT | {"number": "102"},
    "source": "+4915112345678",
    "destination": "help@whatsapp.sinchconversation.com",
    "email": {"body": "Hello", "subject": "Order 7", "to": ["a@b"], "cc": []},
}


def value_at(contact: dict[str, Any], path: str) -> Any:
    value: Any = contact
    for step in path.split("."):
        value = value[step]
    return value


@pytest.mark.parametrize("path", sorted(KNOWN_PATHS))
def test_every_documented_attribute_yields_its_value(tenant: TenantCaller, path: str) -> None:
    """As a whole value it keeps its type, inside a text it is written; saving gives no warning."""
    placeholder = "{contact." + path + "}"
    saved = tenant.integrate(a_request(body={"whole": placeholder, "text": f"<{placeholder}>"}))
    assert saved["warnings"] == []
    tenant.fire(**FULL)
    sent = tenant.outside.sent[0]
    value = value_at(a_contact(**FULL), path)
    assert sent["whole"] == value
    assert sent["text"] == f"<{value if isinstance(value, str) else json.dumps(value)}>"


@pytest.mark.parametrize("path", sorted(path for path in KNOWN_PATHS if path.partition(".")[0] in {*FULL, "queue"}))
def test_a_documented_attribute_that_is_absent_is_null(tenant: TenantCaller, path: str) -> None:
    tenant.integrate(
        a_request(body={"whole": "{contact." + path + "}"}),
        direct_conversations=True,
        endpoint_url="https://cc-workflows-x.cc.sinch.com/hook",
    )
    absent: dict[str, Any] = dict.fromkeys(["channel_sub_type", "language", "priority", "queue"])
    tenant.fire(**absent)
    assert tenant.outside.sent[0] == {"whole": None}


@pytest.mark.parametrize(("strings", "name"), [("title", "Ended"), ("lower", "ended")])
def test_the_event_yields_its_name_its_time_and_itself(tenant: TenantCaller, strings: str, name: str) -> None:
    tenant.state.dialect["event_strings"] = strings
    body = {"name": "{event.name}", "at": "{event.datetime}", "whole": "{event}", "text": "{contact.direction}-{event}"}
    tenant.integrate(a_request(body=body), endpoint_url="https://cc-workflows-x.cc.sinch.com/on/{event}")
    tenant.fire()
    (call,) = tenant.outside.endpoint_calls
    sent = json.loads(call.content)
    assert (sent["name"], sent["text"], call.url.path) == (name, f"inbound-{name}", f"/on/{name}")
    assert sent["whole"] == {"name": name, "datetime": sent["at"]}
    assert sent["at"].endswith("Z")


def test_the_whole_contact_is_injected_as_an_object(tenant: TenantCaller) -> None:
    tenant.integrate(a_request(body={"c": "{contact}"}))
    tenant.fire(**FULL)
    sent = tenant.outside.sent[0]["c"]
    assert {name: sent[name] for name in FULL} == FULL


def test_what_a_customer_writes_is_never_read_as_a_placeholder(tenant: TenantCaller) -> None:
    """A customer whose address or text contains a placeholder gets no secret back."""
    trick = "{secrets.ri-apikey}"
    body = {"s": "{contact.source}", "t": "from {contact.source}", "c": "{contact}"}
    tenant.integrate(a_request(body=body, headers={"x-source": "{contact.source}"}, params={"s": "{contact.source}"}))
    tenant.fire(source=trick)
    (call,) = tenant.outside.endpoint_calls
    sent = json.loads(call.content)
    assert (sent["s"], sent["t"], sent["c"]["source"]) == (trick, f"from {trick}", trick)
    assert (call.headers["x-source"], call.url.params["s"]) == (trick, trick)


def test_objects_and_lists_are_filled_in_deeply_and_names_are_left_alone() -> None:
    written = {"{contact.guid}": [{"id": "{contact.guid}"}, "{contact.priority}", True, None, 1.5]}
    assert expand(written, resolve, STYLE) == {"{contact.guid}": [{"id": "ABC"}, 5, True, None, 1.5]}


def test_an_unknown_placeholder_is_named() -> None:
    with pytest.raises(Unresolved) as caught:
        expand({"a": ["x{contact.shoe_size}"]}, resolve, STYLE)
    assert caught.value.placeholder == "{contact.shoe_size}"


def test_values_in_an_address_are_quoted() -> None:
    assert expand_text("https://x/{contact.guid}", lambda _: "a/b?c", STYLE, lambda text: text.replace("/", "%2F")) == (
        "https://x/a%2Fb?c"
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(derandomize=True)
@given(JSON)
def test_a_value_without_placeholders_stays_as_it_is(value: object) -> None:
    if not list(placeholders_in(value)):
        assert expand(value, resolve, STYLE) == value


@settings(derandomize=True)
@given(st.text())
def test_any_secret_arrives_unchanged(secret: str) -> None:
    assert expand("{secrets.any}", lambda _: secret, STYLE) == secret
    assert expand("<{secrets.any}>", lambda _: secret, STYLE) == f"<{secret}>"


TEXT = st.lists(
    st.text(max_size=5) | st.sampled_from(["{contact.guid}", "{contact.shoe}", "{", "}", "{event}", "{secrets."])
).map("".join)


@settings(derandomize=True)
@given(TEXT, st.sampled_from(["not_sent", "empty", "literal"]))
def test_any_text_is_expanded_or_refused_but_never_breaks(text: str, unknown: str) -> None:
    refused = None
    try:
        expand(text, resolve, TextStyle(unknown=unknown))
    except Unresolved as exc:
        refused = exc
    assert refused is None or (unknown == "not_sent" and refused.placeholder in text)
