"""What is written back: `save` accumulates, `set` happens once and changes the conversation's later events."""

import json
from typing import Any

import httpx
import pytest
from orchestration_caller import GUID, PASSWORDS, TenantCaller, a_contact, a_request

HOOK = "https://cc-workflows-x.cc.sinch.com/"


def answering(*, save: dict[str, Any] | None = None, **wanted: Any) -> dict[str, Any]:
    """A configuration that writes back."""
    return a_request() | {"response": {"set": wanted, "save": save or {}}}


def conversation(tenant: TenantCaller) -> Any:
    return tenant.read(f"conversations/{GUID}")


def test_only_the_first_success_may_set(tenant: TenantCaller) -> None:
    definition = answering(priority="{response.body.p}", save={"s": "{response.status}"})
    for ordinal in (1, 2, 3):
        tenant.integrate(definition, ordinal=ordinal)
    tenant.outside.answers = [httpx.Response(500), *(httpx.Response(200, json={"p": n}) for n in (5, 6))]
    tenant.fire()
    rows = tenant.deliveries()
    assert [row["response_set"] for row in rows] == [{}, {"priority": 5}, {}]
    assert [row["response_save"] for row in rows] == [{}, {"s": 200}, {"s": 200}]
    assert rows[2]["notes"] == ["response.set was left out: another configuration has set for this event"]
    assert conversation(tenant)["set"] == {"priority": 5}


def test_a_set_that_cannot_be_carried_out_leaves_the_place_to_the_next(tenant: TenantCaller) -> None:
    tenant.integrate(answering(priority="{response.body.p}"), ordinal=1)
    tenant.integrate(answering(priority="{response.body.p}"), ordinal=2)
    tenant.outside.answers = [httpx.Response(200, json={"p": "high"}), httpx.Response(200, json={"p": 7})]
    tenant.fire()
    first, second = tenant.deliveries()
    assert first["notes"] == ["response.set was not carried out: priority: expected a number, found 'high'"]
    assert second["response_set"] == {"priority": 7}


def test_every_new_event_may_set_again(tenant: TenantCaller) -> None:
    tenant.integrate(answering(priority="{response.body.p}"))
    tenant.outside.answers = [httpx.Response(200, json={"p": n}) for n in (5, 6)]
    tenant.fire()
    tenant.fire()
    assert [row["response_set"] for row in tenant.deliveries()] == [{"priority": 5}, {"priority": 6}]


@pytest.mark.parametrize(
    ("wanted", "becomes"),
    [
        ({"priority": 10}, {"priority": 10}),
        ({"priority": "12"}, {"priority": 12}),
        ({"queue": {"id": "b" * 32}}, {"queue": {"id": "B" * 32, "address": None}}),
        ({"queue": {"address": "vip@chat"}}, {"queue": {"id": None, "address": "vip@chat"}}),
        (
            {"preferred_agent": {"number": "100"}},
            {"preferred_agent": {"id": None, "number": "100", "chat_address": None}},
        ),
        (
            {"required_agents": [{"id": "X"}]},
            {"required_agents": [{"id": "X", "number": None, "chat_address": None}]},
        ),
    ],
)
def test_a_set_changes_the_conversation_for_later_events(
    tenant: TenantCaller, wanted: dict[str, Any], becomes: dict[str, Any]
) -> None:
    tenant.integrate(answering(**wanted), ordinal=1, events=["Received"], endpoint_url=f"{HOOK}set")
    tenant.integrate(a_request(body={"c": "{contact}"}), events=["Received", "Ended"], endpoint_url=f"{HOOK}see")
    tenant.fire("Received")
    tenant.fire("Ended")
    seen = [json.loads(c.content)["c"] for c in tenant.outside.endpoint_calls if c.url.path == "/see"]
    name = next(iter(becomes))
    assert seen[0][name] == a_contact().get(name)
    assert seen[1][name] == becomes[name]


def test_a_set_queue_decides_which_configuration_is_triggered_later(tenant: TenantCaller) -> None:
    vip = {"address": "vip@whatsapp.sinchconversation.com"}
    tenant.integrate(answering(queue=vip), events=["Received"])
    tenant.integrate(name="vip", queues=[vip])
    tenant.fire("Received")
    assert [c["matched"] for c in tenant.fire("Ended")["configurations"]] == [False, True]


