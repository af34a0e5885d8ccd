"""The vendor's wire: doors, documents, downloads, refusals."""

from __future__ import annotations

import base64
from collections.abc import Callable
from urllib.parse import quote, urlsplit

import pytest

from cmi_mock.dialect import entries
from cmi_mock.evidence import BOOK
from cmi_mock.testing import HOST, KEY, LOGIN_HOST, OTHER_QUEUE, PASSWORD, QUEUE, USER, Caller, basic

Make = Callable[..., Caller]
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 2000


# --- the two doors ---


def test_a_call_needs_both_the_key_and_the_password(cmi: Caller) -> None:
    guid, _ = cmi.ended_chat()
    assert cmi.get(f"/chats/{guid}").status_code == 200
    assert cmi.get(f"/chats/{guid}", x_api_key="").status_code == 403
    assert cmi.get(f"/chats/{guid}", authorization="").status_code == 401
    assert cmi.get(f"/chats/{guid}", authorization=basic(USER, "wrong")).status_code == 401
    assert cmi.get(f"/chats/{guid}", authorization=basic("nobody", PASSWORD)).status_code == 401


def test_a_bad_key_is_refused_in_the_gateways_words(cmi: Caller) -> None:
    answer = cmi.get("/chats", x_api_key="wrong")
    assert (answer.status_code, answer.get_json()) == (403, {"message": "Forbidden"})
    assert answer.headers["x-amzn-ErrorType"] == "ForbiddenException"


def test_the_gateway_asks_before_contact_pro_does(cmi: Caller) -> None:
    for _ in range(9):
        assert cmi.get("/chats", x_api_key="wrong", authorization=basic(USER, "wrong")).status_code == 403
    assert cmi.get("/chats").status_code == 200, "a call without a key counted towards the lockout"


@pytest.mark.parametrize(
    "header", ["Basic ???", "Bearer abc", "Basic", "Basic " + base64.b64encode(b"x").decode()]
)
def test_a_header_that_is_no_basic_header_is_401_and_counts_nothing(cmi: Caller, header: str) -> None:
    for _ in range(6):
        assert cmi.get("/chats", authorization=header).status_code == 401
    assert cmi.get("/chats").status_code == 200


def test_five_wrong_passwords_lock_the_user_for_half_an_hour(cmi: Caller) -> None:
    for _ in range(5):
        assert cmi.get("/chats", authorization=basic(USER, "wrong")).status_code == 401
    assert cmi.get("/chats").status_code == 401
    cmi.advance(minutes=29)
    assert cmi.get("/chats").status_code == 401
    cmi.advance(minutes=2)
    assert cmi.get("/chats").status_code == 200


def test_a_service_account_stops_working_when_it_expires(cmi: Caller) -> None:
    now = cmi.look("/clock")["now"]
    user = {"name": "svc", "password": "another long password", "expires_at": now}
    assert cmi.control("/users", user).status_code == 201
    assert cmi.get("/chats", authorization=basic("svc", "another long password")).status_code == 401
    assert cmi.get("/chats").status_code == 200


@pytest.mark.parametrize(
    ("charset", "good", "bad"), [("utf-8", "utf-8", "latin-1"), ("latin-1", "latin-1", "utf-8")]
)
def test_the_passwords_character_set_is_a_dialect(make: Make, charset: str, good: str, bad: str) -> None:
    cmi = make(basic_charset=charset)
    assert cmi.get("/chats", authorization=basic(USER, PASSWORD, good)).status_code == 200
    assert cmi.get("/chats", authorization=basic(USER, PASSWORD, bad)).status_code == 401


def test_by_default_either_character_set_opens(cmi: Caller) -> None:
    for charset in ("utf-8", "latin-1"):
        assert cmi.get("/chats", authorization=basic(USER, PASSWORD, charset)).status_code == 200


def test_no_secret_reaches_the_journal(cmi: Caller) -> None:
    cmi.get("/chats")
    cmi.get("/chats", authorization=basic(USER, PASSWORD, "latin-1"))
    journal = cmi.client.get("/_mock/journal?world=w").text
    for secret in (KEY, PASSWORD, basic(USER, PASSWORD)[6:], basic(USER, PASSWORD, "latin-1")[6:]):
        assert secret not in journal
    assert KEY not in cmi.client.get("/_mock/worlds").text


# --- documents ---


