"""The documented contract, row by row: what the public pages say of CMI, and that this mock does it.

Each test names its page. What no page says is a dialect entry and tested elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from cmi_caller import HOST, KEY, OTHER_QUEUE, PASSWORD, QUEUE, USER, Caller, basic

from cmi_mock.evidence import DIALECT
from cmi_mock.model.channels import channel

Make = Callable[..., Caller]
JPEG = b"\xff\xd8\xff\xe0" + bytes(1000)
HISTORY_ONLY = {"queues": ["*"]}
STATISTICS_ONLY = {"statistics_details": {"queues": ["*"]}}
MESSAGING_ONLY = {"messaging": {"queues": ["*"]}}


def status_for(cmi: Caller, rights: dict[str, Any], method: str, path: str, body: Any = None) -> int:
    """How a second user with these rights alone is answered."""
    cmi.control("/users", {"name": "second", "password": "another long password", "rights": rights})
    user = basic("second", "another long password")
    response = (
        cmi.get(path, authorization=user) if method == "GET" else cmi.send(method, path, body, authorization=user)
    )
    return response.status_code


# Transport: CMI API description; RESTful interfaces, best practices


def test_the_address_is_an_execute_api_host_with_tenant_and_cmi_in_the_path(cmi: Caller) -> None:
    """Configuration page of chat attachment upload: ``https://{id}.execute-api.{region}.amazonaws.com/{tenant}/cmi``."""
    tenant = cmi.client.get("/_mock/tenants/w").get_json()
    assert re.fullmatch(r"https://\w+\.execute-api\.[a-z0-9-]+\.amazonaws\.com/\w+/cmi", tenant["cmi_url"])
    assert cmi.get("/chats").status_code == 200


def test_a_call_carries_an_api_key_and_a_users_basic_credentials(cmi: Caller) -> None:
    """RESTful interfaces, best practices; public code sends both headers with Accept: application/json."""
    headers = {"x-api-key": KEY, "Authorization": basic(USER, PASSWORD), "Accept": "application/json"}
    url = f"https://{HOST}"
    assert cmi.client.get("/acme/cmi/chats", base_url=url, headers=headers).status_code == 200
    for missing in ("x-api-key", "Authorization"):
        fewer = {name: value for name, value in headers.items() if name != missing}
        assert cmi.client.get("/acme/cmi/chats", base_url=url, headers=fewer).status_code in (401, 403)


@pytest.mark.parametrize(
    ("mode", "headers"),
    [("basic", {"x_api_key": ""}), ("none", {"x_api_key": "", "authorization": ""})],
)
def test_on_premises_basic_alone_or_nothing_is_required(make: Make, mode: str, headers: dict[str, str]) -> None:
    """On-premises master guide: none, anonymous, basic (client certificates are not played)."""
    assert make(auth_mode=mode).get("/chats", **headers).status_code == 200


@pytest.mark.parametrize("path", ["/rmi/contacts", "/rci/queues", "/rai/contactStatistic", "/ecfs/authentication"])
def test_the_other_interfaces_of_the_host_say_that_they_are_not_implemented(cmi: Caller, path: str) -> None:
    """RESTful interfaces, best practices: /rmi, /rci and /rai share the host; ECFAUTH is the older log-on."""
    headers = {"x-api-key": KEY, "Authorization": basic(USER, PASSWORD)}
    response = cmi.client.get(f"/acme{path}", base_url=f"https://{HOST}", headers=headers)
    assert response.status_code == 501
    assert "documented" in response.get_json()["detail"]


@pytest.mark.parametrize("content_type", ["application/json", "application/xml"])
def test_a_get_returns_what_accept_names(cmi: Caller, content_type: str) -> None:
    """CMI API description: Accept is application/json or application/xml."""
    guid, _ = cmi.ended_chat()
    response = cmi.get(f"/chats/{guid}", accept=content_type)
    assert (response.status_code, response.mimetype) == (200, content_type)


@pytest.mark.parametrize("content_type", ["application/json", "application/xml"])
def test_a_post_takes_what_content_type_says_and_answers_201_id_and_location(cmi: Caller, content_type: str) -> None:
    """CMI API description: Accept: text/html, 201, body = new id, Location."""
    guid, _ = cmi.ended_chat()
    body = {
        "application/json": f'{{"contact_id": "{guid}", "data": {{"state": "stored"}}}}',
        "application/xml": f"<r><contact_id>{guid}</contact_id><data><state>stored</state></data></r>",
    }[content_type]
    response = cmi.send("POST", "/contactData", data=body, content_type=content_type, accept="text/html")
    assert response.status_code == 201
    assert re.fullmatch(r"[0-9A-F]{32}", response.text)
    assert response.headers["Location"].endswith(f"/contactData/{response.text}")


