"""What the C4C client makes of every answer: both JSON shapes, every status, every page."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import httpx
import pytest
from c4c_kit import CHAT, CONTACT, HOST, LOCKED, NAVIGATION, ROOT, Answer, always, body, client, post, problem
from fake_metadata import metadata
from fakes import Pieces

from attachment_transfer.clients.c4c.client import NewAttachment
from attachment_transfer.clients.c4c.metadata import AttachmentNavigation, attachment_navigation
from attachment_transfer.core import errors
from attachment_transfer.core.answers.c4c import CsrfTokenMissing
from attachment_transfer.core.errors import AmbiguousActivity, OutcomeUnknown, TransferError, UnexpectedAnswer
from attachment_transfer.core.model import ActivityRef

pytestmark = pytest.mark.off_contract(
    judge="requests", reason="the answers are made by hand, most of them to be refused or to be odd"
)


def test_an_upload_is_one_post_to_the_activitys_navigation() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(201, headers={"Location": f"{ROOT}/chatactivity/AttachmentCollection('00163EFF')"})

    assert post(answer) == "00163EFF"
    [request] = seen
    assert request.method == "POST"
    assert request.url == f"{ROOT}/chatactivity/ChatActivityCollection('00163E01')/ChatActivityAttachment"
    assert request.headers["content-length"] == str(len(request.content))
    assert "transfer-encoding" not in request.headers
    assert request.headers["odata-v2-strict-json-format"] == "true"
    assert json.loads(request.content) == {"Name": "a.txt", "CategoryCode": "2", "Binary": "aGVsbG8="}


@pytest.mark.parametrize(("asks", "language"), [(True, ("en", "EN")), (False, (None, None))])
def test_english_is_asked_for_unless_the_dialect_says_no(asks: bool, language: tuple[str | None, str | None]) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(201)

    post(answer, asks_for_english=asks)
    assert (seen[0].headers.get("accept-language"), seen[0].headers.get("sap-language")) == language


def test_the_fields_of_a_create_come_from_the_dialect() -> None:
    new = NewAttachment(name="a.txt", content_type="text/plain", title=None)
    dialect = {"attachment_type_code": "10044", "attachment_category_code": "7"}
    fields = client(always(httpx.Response(200)), **dialect).fields(new)
    assert fields == {"TypeCode": "10044", "CategoryCode": "7", "Name": "a.txt", "MimeType": "text/plain"}


@pytest.mark.parametrize(
    ("field", "creatable", "takes"), [("Title", True, True), ("Title", False, False), ("Name", True, False)]
)
def test_the_key_travels_in_the_title_where_dialect_and_metadata_agree(
    field: str, creatable: bool, takes: bool
) -> None:
    navigation = attachment_navigation(metadata(title_creatable=creatable), "ChatActivityCollection")
    assert client(always(httpx.Response(200)), key_field=field).takes_title(navigation) is takes


@pytest.mark.parametrize(
    "location",
    [
        f"{ROOT}/chatactivity/AttachmentCollection('00163EFF')",
        f"{ROOT}/chatactivity/AttachmentCollection('00163EFF')/",
        f"{ROOT}/chatactivity/AttachmentCollection(ObjectID='00163EFF')",
        "AttachmentCollection('00163EFF')",
    ],
)
def test_the_new_object_is_read_from_every_form_of_location(location: str) -> None:
    assert post(always(httpx.Response(201, headers={"Location": location}))) == "00163EFF"


@pytest.mark.parametrize(
    ("document", "object_id"),
    [
        ({"d": {"results": {"ObjectID": "00163EFF"}}}, "00163EFF"),
        ({"d": {"results": [{"ObjectID": "00163EFF"}]}}, "00163EFF"),
        ({"d": {"ObjectID": "00163EFF"}}, "00163EFF"),
        ({"d": {"results": []}}, None),
        ({"d": {"ObjectID": None}}, None),
        ({"d": {}}, None),
        ({}, None),
        ([], None),
        ("text", None),
        (None, None),
    ],
)
def test_without_a_location_the_new_object_is_read_from_the_body_or_is_unknown(
    document: Any, object_id: str | None
) -> None:
    assert post(always(httpx.Response(201, json=document))) == object_id


@pytest.mark.parametrize("status", [429, 500, 503])
def test_how_long_c4c_asks_to_be_left_alone_is_kept_whether_the_object_may_exist_or_not(status: int) -> None:
    with pytest.raises(errors.TryAgain) as caught:
        post(always(problem(status, **{"Retry-After": "12"})))
    assert caught.value.retry_after_s == 12.0


def test_a_create_without_any_payload_is_a_success_of_unknown_name() -> None:
    assert post(always(httpx.Response(204))) is None
    assert post(always(problem(201))) is None


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (problem(401), errors.CredentialRefused),
        (problem(403), errors.AccessDenied),
        (problem(403, **{"x-csrf-token": "Required"}), CsrfTokenMissing),
        (problem(400, {"error": {"message": {"value": "MIME type exe is not allowed"}}}), errors.UploadQuestioned),
        (problem(400), errors.UploadQuestioned),
        (problem(405), errors.UploadQuestioned),
        (problem(409), errors.UploadQuestioned),
        (problem(412), errors.UploadQuestioned),
        (problem(413), errors.AttachmentRefused),
        (problem(415), errors.AttachmentRefused),
        (problem(422), errors.UploadQuestioned),
        (problem(428), errors.UploadQuestioned),
        (problem(499), errors.UploadQuestioned),
        (problem(400, LOCKED), errors.NeighbourBusy),
        (problem(409, LOCKED), errors.NeighbourBusy),
        (problem(423), errors.NeighbourBusy),
        (problem(429), errors.NeighbourBusy),
        (problem(404), errors.UnexpectedAnswer),
        (problem(307), errors.RedirectedUpload),
        (problem(308), errors.RedirectedUpload),
        (problem(304), OutcomeUnknown),
        (problem(200), OutcomeUnknown),
        (problem(206), OutcomeUnknown),
        (problem(408), OutcomeUnknown),
        (problem(500), OutcomeUnknown),
        (problem(500, LOCKED), OutcomeUnknown),
        (problem(502), OutcomeUnknown),
        (problem(503), OutcomeUnknown),
        (problem(504), OutcomeUnknown),
        (problem(202), OutcomeUnknown),
    ],
)
def test_every_status_of_an_upload_has_its_meaning(response: httpx.Response, kind: type[TransferError]) -> None:
    with pytest.raises(TransferError) as caught:
        post(always(response))
    assert type(caught.value) is kind or (kind is errors.UnexpectedAnswer and isinstance(caught.value, kind))
    assert caught.value.may_exist is (kind is OutcomeUnknown)
    assert "Word-of-C4C" not in str(caught.value)


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (httpx.ConnectError, errors.NeighbourUnavailable),
        (httpx.ConnectTimeout, errors.NeighbourUnavailable),
        (httpx.PoolTimeout, errors.NeighbourUnavailable),
        (httpx.ReadTimeout, OutcomeUnknown),
        (httpx.WriteTimeout, OutcomeUnknown),
        (httpx.ReadError, OutcomeUnknown),
        (httpx.WriteError, OutcomeUnknown),
        (httpx.RemoteProtocolError, OutcomeUnknown),
    ],
)
def test_silence_before_the_first_byte_is_a_failure_and_after_it_an_unknown_outcome(
    trouble: type[httpx.TransportError], kind: type[TransferError]
) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise trouble("text with Word-of-C4C-1618")

    with pytest.raises(kind) as caught:
        post(answer)
    assert caught.value.may_exist is (kind is OutcomeUnknown)
    assert trouble.__name__ in str(caught.value)
    assert "Word-of-C4C" not in str(caught.value)


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_redirected_upload_may_have_been_taken_before(status: int) -> None:
    response = problem(status, Location="https://id.example.com/saml?SAMLRequest=Word-of-C4C-1618")
    with pytest.raises(
        errors.RedirectedUpload, match=r"a redirect to id\.example\.com, which is not followed; the file may"
    ) as caught:
        post(always(response))
    assert caught.value.may_exist
    assert "Word-of-C4C" not in str(caught.value)
    assert "before it sends it again" in caught.value.remedy


@pytest.mark.parametrize("location", ["https://[bad", "", "/relative"])
def test_a_redirect_to_no_host_is_told_without_one(location: str) -> None:
    with pytest.raises(errors.RedirectedUpload, match="a redirect, which is not followed"):
        post(always(problem(307, Location=location)))


def test_a_redirect_to_what_cannot_be_an_address_leaves_the_outcome_unknown() -> None:
    with pytest.raises(OutcomeUnknown):
        post(always(httpx.Response(307, headers=[(b"location", "https://ex\u202eample".encode())])))


@pytest.mark.parametrize("status", [400, 409, 412, 422, 428])
def test_a_lock_is_known_by_the_dialects_pattern_whatever_the_status(status: int) -> None:
    taken = problem(status, {"error": {"message": {"value": "Objekt wird benutzt durch MUELLER"}}})
    with pytest.raises(TransferError) as caught:
        post(always(taken))
    assert not isinstance(caught.value, errors.NeighbourBusy)
    with pytest.raises(errors.NeighbourBusy):
        post(always(taken), lock_pattern="(?i)benutzt")


def test_a_refusal_quotes_c4cs_words_and_not_more_than_200_of_them() -> None:
    text = "Attachment type not allowed. " * 50
    with pytest.raises(errors.UploadQuestioned) as caught:
        post(always(problem(400, {"error": {"message": {"value": text}}})))
    assert "Attachment type not allowed." in caught.value.message
    assert len(caught.value.message) < 240


def test_a_refusal_in_broken_characters_can_still_be_written_down() -> None:
    content = json.dumps({"error": {"message": {"value": "half \ud83d, zero \x00, \u202eturned"}}})
    with pytest.raises(errors.UploadQuestioned) as caught:
        post(always(httpx.Response(400, content=content)))
    assert caught.value.message == 'C4C answered 400; it said: "half , zero , turned"'
    caught.value.message.encode()


@pytest.mark.parametrize("document", [[], {"error": []}, {"error": {"message": []}}, {"error": {"code": "X/1"}}, ""])
def test_an_error_without_words_is_classified_by_its_status(document: Any) -> None:
    with pytest.raises(errors.UploadQuestioned) as caught:
        post(always(problem(400, document)))
    assert caught.value.message == "C4C answered 400"
    assert "gave no reason" in caught.value.remedy


def test_the_token_is_fetched_once_and_travels_with_the_next_upload() -> None:
    tokens: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            assert request.url == f"{ROOT}/chatactivity/"
            assert request.headers["x-csrf-token"] == "fetch"
            headers = [("x-csrf-token", "T1"), ("set-cookie", "SAP_SESSIONID=abc; path=/; secure")]
            return httpx.Response(200, headers=headers, json={})
        tokens.append(request.headers.get("x-csrf-token"))
        if tokens[-1] is None:
            return problem(403, **{"x-csrf-token": "Required"})
        assert request.headers["cookie"] == "SAP_SESSIONID=abc"
        return httpx.Response(201, headers={"Location": "A('00163EFF')"})

    c4c = client(answer)
    with pytest.raises(CsrfTokenMissing):
        c4c.upload(CHAT, NAVIGATION, body(), budget_s=60.0)
    c4c.fetch_csrf_token("chatactivity")
    assert c4c.upload(CHAT, NAVIGATION, body(), budget_s=60.0) == "00163EFF"
    assert tokens == [None, "T1"]


def test_a_token_that_is_not_issued_is_told() -> None:
    with pytest.raises(UnexpectedAnswer, match="did not issue one"):
        client(always(httpx.Response(200, json={}))).fetch_csrf_token("chatactivity")


def reference_rows(*activities: str) -> dict[str, Any]:
    return {"d": {"results": [{"ObjectID": f"R{item}", "ParentObjectID": item} for item in activities]}}


def test_the_lookups_are_tried_in_order_until_one_finds_the_activity() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path.rsplit("/", 1)[1])
        found = reference_rows("00163E02") if asked[-1].startswith("PhoneCall") else reference_rows()
        assert request.url.params["$filter"].endswith(f"eq '{CONTACT}'")
        return httpx.Response(200, json=found)

    activity = client(answer).find_activity(CONTACT)
    assert activity == ActivityRef(service="activity", entity_set="PhoneCallCollection", object_id="00163E02")
    assert asked == ["ChatActivityBTDReferenceCollection", "PhoneCallBTDReferenceCollection"]


def test_no_activity_in_any_lookup_is_none() -> None:
    assert client(always(httpx.Response(200, json=reference_rows()))).find_activity(CONTACT) is None


def test_two_references_of_one_activity_are_one_activity() -> None:
    found = client(always(httpx.Response(200, json=reference_rows("00163E02", "00163E02")))).find_activity(CONTACT)
    assert found is not None


def test_two_activities_are_ambiguous() -> None:
    with pytest.raises(AmbiguousActivity, match="2 activities in ChatActivityCollection"):
        client(always(httpx.Response(200, json=reference_rows("1", "2")))).find_activity(CONTACT)


ROWS = [{"ObjectID": "1", "Name": "a", "Title": "t", "SizeInkB": "37.00000000000000"}, {"ObjectID": "2"}]


@pytest.mark.parametrize("document", [{"d": {"results": ROWS}}, {"d": ROWS}])
def test_lists_are_read_in_both_shapes(document: Any) -> None:
    first, second = client(always(httpx.Response(200, json=document))).attachments(CHAT, NAVIGATION)
    assert (first.object_id, first.name, first.title, first.size_bytes) == ("1", "a", "t", 37)
    assert (second.object_id, second.name, second.title, second.size_bytes) == ("2", None, None, None)


@pytest.mark.parametrize("document", [{"d": {"results": ROWS[0]}}, {"d": ROWS[0]}, {"d": {"results": [ROWS[0]]}}])
def test_single_objects_are_read_in_both_shapes(document: Any) -> None:
    stored = client(always(httpx.Response(200, json=document))).attachment(CHAT, NAVIGATION, "1")
    assert stored is not None
    assert stored.size_bytes == 37


@pytest.mark.parametrize(
    "size",
    [
        "many",
        None,
        "",
        "NaN",
        "sNaN",
        "Infinity",
        "-Infinity",
        [],
        {},
        True,
        "-1",
        -1,
        "36.5",
        0.1,
        "1e999999999",
        2**63,
    ],
)
def test_a_size_that_is_no_number_is_an_unknown_size(size: Any) -> None:
    rows = {"d": {"results": [{"ObjectID": "1", "SizeInkB": size}]}}
    [stored] = client(always(httpx.Response(200, json=rows))).attachments(CHAT, NAVIGATION)
    assert stored.size_bytes is None


def test_a_size_field_that_holds_something_else_is_not_read() -> None:
    answer = always(httpx.Response(200, json={"d": {"results": ROWS}}))
    stored = client(answer, size_field_holds_bytes=False).attachments(CHAT, NAVIGATION)
    assert [item.size_bytes for item in stored] == [None, None]


def test_an_object_that_is_not_shown_is_none() -> None:
    assert client(always(problem(404))).attachment(CHAT, NAVIGATION, "1") is None


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, html="<html>maintenance</html>"),
        httpx.Response(200, json={}),
        httpx.Response(200, json={"d": None}),
        httpx.Response(200, json={"d": "text"}),
        httpx.Response(200, json={"d": {}}),
        httpx.Response(200, json={"d": {"results": None}}),
        httpx.Response(200, json={"d": {"results": {"ObjectID": "1"}}}),
        httpx.Response(200, json={"d": {"results": ["1"]}}),
        httpx.Response(200, json={"d": {"results": [{"Name": "no id"}]}}),
        httpx.Response(200, json=[]),
        httpx.Response(200, json=None),
        httpx.Response(200),
    ],
)
def test_what_is_no_list_is_an_unexpected_answer_and_never_an_empty_list(answer: httpx.Response) -> None:
    with pytest.raises(UnexpectedAnswer):
        client(always(answer)).attachments(CHAT, NAVIGATION)


def paged(next_links: list[str | None]) -> tuple[Answer, list[httpx.Request]]:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        page: dict[str, Any] = {"results": [{"ObjectID": str(len(seen))}]}
        if link := next_links[len(seen) - 1]:
            page["__next"] = link
        return httpx.Response(200, json={"d": page})

    return answer, seen


@pytest.mark.parametrize(
    "link",
    [
        f"{ROOT}/chatactivity/NextCollection?$skiptoken=2",
        "/sap/c4c/odata/v1/chatactivity/NextCollection?$skiptoken=2",
        "https://my2554607.crm.ondemand.com/sap/c4c/odata/v1/chatactivity/NextCollection?$skiptoken=2",
        "https://evil.execute-api.eu-central-1.amazonaws.com/sap/c4c/odata/v1/chatactivity/NextCollection?$skiptoken=2",
        "http://evil.example/sap/c4c/odata/v1/chatactivity/NextCollection?$skiptoken=2",
        "//evil.example/sap/c4c/odata/v1/chatactivity/NextCollection?$skiptoken=2",
    ],
)
def test_the_next_page_is_asked_of_the_tenant_itself_whatever_host_the_link_names(link: str) -> None:
    answer, seen = paged([link, None])
    stored = client(answer).attachments(CHAT, NAVIGATION)
    assert [item.object_id for item in stored] == ["1", "2"]
    assert {(request.url.scheme, request.url.host) for request in seen} == {("https", HOST)}
    assert seen[1].url.path == "/sap/c4c/odata/v1/chatactivity/NextCollection"
    assert seen[1].url.params["$skiptoken"] == "2"


def test_pages_that_lead_back_end_with_an_error() -> None:
    answer, seen = paged(
        [f"{ROOT}/chatactivity/NextCollection?$skiptoken=1", f"{ROOT}/chatactivity/NextCollection?$skiptoken=1"]
        + [None] * 9
    )
    with pytest.raises(UnexpectedAnswer, match="lead back"):
        client(answer).attachments(CHAT, NAVIGATION)
    assert len(seen) == 2


def test_a_next_link_that_is_no_address_is_an_unexpected_answer() -> None:
    answer, _ = paged(["https://[bad", None])
    with pytest.raises(UnexpectedAnswer, match="no address"):
        client(answer).attachments(CHAT, NAVIGATION)


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (problem(401), errors.CredentialRefused),
        (problem(403), errors.AccessDenied),
        (problem(429), errors.NeighbourBusy),
        (problem(503), errors.NeighbourBusy),
        (problem(423), errors.NeighbourBusy),
        (problem(400, LOCKED), errors.NeighbourBusy),
        (problem(500), errors.NeighbourUnavailable),
        (problem(408), errors.NeighbourUnavailable),
        (problem(400), errors.UnexpectedAnswer),
        (problem(302), errors.UnexpectedAnswer),
        (problem(204), errors.UnexpectedAnswer),
    ],
)
def test_every_status_of_a_read_has_its_meaning(response: httpx.Response, kind: type[TransferError]) -> None:
    for read in (
        lambda c4c: c4c.attachments(CHAT, NAVIGATION),
        lambda c4c: c4c.digest(CHAT, NAVIGATION, "1"),
        lambda c4c: c4c.navigation(CHAT),
    ):
        with pytest.raises(TransferError) as caught:
            read(client(always(response)))
        assert isinstance(caught.value, kind)
        assert not caught.value.may_exist
        assert "Word-of-C4C" not in str(caught.value)


@pytest.mark.parametrize(("header", "wait_s"), [("7", 7.0), ("soon", None), ("-1", None), ("²", None), ("", None)])
def test_a_time_to_come_back_is_read_where_it_is_a_number(header: str, wait_s: float | None) -> None:
    response = httpx.Response(429, headers=[(b"retry-after", header.encode("latin-1"))])
    with pytest.raises(errors.NeighbourBusy) as caught:
        client(always(response)).attachments(CHAT, NAVIGATION)
    assert caught.value.retry_after_s == wait_s


def test_metadata_is_read_once_for_all_clients_of_a_process() -> None:
    known: dict[str, AttachmentNavigation] = {}
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=metadata())

    assert client(answer, known).navigation(CHAT) == client(answer, known).navigation(CHAT) == NAVIGATION
    assert len(seen) == 1


def test_a_digest_is_taken_of_a_stream_and_ids_are_quoted_in_paths() -> None:
    seen: list[httpx.Request] = []
    content = b"z" * 700_000

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, stream=Pieces(content))

    assert client(answer).digest(CHAT, NAVIGATION, "a/b'") == (700_000, hashlib.sha256(content).hexdigest())
    assert seen[0].url.raw_path.endswith(b"('a%2Fb%27%27')/Binary/$value")


def test_a_document_without_an_end_is_not_read_into_memory() -> None:
    class Endless(httpx.SyncByteStream):
        def __iter__(self) -> Any:
            while True:
                yield b" " * 1_048_576

    with pytest.raises(errors.NeighbourUnavailable, match="a document of more than"):
        client(always(httpx.Response(200, stream=Endless()))).attachments(CHAT, NAVIGATION)