def test_a_chat_tells_of_its_messages_and_attachments(cmi: Caller) -> None:
    guid, (attachment_id,) = cmi.ended_chat(JPEG)
    chat = cmi.get(f"/chats/{guid}").get_json()
    assert chat["group_id"] == guid
    assert (chat["type"], chat["status"], chat["channel_sub_type"]) == ("ChatIn", "Ended", "whatsapp")
    assert chat["queue"] == {"id": QUEUE["id"], "name": "Support"}
    assert chat["messages"][0]["originator_type"] == "customer"
    assert chat["messages"][0]["attachments"] == [
        {
            "id": attachment_id,
            "name": "photo.jpg",
            "content_type": "image/jpeg",
            "size": len(JPEG),
            "url": f"/chats/{guid}/attachments/{attachment_id}",
        }
    ]


@pytest.mark.parametrize("spell", [str.lower, lambda g: f"{g[:8]}-{g[8:12]}-{g[12:16]}-{g[16:20]}-{g[20:]}"])
def test_a_guid_is_found_in_any_spelling(cmi: Caller, spell: Callable[[str], str]) -> None:
    guid, _ = cmi.ended_chat()
    assert cmi.get(f"/chats/{spell(guid)}").get_json()["group_id"] == guid


def test_a_leg_id_is_no_chat_id_unless_the_dialect_says_so(cmi: Caller) -> None:
    guid, _ = cmi.ended_chat()
    leg_id = cmi.look(f"/chats/{guid}")["leg_ids"][0]
    assert cmi.get(f"/chats/{leg_id}").status_code == 404
    cmi.control("/dialect", {"chat_id_is": "guid_or_leg"})
    assert cmi.get(f"/chats/{leg_id}").get_json()["group_id"] == guid


def test_an_unknown_chat_is_404_or_an_empty_array(cmi: Caller) -> None:
    assert cmi.get(f"/chats/{'0' * 32}").status_code == 404
    cmi.control("/dialect", {"unknown_chat": "empty_200"})
    answer = cmi.get(f"/chats/{'0' * 32}")
    assert (answer.status_code, answer.get_json()) == (200, [])


def test_a_running_chat_is_not_history_yet(cmi: Caller) -> None:
    guid = cmi.chat()
    assert cmi.get(f"/chats/{guid}").status_code == 404
    assert cmi.get("/chats").get_json() == []
    cmi.control(f"/chats/{guid}/end")
    assert cmi.get(f"/chats/{guid}").status_code == 200


def test_history_can_wait_for_wrap_up_and_archiving(make: Make) -> None:
    cmi = make(history_visible_at="wrap_up", history_delay_s=600)
    guid, _ = cmi.ended_chat()
    assert cmi.get(f"/chats/{guid}").status_code == 404
    cmi.control(f"/chats/{guid}/wrap-up")
    assert cmi.get(f"/chats/{guid}").status_code == 404
    cmi.advance(minutes=10)
    assert cmi.get(f"/chats/{guid}").get_json()["status"] == "Handled"


def test_a_list_is_a_bare_array_that_limit_offset_and_sort_shape(cmi: Caller) -> None:
    guids = []
    for _ in range(3):
        guids.append(cmi.ended_chat()[0])
        cmi.advance(seconds=10)
    rows = cmi.get("/chats").get_json()
    assert [row["group_id"] for row in rows] == guids
    assert "messages" not in rows[0]

    def listed(query: str) -> list[str]:
        return [row["group_id"] for row in cmi.get(f"/chats?{query}").get_json()]

    assert listed("sort=-created,LOCALE-de&limit=2") == guids[:0:-1]
    assert listed("offset=1&limit=1") == guids[1:2]
    assert listed(f"groupId={guids[1].lower()}") == guids[1:2]
    assert listed(f"groupId={'0' * 32}") == []
    assert listed("limit=0") == []


@pytest.mark.parametrize("query", ["limit=-1", "limit=x", "offset=1.5", "sort=messages", "limit=٣"])
def test_a_list_parameter_that_makes_no_sense_is_400(cmi: Caller, query: str) -> None:
    cmi.ended_chat()
    assert cmi.get(f"/chats?{query}").status_code == 400