def test_put_and_delete_answer_204_without_a_body(cmi: Caller) -> None:
    """CMI API description."""
    message = {"queue": {"id": QUEUE["id"]}, "message": "Hi"}
    path = f"/messages/{cmi.send('POST', '/messages', message).text}"
    for response in (cmi.send("PUT", path, message), cmi.send("DELETE", path)):
        assert (response.status_code, response.data) == (204, b"")


@pytest.mark.parametrize("resource", ["chats", "contacts", "contactData", "emails", "messages"])
def test_a_list_is_a_bare_array(cmi: Caller, resource: str) -> None:
    """CMI API description: 200 and a JSON array, no envelope, no page token."""
    cmi.ended_chat()
    response = cmi.get(f"/{resource}")
    assert response.status_code == 200
    assert isinstance(response.get_json(), list)


@pytest.mark.parametrize("resource", ["chats", "contacts", "emails"])
def test_a_list_takes_limit_offset_and_sort(cmi: Caller, resource: str) -> None:
    """RI family: limit, offset (default 0), sort (- = descending, ,LOCALE-xx)."""
    for _ in range(3):
        cmi.ended_chat()
        cmi.control("/emails", {"from": "a@example.com"})
        cmi.advance(seconds=10)
    rows = [row["id"] for row in cmi.get(f"/{resource}").get_json()]
    page = cmi.get(f"/{resource}?sort=-created,LOCALE-de&offset=1&limit=1").get_json()
    assert [row["id"] for row in page] == [sorted_ids(cmi, resource)[1]]
    assert [row["id"] for row in cmi.get(f"/{resource}?limit=2").get_json()] == rows[:2]


def sorted_ids(cmi: Caller, resource: str) -> list[str]:
    """Newest first, by our own sorting."""
    rows = cmi.get(f"/{resource}").get_json()
    return [row["id"] for row in sorted(rows, key=lambda row: str(row["created"]), reverse=True)]


def test_ids_are_strings_of_exactly_32_and_members_are_in_snake_case(cmi: Caller) -> None:
    """CMI API description."""
    guid, _ = cmi.ended_chat(JPEG)
    chat = cmi.get(f"/chats/{guid}").get_json()
    ids = [chat["id"], chat["group_id"], chat["queue"]["id"], chat["messages"][0]["id"]]
    assert all(len(one) == 32 for one in ids)
    assert all(re.fullmatch(r"[a-z_]+", name) for name in (*chat, *chat["messages"][0]))


# Resources and rights: CMI user rights


@pytest.mark.parametrize("resource", ["scriptResults", "callRecordings", "callbacks", "customerConsents"])
def test_a_documented_resource_that_is_not_implemented_says_501(cmi: Caller, resource: str) -> None:
    """CMI user rights, the rows that have nothing to do with chats and e-mails."""
    assert cmi.get(f"/{resource}").status_code == 501


@pytest.mark.parametrize(
    ("rights", "status"),
    [
        ({"queues": [QUEUE["id"]]}, 200),
        ({"queue_groups": ["9" * 32]}, 200),
        ({"agents": ["8" * 32]}, 200),
        ({"queues": [OTHER_QUEUE["id"]]}, 403),
        (STATISTICS_ONLY, 403),
        (MESSAGING_ONLY, 403),
    ],
)
def test_a_chat_is_opened_by_manage_contact_history_on_queue_queue_group_or_agent(
    cmi: Caller, rights: dict[str, Any], status: int
) -> None:
    """CMI user rights, /chats/{chatId}; "normally given on a queue group": chat attachment upload."""
    guid = cmi.control("/chats", {"queue": {**QUEUE, "group_id": "9" * 32}}).get_json()["guid"]
    cmi.control(f"/chats/{guid}/accept", {"agent": {"id": "8" * 32}})
    cmi.control(f"/chats/{guid}/end")
    assert status_for(cmi, rights, "GET", f"/chats/{guid}") == status