def test_a_set_is_in_force_until_the_conversation_itself_changes(tenant: TenantCaller) -> None:
    tenant.integrate(answering(queue={"address": "vip@x"}), events=["Received"])
    tenant.integrate(a_request(body={"q": "{contact.queue.address}"}), events=["Ended"])
    tenant.fire("Received")
    tenant.fire("Ended")
    tenant.fire("Ended", queue={"id": None, "address": "transferred@x"})
    tenant.fire("Ended")
    seen = [json.loads(call.content).get("q") for call in tenant.outside.endpoint_calls[1:]]
    assert seen == ["vip@x", "transferred@x", a_contact()["queue"]["address"]]


@pytest.mark.parametrize(
    "wanted", [{"priority": True}, {"queue": "vip"}, {"queue": {}}, {"preferred_agent": {}}, {"colour": "red"}]
)
def test_a_set_of_something_else_changes_nothing_and_is_noted(tenant: TenantCaller, wanted: dict[str, Any]) -> None:
    tenant.integrate(answering(**wanted))
    tenant.fire()
    row = tenant.delivery()
    assert (row["state"], row["response_set"]) == ("delivered", {})
    assert row["notes"][0].startswith("response.set was not carried out: ")
    assert tenant.read("conversations") == []


def test_saved_data_accumulates_and_later_values_overwrite(tenant: TenantCaller) -> None:
    tenant.integrate(answering(save={"a": 1, "b": "{response.body.b}"}), ordinal=1)
    tenant.integrate(answering(save={"b": "later", "c": [1, 2]}), ordinal=2)
    tenant.outside.answers = [httpx.Response(200, json={"b": {"deep": True}})]
    tenant.fire()
    assert conversation(tenant)["attached_data"] == {"a": 1, "b": "later", "c": [1, 2]}
    tenant.integrate(answering(save={"d": "{event.name}"}), events=["Closed"])
    tenant.fire("Closed")
    assert conversation(tenant)["attached_data"]["d"] == "Closed"


def test_saved_data_can_be_used_by_later_configurations_of_the_same_event(tenant: TenantCaller) -> None:
    tenant.integrate(answering(save={"ticket": "{response.body.id}"}), ordinal=1)
    body = {"t": "{contact.attached_data.ticket}", "s": "no. {contact.attached_data.ticket}"}
    assert tenant.integrate(a_request(body=body), ordinal=2)["warnings"] == []
    tenant.outside.answers = [httpx.Response(200, json={"id": 4711})]
    tenant.fire()
    assert tenant.outside.sent[1] == {"t": 4711, "s": "no. 4711"}


def test_data_that_was_not_saved_leaves_the_request_unsent(tenant: TenantCaller) -> None:
    tenant.integrate(a_request(body={"t": "{contact.attached_data.ticket}"}))
    tenant.fire()
    row = tenant.delivery()
    assert (row["state"], row["error"].partition(":")[0]) == ("not_sent", "{contact.attached_data.ticket}")


def test_the_dialect_moves_the_path_of_saved_data(tenant: TenantCaller) -> None:
    tenant.state.dialect["attached_data_path"] = "contact.data"
    tenant.integrate(answering(save={"x": "1"}), ordinal=1)
    tenant.integrate(a_request(body={"x": "{contact.data.x}"}), ordinal=2)
    tenant.fire()
    assert tenant.outside.sent[1] == {"x": "1"}


def test_conversations_share_nothing(tenant: TenantCaller) -> None:
    tenant.integrate(answering(priority=1, save={"x": 1}))
    tenant.fire()
    tenant.fire(guid="B" * 32, queue={"id": None, "address": "y@z"})
    assert [c["guid"] for c in tenant.read("conversations")] == [GUID, "B" * 32]
    assert tenant.client.get(f"/_mock/conversations/{'C' * 32}").status_code == 404


def test_a_failed_request_writes_nothing_back(tenant: TenantCaller) -> None:
    tenant.integrate(answering(priority=1, save={"x": 1}))
    tenant.outside.answers = [httpx.Response(500)]
    tenant.fire()
    assert tenant.read("conversations") == []


@pytest.mark.parametrize(
    ("placeholder", "value"),
    [
        ("{request.method}", "POST"),
        ("{request.url}", f"{HOOK}x"),
        ("{request.query_params}", {"lang": "EN"}),
        ("{response.status}", 201),
        ("{response.body}", {"a": {"b": 1}}),
        ("{response.body.a.b}", 1),
        ("{response.headers.x-id}", "7"),
        ("{contact.language}-{event}", "EN-Ended"),
        ("static", "static"),
    ],
)
def test_every_documented_debug_value_can_be_saved(
    tenant: TenantCaller, placeholder: str, value: str | dict[str, Any] | int
) -> None:
    definition = a_request(params={"lang": "{contact.language}"}) | {"response": {"save": {"v": placeholder}}}
    assert tenant.integrate(definition, endpoint_url=f"{HOOK}x")["warnings"] == []
    tenant.outside.answers = [httpx.Response(201, json={"a": {"b": 1}}, headers={"X-Id": "7"})]
    tenant.fire()
    assert conversation(tenant)["attached_data"] == {"v": value}


