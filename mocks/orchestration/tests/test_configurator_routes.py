"""System Configurator's API: secrets and integrations over HTTP."""

import json
from uuid import UUID

import pytest
from orchestration_caller import CLIENT_SECRET, PASSWORDS, TenantCaller, a_form, a_request

#: The header of a form that a program sends: a web page cannot add it without a preflight request.
CONTROL = {"X-Mock-Control": "1"}


def test_the_documented_example_is_stored_byte_for_byte(tenant: TenantCaller, example: str) -> None:
    saved = tenant.integrate(example)
    assert saved["json"] == example
    assert saved["warnings"] == []
    assert tenant.call("GET", f"event-driven-integrations/{saved['id']}").get_json() == saved
    assert tenant.call("GET", "event-driven-integrations").get_json() == [saved]


def test_odd_white_space_and_letters_are_kept_byte_for_byte(tenant: TenantCaller) -> None:
    text = '\r\n{\t"request" : {"method":"POST", "body": {"naïve": "\\u00e9 é 漢"} }\r\n }\n\n'
    assert tenant.integrate(text)["json"] == text


def test_errors_of_form_and_text_come_together_with_line_and_column(tenant: TenantCaller) -> None:
    form = a_form(endpoint_url="http://x", ordinal=-1, direction="Up", events=[], json='{"request":\n 1}')
    reply = tenant.call("POST", "event-driven-integrations", json=form)
    assert (reply.status_code, reply.mimetype) == (422, "application/problem+json")
    errors = {error["field"]: error for error in reply.get_json()["errors"]}
    assert {"endpoint_url", "ordinal", "direction", "json.request"} <= set(errors)
    assert (errors["json.request"]["line"], errors["json.request"]["column"]) == (2, 2)
    assert all(error["remedy"] for error in errors.values())


def test_a_construct_that_is_not_imitated_is_a_501(tenant: TenantCaller) -> None:
    text = json.dumps(a_request(condition="[x for x in 'ab']"))
    reply = tenant.save(json=text)
    assert reply.status_code == 501
    assert "not imitated by this mock" in reply.get_json()["errors"][0]["remedy"]


@pytest.mark.parametrize(
    "url", ["http://x", "ftp://x/y", "https://", "x", "", "edi://other", "https://user:pw@host/x", 5, None]
)
def test_only_https_and_the_echo_are_endpoints(tenant: TenantCaller, url: str | int | None) -> None:
    reply = tenant.save(endpoint_url=url)
    assert reply.status_code == 422
    assert reply.get_json()["errors"][0]["field"] == "endpoint_url"


def test_the_json_must_be_a_text(tenant: TenantCaller) -> None:
    reply = tenant.save(json=a_request())
    assert reply.status_code == 422
    assert "json" in {error["field"] for error in reply.get_json()["errors"]}


def test_email_is_inbound_only(tenant: TenantCaller) -> None:
    form = a_form(channel_type="Email", direction="Both")
    assert tenant.call("POST", "event-driven-integrations", json=form).status_code == 422
    assert tenant.integrate(channel_type="Email", direction="Inbound")["channel_type"] == "Email"


def test_an_unknown_field_is_accepted_with_a_warning(tenant: TenantCaller) -> None:
    assert tenant.integrate(colour="red")["warnings"] == ["colour is not a field of the form"]


def test_advice_for_chat_attachments_is_given(tenant: TenantCaller) -> None:
    tenant.state.dialect["chat_attachment_rules"] = "warn"
    saved = tenant.integrate(
        direct_conversations=True, events=["Accepted"], direction="Outbound", queues=[{"address": "a@b.com"}]
    )
    text = " ".join(saved["warnings"])
    assert "direct chats don't support attachments" in text
    assert "Ended or Closed" in text
    assert "not a@b.com" in text


def test_a_configuration_keeps_its_id_when_it_is_replaced(tenant: TenantCaller) -> None:
    saved = tenant.integrate()
    changed = tenant.call("PUT", f"event-driven-integrations/{saved['id']}", json=a_form(enabled=False))
    assert (changed.status_code, changed.get_json()["id"], changed.get_json()["enabled"]) == (200, saved["id"], False)
    bare = saved["id"].replace("-", "").lower()
    assert tenant.call("GET", f"event-driven-integrations/{bare}").get_json() == changed.get_json()


def test_what_was_read_can_be_saved_again(tenant: TenantCaller) -> None:
    saved = tenant.integrate()
    again = tenant.call("PUT", f"event-driven-integrations/{saved['id']}", json=saved)
    assert again.get_json() == saved