def test_shape_b_gives_one_document_for_each_leg(make: Make) -> None:
    cmi = make(chat_shape="B")
    guid = cmi.chat()
    first = cmi.attach(guid, b"first").get_json()["id"]
    cmi.control(f"/chats/{guid}/transfer", {"queue": OTHER_QUEUE})
    second = cmi.attach(guid, b"second").get_json()["id"]
    cmi.control(f"/chats/{guid}/end")

    def attachments() -> list[list[str]]:
        legs = cmi.get(f"/chats?groupId={guid}").get_json()
        return [[a["id"] for m in leg["messages"] for a in m["attachments"]] for leg in legs]

    assert attachments() == [[first], [second]]
    cmi.control("/dialect", {"leg_messages": "cumulative"})
    assert attachments() == [[first], [first, second]]
    leg = cmi.get(f"/chats?groupId={guid}").get_json()[1]
    assert cmi.get(f"/chats/{leg['id']}").get_json()["queue"]["name"] == "Sales"
    assert cmi.get(leg["messages"][0]["attachments"][0]["url"]).data == b"first"
    assert cmi.get(f"/chats/{guid}").status_code == 404, "shape B has no document under the group id"


@pytest.mark.parametrize("size", [0, 1, 2, 3, 256 * 1024, 600_001])
def test_shape_c_carries_the_bytes_inline(make: Make, size: int) -> None:
    cmi = make(chat_shape="C")
    content = (JPEG * 2)[:size]
    guid, (attachment_id,) = cmi.ended_chat(content)
    answer = cmi.get(f"/chats/{guid}")
    assert answer.content_length == len(answer.data)
    listed = answer.get_json()["messages"][0]["attachments"][0]
    assert base64.b64decode(listed["content"], validate=True) == content
    assert "url" not in listed
    assert cmi.get(f"/chats/{guid}/attachments/{attachment_id}").status_code == 404


def test_shape_d_gives_public_links_in_chat_messages(make: Make) -> None:
    cmi = make(chat_shape="D")
    guid, _ = cmi.ended_chat(JPEG)
    rows = cmi.get(f"/chatMessages?contactId={guid}").get_json()
    link = urlsplit(rows[0]["attachments"][0]["url"])
    assert (link.scheme, link.netloc) == ("https", LOGIN_HOST)
    assert link.path.startswith("/acme/sms/richcontent/")
    assert {"contact_id", "conversation_id", "message_id"} <= rows[0].keys()
    assert "attachments" not in cmi.get(f"/chats/{guid}").get_json()["messages"][0]


def test_outside_shape_d_chat_messages_has_no_attachments(cmi: Caller) -> None:
    guid, _ = cmi.ended_chat(JPEG)
    rows = cmi.get(f"/chatMessages?contactId={guid}").get_json()
    assert len(rows) == 1
    assert "attachments" not in rows[0]
    assert cmi.get("/chatMessages").status_code == 400


@pytest.mark.parametrize(
    ("form", "start"),
    [("absolute", f"https://{HOST}/acme/cmi/chats/"), ("rich_content", f"https://{LOGIN_HOST}/acme/sms/")],
)
def test_an_attachments_url_can_be_absolute(make: Make, form: str, start: str) -> None:
    cmi = make(attachment_url=form)
    guid, _ = cmi.ended_chat(JPEG)
    url = urlsplit(cmi.get(f"/chats/{guid}").get_json()["messages"][0]["attachments"][0]["url"])
    assert url.geturl().startswith(start)
    headers = {"x-api-key": KEY, "authorization": basic(USER, PASSWORD)}
    assert cmi.client.get(url.path, base_url=f"https://{url.netloc}", headers=headers).data == JPEG


# --- downloads ---


def test_a_download_gives_the_bytes_and_the_name_as_sent(cmi: Caller) -> None:
    guid = cmi.chat()
    name = '../\u202efdp.فاتورة\\..\\"x"\r\n見積書.pdf'
    sent = cmi.attach(guid, JPEG, name=name, content_type="application/pdf").get_json()
    cmi.control(f"/chats/{guid}/end")
    answer = cmi.get(f"/chats/{guid}/attachments/{sent['id']}")
    assert answer.data == JPEG
    assert answer.content_length == len(JPEG)
    assert answer.headers["Content-Type"] == "application/pdf"
    disposition = answer.headers["Content-Disposition"]
    assert disposition.isascii()
    assert disposition.endswith(f"filename*=UTF-8''{quote(name, safe='')}")
    assert '"x"' not in disposition
    assert cmi.get(f"/chats/{guid}").get_json()["messages"][0]["attachments"][0]["name"] == name