def test_the_whole_debug_object_has_the_documented_members(tenant: TenantCaller) -> None:
    definition = a_request() | {"response": {"save": {"all": "{response.debug}", "id": "{config_id}"}}}
    saved = tenant.integrate(definition)
    tenant.outside.answers = [httpx.Response(202, json={"status": "accepted"}), httpx.Response(200, text="plain")]
    tenant.fire()
    found = conversation(tenant)["attached_data"]
    assert found["id"] == saved["id"]
    assert list(found["all"]) == ["config_id", "method", "url", "query_params", "status", "headers", "duration", "body"]
    assert isinstance(found["all"]["duration"], float)
    tenant.fire()
    found = conversation(tenant)["attached_data"]["all"]
    assert (found["text"], "body" in found) == ("plain", False)


def test_the_debug_object_under_a_star_is_spread(tenant: TenantCaller) -> None:
    tenant.integrate(a_request() | {"response": {"save": {"*": "{response.debug}", "status": "mine"}}})
    tenant.fire()
    found = conversation(tenant)["attached_data"]
    assert (found["method"], found["status"]) == ("POST", "mine")


def test_a_reply_without_the_wanted_member_saves_nothing_and_leaves_a_note(tenant: TenantCaller) -> None:
    tenant.integrate(answering(save={"a": 1, "b": "{response.body.nothing}"}))
    tenant.fire()
    row = tenant.delivery()
    assert row["notes"][0].startswith("response.save was not carried out: {response.body.nothing}")
    assert tenant.read("conversations") == []


@pytest.mark.parametrize("part", ["set", "save"])
def test_secrets_are_refused_in_what_is_written_back(tenant: TenantCaller, part: str) -> None:
    text = json.dumps(a_request() | {"response": {part: {"priority": "{secrets.ri-apikey}"}}})
    reply = tenant.save(json=text)
    assert (reply.status_code, reply.get_json()["errors"][0]["field"]) == (422, f"json.response.{part}")


def test_an_endpoint_that_echoes_secrets_does_not_bring_them_into_conversations_shown(
    tenant: TenantCaller, example: str
) -> None:
    definition = json.loads(example) | {"response": {"save": {"all": "{response.debug}"}}}
    tenant.integrate(definition)
    echoed = {"you_sent": list(PASSWORDS.values())}
    tenant.outside.answers = [httpx.Response(200, json=echoed)]
    tenant.fire()
    shown = tenant.client.get("/_mock/conversations").text + str(tenant.deliveries())
    assert "***" in shown
    assert not [value for value in PASSWORDS.values() if json.dumps(value)[1:-1] in shown]


def test_a_reset_forgets_what_was_written_back(tenant: TenantCaller) -> None:
    tenant.integrate(answering(save={"x": 1}))
    tenant.fire()
    tenant.client.post("/_mock/reset")
    assert tenant.read("conversations") == []


def test_the_echo_runs_a_set_on_data_that_an_earlier_integration_fetched(tenant: TenantCaller) -> None:
    tenant.integrate(answering(save={"wanted": "{response.body.p}"}), ordinal=1)
    tenant.integrate(answering(priority="{contact.attached_data.wanted}"), ordinal=2, endpoint_url="edi://echo")
    tenant.outside.answers = [httpx.Response(200, json={"p": 7})]
    tenant.fire()
    assert len(tenant.outside.endpoint_calls) == 1, "the echo sends nothing"
    assert conversation(tenant)["set"] == {"priority": 7}


@pytest.mark.parametrize("name", ["2nd id", "two words", "-x", "1st"])
def test_a_name_that_is_no_xml_name_is_warned_of_and_not_kept(tenant: TenantCaller, name: str) -> None:
    saved = tenant.integrate(answering(save={name: "{response.status}", "status": "{response.status}"}))
    assert any("XML element name" in words for words in saved["warnings"])
    tenant.fire()
    row = tenant.delivery()
    assert row["response_save"] == {"status": 202}
    assert row["notes"] == [f"response.save left out {name!r}: no XML element name"]