def test_every_configuration_has_a_uuid_of_its_own(tenant: TenantCaller) -> None:
    ids = [tenant.integrate()["id"] for _ in range(3)]
    assert len(set(ids)) == 3
    for id_ in ids:
        assert str(UUID(id_)).upper() == id_
        for spelled in (id_, id_.lower(), id_.replace("-", "")):
            assert tenant.call("GET", f"event-driven-integrations/{spelled}").get_json()["id"] == id_


def test_a_configuration_is_switched_off_and_on(tenant: TenantCaller) -> None:
    saved = tenant.integrate()
    address = f"event-driven-integrations/{saved['id']}"
    assert tenant.call("PATCH", address, json={"enabled": False}).get_json() == saved | {"enabled": False}
    assert tenant.fire()["configurations"][0]["reason"] == "it is disabled"
    assert tenant.call("PATCH", address, json={"enabled": True}).get_json() == saved
    assert len(tenant.fire()["delivery_ids"]) == 1
    refused = tenant.call("PATCH", address, json={"ordinal": 3})
    assert (refused.status_code, refused.get_json()["errors"][0]["field"]) == (422, "ordinal")


def test_a_deleted_configuration_is_gone(tenant: TenantCaller) -> None:
    saved = tenant.integrate()
    assert tenant.call("DELETE", f"event-driven-integrations/{saved['id']}").status_code == 204
    assert tenant.call("GET", f"event-driven-integrations/{saved['id']}").status_code == 404
    assert tenant.call("DELETE", f"event-driven-integrations/{saved['id']}").status_code == 404


def test_secrets_are_listed_without_their_values(tenant: TenantCaller) -> None:
    reply = tenant.call("GET", "secrets")
    assert [s["name"] for s in reply.get_json()] == [*PASSWORDS, "orchestration-layer"]
    assert {s["kind"] for s in reply.get_json()} == {"text", "oauth"}
    assert "secret" not in {key for s in reply.get_json() for key in s}


def test_no_reply_and_no_journal_shows_a_secret(tenant: TenantCaller) -> None:
    shown = tenant.call("GET", "secrets").text
    shown += tenant.call("PUT", "secrets/ri-apikey", json={"secret": PASSWORDS["ri-apikey"]}).text
    shown += tenant.call("POST", "secrets", json={"name": "x", "secret": "ümlaut-secret"}).text
    shown += tenant.client.get("/_mock/journal?limit=1000").text
    shown += tenant.client.get("/_mock/tenants").text
    for value in [*PASSWORDS.values(), CLIENT_SECRET, "ümlaut-secret"]:
        assert value not in shown
        assert json.dumps(value)[1:-1] not in shown


def test_the_lists_below_mock_are_the_same_and_leave_no_journal_entry(tenant: TenantCaller, example: str) -> None:
    saved = tenant.integrate(example)
    same = {
        path: tenant.call("GET", path).get_json()
        for path in ("secrets", "event-driven-integrations", f"event-driven-integrations/{saved['id']}")
    }
    entries = len(tenant.read("journal?limit=1000")["exchanges"])
    assert entries >= len(same)
    for path, document in same.items():
        assert tenant.read(f"{path}") == document
    assert tenant.client.get("/_mock/event-driven-integrations/unknown").status_code == 404
    assert len(tenant.read("journal?limit=1000")["exchanges"]) == entries


def test_a_secret_in_use_is_deleted_with_a_warning(tenant: TenantCaller, example: str) -> None:
    saved = tenant.integrate(example)
    deleted = tenant.call("DELETE", "secrets/ri-apikey")
    assert deleted.status_code == 200
    assert deleted.get_json()["warnings"] == [f"still referred to by files ({saved['id']})"]
    assert "ri-apikey" not in [secret["name"] for secret in tenant.call("GET", "secrets").get_json()]


def test_the_dialect_deletes_a_secret_in_use_only_by_force(tenant: TenantCaller, example: str) -> None:
    tenant.state.dialect["secret_in_use"] = "refuse"
    saved = tenant.integrate(example)
    refused = tenant.call("DELETE", "secrets/ri-apikey")
    assert refused.status_code == 409
    assert saved["id"] in refused.get_json()["detail"]
    forced = tenant.call("DELETE", "secrets/ri-apikey?force=1")
    assert (forced.status_code, len(forced.get_json()["warnings"])) == (200, 1)
    assert tenant.call("DELETE", "secrets/ri-apikey").status_code == 404