def test_emails_are_opened_by_manage_contact_history(cmi: Caller) -> None:
    """CMI user rights, /emails and /emails/{id}."""
    path = f"/emails/{cmi.control('/emails', {'from': 'a@example.com'}).get_json()['id']}"
    assert [status_for(cmi, one, "GET", path) for one in (HISTORY_ONLY, STATISTICS_ONLY)] == [200, 403]


@pytest.mark.parametrize("suffix", ["", "/details"])
def test_contacts_are_opened_by_statistics_details(cmi: Caller, suffix: str) -> None:
    """CMI user rights, /contacts, /{id}, /{id}/details."""
    path = f"/contacts/{cmi.ended_chat()[0]}{suffix}"
    assert [status_for(cmi, one, "GET", path) for one in (STATISTICS_ONLY, HISTORY_ONLY)] == [200, 403]


def test_remarks_are_posted_and_put_with_statistics_details(cmi: Caller) -> None:
    """CMI user rights, /contacts/{id}/remarks."""
    path, remark = f"/contacts/{cmi.ended_chat()[0]}/remarks", {"remark": "called back"}
    assert status_for(cmi, HISTORY_ONLY, "POST", path, remark) == 403
    assert status_for(cmi, STATISTICS_ONLY, "POST", path, remark) == 201
    assert status_for(cmi, STATISTICS_ONLY, "PUT", path, remark) == 204


def test_contact_data_is_read_with_statistics_details_and_written_with_the_history_right_too(cmi: Caller) -> None:
    """CMI user rights, /contactData."""
    written = {"contact_id": cmi.ended_chat()[0], "data": {"state": "stored"}}
    assert status_for(cmi, STATISTICS_ONLY, "GET", "/contactData") == 200
    assert status_for(cmi, STATISTICS_ONLY, "POST", "/contactData", written) == 403
    assert status_for(cmi, STATISTICS_ONLY | HISTORY_ONLY, "POST", "/contactData", written) == 201


def test_contact_data_is_for_chats_in_wrap_up_or_handled_and_not_for_emails(cmi: Caller) -> None:
    """CMI user rights, /contactData."""
    mail = cmi.control("/emails", {"from": "a@example.com"}).get_json()["id"]
    running, (ended, _) = cmi.chat(), cmi.ended_chat()

    def write(contact_id: str) -> int:
        return cmi.send("POST", "/contactData", {"contact_id": contact_id, "data": {"a": 1}}).status_code

    assert [write(one) for one in (running, mail, ended)] == [400, 400, 201]
    cmi.control(f"/chats/{ended}/wrap-up")
    assert write(ended) == 201


def test_messages_are_opened_by_messaging_on_the_queue(cmi: Caller) -> None:
    """CMI user rights, /messages GET and POST, /{id} GET, PUT and DELETE."""
    message = {"queue": {"id": QUEUE["id"]}, "message": "Hi"}
    path = f"/messages/{cmi.send('POST', '/messages', message).text}"
    for method, where, good in (
        ("POST", "/messages", 201),
        ("GET", path, 200),
        ("PUT", path, 204),
        ("DELETE", path, 204),
    ):
        assert status_for(cmi, HISTORY_ONLY, method, where, message) == 403
        assert status_for(cmi, MESSAGING_ONLY, method, where, message) == good


def test_chat_messages_carry_the_three_ids_of_the_conversation_api(cmi: Caller) -> None:
    """On-premises FP21, Conversation API identifiers: contact_id, conversation_id, message_id."""
    guid, _ = cmi.ended_chat(JPEG, JPEG)
    rows = cmi.get(f"/chatMessages?contactId={guid}").get_json()
    assert all({"contact_id", "conversation_id", "message_id"} <= row.keys() for row in rows)
    assert len({row["message_id"] for row in rows}) == len(rows) == 2
    assert len({row["conversation_id"] for row in rows}) == 1


@pytest.mark.parametrize("outgoing", [False, True])
def test_an_email_has_the_documented_members_and_types(cmi: Caller, outgoing: bool) -> None:
    """CMI API description, /emails: as far as its table can be read."""
    cmi.control("/emails", {"from": "a@example.com", "queue": QUEUE, "outgoing": outgoing})
    (mail,) = cmi.get("/emails").get_json()
    names = ["id", "from_queue", "channel_type", "channel_sub_type", "type", "typeDetails", "status", "statusDetails"]
    assert list(mail)[: len(names)] == names
    assert mail["from_queue"] == {"id": QUEUE["id"], "name": QUEUE["name"]}
    assert mail["type"] == ("EmailOut" if outgoing else "EmailIn")