@pytest.mark.parametrize(
    ("wanted", "status", "content_range", "part"),
    [
        ("bytes=0-9", 206, "bytes 0-9/{n}", slice(0, 10)),
        ("bytes=300000-", 206, "bytes 300000-{last}/{n}", slice(300000, None)),
        ("bytes=-5", 206, "bytes {minus5}-{last}/{n}", slice(-5, None)),
        ("bytes=0-99999999", 206, "bytes 0-{last}/{n}", slice(0, None)),
        ("bytes=99999999-", 416, "bytes */{n}", slice(0, 0)),
        ("bytes=5-2", 200, None, slice(0, None)),
        ("lines=1-2", 200, None, slice(0, None)),
    ],
)
def test_a_range_gives_that_part(
    cmi: Caller, wanted: str, status: int, content_range: str | None, part: slice
) -> None:
    guid, (attachment_id,) = cmi.ended_chat(JPEG)
    answer = cmi.get(f"/chats/{guid}/attachments/{attachment_id}", range=wanted)
    size = len(JPEG)
    expected = content_range and content_range.format(n=size, last=size - 1, minus5=size - 5)
    assert (answer.status_code, answer.headers.get("Content-Range")) == (status, expected)
    assert answer.data == JPEG[part]


def test_ranges_can_be_unknown_to_cmi(make: Make) -> None:
    cmi = make(ranges=False)
    guid, (attachment_id,) = cmi.ended_chat(JPEG)
    answer = cmi.get(f"/chats/{guid}/attachments/{attachment_id}", range="bytes=0-9")
    assert (answer.status_code, len(answer.data)) == (200, len(JPEG))
    assert "Accept-Ranges" not in answer.headers


def test_a_download_can_come_without_its_length(make: Make) -> None:
    cmi = make(length_known=False)
    guid, (attachment_id,) = cmi.ended_chat(JPEG)
    answer = cmi.get(f"/chats/{guid}/attachments/{attachment_id}")
    assert "Content-Length" not in answer.headers
    assert answer.data == JPEG


def test_an_empty_file_is_downloaded_empty(cmi: Caller) -> None:
    guid, (attachment_id,) = cmi.ended_chat(b"")
    answer = cmi.get(f"/chats/{guid}/attachments/{attachment_id}")
    assert (answer.status_code, answer.content_length, answer.data) == (200, 0, b"")
    assert cmi.get(f"/chats/{guid}/attachments/{attachment_id}", range="bytes=0-").status_code == 416


def test_an_attachment_is_found_in_its_own_chat_only(cmi: Caller) -> None:
    _, (attachment_id,) = cmi.ended_chat(JPEG)
    other, _ = cmi.ended_chat()
    assert cmi.get(f"/chats/{other}/attachments/{attachment_id}").status_code == 404


def test_a_public_link_works_without_credentials_until_it_expires(make: Make) -> None:
    cmi = make(chat_shape="D", rich_content_retention_h=2)
    guid, _ = cmi.ended_chat(JPEG)
    url = urlsplit(cmi.get(f"/chatMessages?contactId={guid}").get_json()[0]["attachments"][0]["url"])

    def fetch(path: str) -> int:
        return cmi.client.get(path, base_url=f"https://{LOGIN_HOST}").status_code

    assert fetch(url.path) == 200
    assert fetch(url.path + "x") == 404
    cmi.advance(hours=2)
    assert fetch(url.path) == 404


# --- rights ---


def test_a_user_without_the_right_on_the_queue_is_refused(cmi: Caller) -> None:
    guid, _ = cmi.ended_chat(JPEG)
    rights = {"queues": [OTHER_QUEUE["id"]]}
    cmi.control("/users", {"name": "sales", "password": "another long password", "rights": rights})
    sales = basic("sales", "another long password")
    assert cmi.get(f"/chats/{guid}", authorization=sales).status_code == 403
    assert cmi.get(f"/chats?groupId={guid}", authorization=sales).status_code == 403
    assert cmi.get("/chats", authorization=sales).get_json() == []
    cmi.control("/dialect", {"no_right": "filtered"})
    assert cmi.get(f"/chats/{guid}", authorization=sales).status_code == 404
    assert cmi.get(f"/chats?groupId={guid}", authorization=sales).get_json() == []