def test_an_unused_secret_is_deleted(tenant: TenantCaller) -> None:
    assert tenant.call("DELETE", "secrets/ri-apikey").status_code == 204


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'"x"'])
def test_a_body_that_is_no_json_object_is_a_400(tenant: TenantCaller, body: bytes) -> None:
    reply = tenant.call("POST", "secrets", data=body, content_type="application/json")
    assert (reply.status_code, reply.mimetype) == (400, "application/problem+json")


def test_a_method_that_is_not_there_is_a_405_with_the_right_ones(tenant: TenantCaller) -> None:
    reply = tenant.call("PATCH", "secrets")
    assert (reply.status_code, reply.mimetype) == (405, "application/problem+json")
    assert "POST" in reply.headers["Allow"]


def test_a_body_above_the_limit_is_refused(tenant: TenantCaller) -> None:
    reply = tenant.call("POST", "secrets", data=b"x" * (1024 * 1024 + 1), content_type="application/json")
    assert reply.status_code == 413


def test_a_secret_that_is_not_there_yet_is_warned_of_until_it_is(tenant: TenantCaller) -> None:
    saved = tenant.integrate(a_request(headers={"x-key": "{secrets.later}"}))
    assert saved["warnings"] == ["there is no secret named later yet"]
    tenant.call("POST", "secrets", json={"name": "later", "secret": "later-password"})
    assert tenant.call("GET", f"event-driven-integrations/{saved['id']}").get_json()["warnings"] == []


def test_a_misspelt_attribute_is_warned_of(tenant: TenantCaller) -> None:
    (warning,) = tenant.integrate(a_request(body={"contact_id": "{contact.giud}"}))["warnings"]
    assert "{contact.giud} is not among the documented attributes" in warning


def test_a_password_in_clear_is_warned_of_and_never_in_the_journal(tenant: TenantCaller) -> None:
    auth = {"type": "basic", "user": "hook", "password": "clear-password"}
    saved = tenant.integrate(a_request(authentication=auth))
    assert "the secrets manager is the place for it" in saved["warnings"][0]
    tenant.outside.answers = []
    tenant.fire()
    assert "clear-password" not in tenant.client.get("/_mock/journal?limit=1000").text
    assert "clear-password" not in tenant.client.get("/_mock/deliveries").text


def test_a_browsers_form_is_accepted_as_well(tenant: TenantCaller, example: str) -> None:
    form = {
        "name": "files",
        "channel_type": "Chat",
        "endpoint_url": "https://cc-workflows-eu-c1.cc.sinch.com/prod/chat-attachments",
        "ordinal": "7",
        "events": ["Ended", "Closed"],
        "queues": ["a@b", "c@d"],
        "enabled": "false",
        "json": example,
    }
    saved = tenant.call(
        "POST", "event-driven-integrations", data=form, content_type="multipart/form-data", headers=CONTROL
    )
    assert saved.status_code == 201
    assert (saved.get_json()["ordinal"], saved.get_json()["enabled"], saved.get_json()["json"]) == (7, False, example)
    assert saved.get_json()["events"] == ["Ended", "Closed"]
    assert [queue["address"] for queue in saved.get_json()["queues"]] == ["a@b", "c@d"]


@pytest.mark.parametrize(("name", "wrong"), [("ordinal", "first"), ("enabled", "maybe"), ("events", "Exploded")])
def test_a_wrong_field_of_a_browsers_form_is_refused_by_its_name(tenant: TenantCaller, name: str, wrong: str) -> None:
    form = {key: value for key, value in a_form().items() if key not in ("queues", "direct_conversations", "enabled")}
    reply = tenant.call(
        "POST",
        "event-driven-integrations",
        data=form | {name: wrong},
        content_type="multipart/form-data",
        headers=CONTROL,
    )
    assert (reply.status_code, reply.get_json()["errors"][0]["field"]) == (422, name)


def test_a_secret_from_a_browsers_form_is_not_in_the_journal(tenant: TenantCaller) -> None:
    form = {"name": "new-secret", "description": "d", "secret": "typed-in-a-browser-0123"}
    assert (
        tenant.call("POST", "secrets", data=form, content_type="multipart/form-data", headers=CONTROL).status_code
        == 201
    )
    assert "typed-in-a-browser" not in tenant.client.get("/_mock/journal").text
    secret = tenant.state.secrets.get("new-secret")
    assert secret is not None
    assert secret.text == form["secret"]