def test_emails_take_limit_language_case_id_cid_and_include_attached_data(cmi: Caller) -> None:
    """CMI API description, /emails: includeAttachedData is false by default."""
    cmi.control("/emails", {"from": "a@example.com", "language": "DE", "case_id": "1", "cid": "2"})
    query = "limit=5&language=DE&case_id=1&cid=2"
    (plain,), (full,) = (cmi.get(f"/emails?{query}{more}").get_json() for more in ("", "&includeAttachedData=true"))
    assert "attached_data" not in plain
    assert "attached_data" in full


def test_an_email_deleted_and_one_handled_say_so_in_status_details(cmi: Caller) -> None:
    """CMI API description, /emails: statusDetails Deleted, Handled."""
    for act, word in (("delete", "Deleted"), ("handle", "Handled")):
        mail_id = cmi.control("/emails", {"from": "a@example.com"}).get_json()["id"]
        cmi.control(f"/emails/{mail_id}/{act}")
        assert cmi.get(f"/emails/{mail_id}").get_json()["statusDetails"] == word


# The service account: chat attachment upload, before you start; password policy


def test_a_service_account_ends_at_its_expiration_time(cmi: Caller) -> None:
    """Before you start: Assign Expiration Time for Service account."""
    user = {"name": "svc", "password": "another long password", "expires_at": "2400-01-01T00:00:00Z"}
    svc = basic("svc", "another long password")
    cmi.control("/users", user)
    assert cmi.get("/chats", authorization=svc).status_code == 200
    cmi.control("/users", user | {"expires_at": "2020-01-01T00:00:00Z"})
    assert cmi.get("/chats", authorization=svc).status_code == 401


@pytest.mark.parametrize("character", [*"¤£€½§", "ж", "ع", "見"])
def test_a_password_has_latin_letters_and_none_of_five_signs(cmi: Caller, character: str) -> None:
    """Before you start; the same alphabet applies to the C4C user."""
    body = {"name": "svc", "password": f"a long enough password {character}"}
    assert cmi.control("/users", body).status_code == 422


def test_the_password_policys_defaults_are_the_documented_ones(cmi: Caller) -> None:
    """Password policy: lock after 5, for 30 minutes, at least 16 characters, 365 days."""
    dialect = cmi.read("/dialect")["defaults"]
    names = ("lock_after_failures", "lock_minutes", "password_min_length", "password_lives_days")
    assert [dialect[name] for name in names] == [5, 30, 16, 365]


# Chats, legs, channels


def test_direct_chats_take_no_attachment_and_have_no_queue(cmi: Caller) -> None:
    """Configuration page; event-driven integrations, available data."""
    guid = cmi.chat(direct=True)
    assert cmi.attach(guid, JPEG).status_code == 422
    assert cmi.read(f"/chats/{guid}")["contact"]["queue"] is None


@pytest.mark.parametrize("act", ["transfer", "consult"])
def test_linked_legs_share_the_group_id_and_have_conversation_ids_of_their_own(cmi: Caller, act: str) -> None:
    """Supervisor dashboard, conversation details: transfer and consult."""
    guid = cmi.chat()
    assert cmi.control(f"/chats/{guid}/{act}", {"queue": OTHER_QUEUE}).get_json()["guid"] == guid
    rows = cmi.get(f"/contacts?groupId={guid}").get_json()
    assert [row["queue"]["name"] for row in rows] == ["Support", "Sales"]
    assert len({row["id"] for row in rows}) == 2


def test_the_contact_of_a_closed_chat_is_created_when_wrap_up_ended(cmi: Caller) -> None:
    """Event-driven integrations, available data (newer page)."""
    guid, _ = cmi.ended_chat()
    before = cmi.read(f"/chats/{guid}")["contact"]["created"]
    cmi.advance(seconds=90)
    assert cmi.control(f"/chats/{guid}/wrap-up").get_json()["contact"]["created"] > before


@pytest.mark.parametrize(
    "name", ["whatsapp", "facebook", "instagram", "telegram", "viber", "line", "sinchchat", "wechat"]
)
def test_a_verified_rich_content_channel_carries_files_both_ways(cmi: Caller, name: str) -> None:
    """Best practices, rich content."""
    assert channel(name).label == "documented"
    guid = cmi.chat(channel_sub_type=name)
    assert [cmi.attach(guid, JPEG, originator_type=who).status_code for who in ("customer", "agent")] == [201, 201]