def test_rights_hide_the_legs_of_other_queues(cmi: Caller) -> None:
    guid = cmi.chat()
    hidden = cmi.attach(guid, b"support only").get_json()["id"]
    cmi.control(f"/chats/{guid}/transfer", {"queue": OTHER_QUEUE})
    shown = cmi.attach(guid, b"sales").get_json()["id"]
    cmi.control(f"/chats/{guid}/end")
    rights = {"queues": [OTHER_QUEUE["id"]]}
    cmi.control("/users", {"name": "sales", "password": "another long password", "rights": rights})
    sales = basic("sales", "another long password")
    messages = cmi.get(f"/chats/{guid}", authorization=sales).get_json()["messages"]
    assert [a["id"] for m in messages for a in m["attachments"]] == [shown]
    assert cmi.get(f"/chats/{guid}/attachments/{hidden}", authorization=sales).status_code == 404


# --- gateway limits and refusals ---


def test_the_gateways_limits_are_off_until_switched_on(cmi: Caller) -> None:
    guid, (attachment_id,) = cmi.ended_chat(JPEG)
    path = f"/chats/{guid}/attachments/{attachment_id}"
    assert cmi.get(path).status_code == 200
    cmi.control("/dialect", {"gateway_payload_bytes": 1000})
    assert cmi.get(path).status_code == 413
    assert cmi.get(path, range="bytes=0-999").status_code == 206, "a range fits through"
    cmi.control("/dialect", {"gateway_payload_bytes": 0, "gateway_timeout_s": 29})
    assert cmi.get(path).status_code == 200
    cmi.control("/dialect", {"gateway_backend_bytes_per_s": 1000})
    answer = cmi.get(path)
    assert (answer.status_code, answer.get_json()) == (504, {"message": "Endpoint request timed out"})


def test_a_throttled_key_is_told_too_many_requests(make: Make) -> None:
    cmi = make(gateway_rate_per_s=0.001, gateway_burst=2)
    assert [cmi.get("/chats").status_code for _ in range(3)] == [200, 200, 429]
    cmi.advance(seconds=1000)
    assert cmi.get("/chats").status_code == 200


@pytest.mark.parametrize("path", ["/emails", "/contacts/1", "/contactData", "/messages", "/callRecordings"])
def test_a_documented_resource_we_lack_says_so(cmi: Caller, path: str) -> None:
    answer = cmi.get(path)
    assert answer.status_code == 501
    assert answer.content_type == "application/problem+json"
    assert "documented" in answer.get_json()["detail"]
    assert cmi.send("POST", path, {}).status_code == 501


def test_writing_chats_and_asking_for_xml_are_501_and_the_unknown_is_404(cmi: Caller) -> None:
    assert cmi.send("POST", "/chats", {}).status_code == 501
    assert cmi.get("/chats", accept="application/xml").status_code == 501
    assert cmi.get("/chats", accept="*/*").status_code == 200
    assert cmi.get("/nothing").status_code == 404
    assert cmi.get("/nothing", x_api_key="").status_code == 403


def test_an_error_of_cmi_can_be_a_plain_sentence_but_the_gateway_speaks_json(make: Make) -> None:
    cmi = make(error_body="text")
    answer = cmi.get(f"/chats/{'0' * 32}")
    assert (answer.content_type, answer.text) == ("text/plain; charset=utf-8", "Chat not found")
    assert cmi.get("/chats", x_api_key="").get_json() == {"message": "Forbidden"}


def test_another_tenant_or_host_is_another_world(cmi: Caller) -> None:
    assert cmi.get("/chats", host="elsewhere.execute-api.eu-central-1.amazonaws.com").status_code == 421
    assert cmi.client.get("/other/cmi/chats", base_url=f"https://{HOST}").status_code == 421
    assert cmi.get("/chats", host=f"{HOST.upper()}:443").status_code == 200


def test_a_reply_names_the_evidence_it_rests_on(cmi: Caller) -> None:
    guid, _ = cmi.ended_chat()
    touched = cmi.get(f"/chats/{guid}", x_mock_evidence="1").headers["X-Mock-Evidence"]
    assert "cmi.dialect.chat_shape" in touched


def test_every_switch_of_the_dialect_carries_its_evidence() -> None:
    by_switch = {entry.switch: entry for entry in BOOK.all() if entry.id.startswith("cmi.dialect.")}
    assert by_switch.keys() == entries().keys()
    assert all(entry.source and entry.behaviour for entry in by_switch.values())