@pytest.mark.parametrize("name", ["sms", "ecf", "chatlayer_bot"])
def test_a_text_only_channel_carries_no_file(cmi: Caller, name: str) -> None:
    """Chats page: SMS, ECF offload, Chatlayer agent bot."""
    assert cmi.attach(cmi.chat(channel_sub_type=name), JPEG).status_code == 422


def test_size_and_type_settings_hold_for_outgoing_files_only(make: Make) -> None:
    """Chat Settings page: Max. Attachment File Size (MB), Allowed File Types (commas or semicolons, any case)."""
    cmi = make(outgoing_max_mb=1, outgoing_allowed_types="pdf;JPG")
    guid, large = cmi.chat(), bytes(1024 * 1024 + 1)
    sent = [
        cmi.attach(guid, content, name=name, originator_type=who).status_code
        for who in ("agent", "customer")
        for content, name in ((JPEG, "a.jpg"), (JPEG, "a.exe"), (large, "a.PDF"))
    ]
    assert sent == [201, 422, 422, 201, 201, 201]


def test_public_links_have_the_documented_path_and_a_retention_time(make: Make) -> None:
    """Chat Settings page: Public Base URL …/[tenant]/sms/richcontent; Retention Time for Public Attachments."""
    cmi = make(chat_shape="D", rich_content_retention_h=1)
    guid, _ = cmi.ended_chat(JPEG)
    url = cmi.get(f"/chatMessages?contactId={guid}").get_json()[0]["attachments"][0]["url"]
    path = url.removeprefix(f"https://{HOST}")
    assert path.startswith("/acme/sms/richcontent/")
    assert cmi.client.get(path, base_url=f"https://{HOST}").data == JPEG
    cmi.advance(hours=1)
    assert cmi.client.get(path, base_url=f"https://{HOST}").status_code == 404


def test_conversation_api_media_live_seven_days_by_default(cmi: Caller) -> None:
    """Sinch Chat channel page."""
    assert cmi.read("/dialect")["defaults"]["rich_content_retention_h"] == 7 * 24


def test_the_european_rule_of_december_2020_is_a_switch(make: Make) -> None:
    """On-premises FP18, rich content: links in place of non-image files on Facebook and WhatsApp."""
    cmi = make(eu_links="both")
    for name in ("facebook", "whatsapp"):
        guid = cmi.chat(channel_sub_type=name)
        cmi.attach(guid, b"%PDF-", content_type="application/pdf")
        cmi.attach(guid, JPEG, content_type="image/jpeg")
        kept = [one["delivered_as"] for one in cmi.read("/attachments") if one["chat_guid"] == guid]
        assert kept == ["link", "file"]


# The gateway before CMI: AWS API Gateway, gateway response types


@pytest.mark.parametrize(
    ("dialect", "calls", "status"),
    [
        ({"gateway_rate_per_s": 0.001}, 2, 429),
        ({"gateway_quota": 1}, 2, 429),
        ({"gateway_payload_bytes": 1}, 1, 413),
        ({"gateway_timeout_s": 29, "gateway_backend_bytes_per_s": 0.01}, 1, 504),
    ],
)
def test_each_of_the_gateways_answers_can_be_switched_on(
    make: Make, dialect: dict[str, Any], calls: int, status: int
) -> None:
    """THROTTLED, QUOTA_EXCEEDED, REQUEST_TOO_LARGE, INTEGRATION_TIMEOUT; all off by default."""
    cmi = make(**dialect)
    response = [cmi.get("/chats") for _ in range(calls)][-1]
    assert response.status_code == status
    assert response.get_json().keys() == {"message"}
    assert "x-amzn-ErrorType" in response.headers
    for name in dialect:
        if name != "gateway_backend_bytes_per_s":
            cmi.control("/dialect", {name: 0})
    assert cmi.get("/chats").status_code == 200


def test_an_invalid_api_key_is_403_forbidden(cmi: Caller) -> None:
    """INVALID_API_KEY."""
    response = cmi.get("/chats", x_api_key="wrong")
    assert (response.status_code, response.get_json()) == (403, {"message": "Forbidden"})


def test_everything_documented_in_the_evidence_names_its_page_and_its_test() -> None:
    documented = [one for one in DIALECT.book.all() if one.label == "documented" and one.id.startswith("cmi.")]
    assert len(documented) >= 20
    assert all(one.source and one.test for one in documented)
