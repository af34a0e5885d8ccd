"""What the C4C client makes of every answer: both JSON shapes, every status, every page."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from c4c_kit import CHAT, LOCKED, NAVIGATION, ROOT, always, body, client, post, problem
from fake_metadata import metadata

from attachment_transfer.clients.c4c.client import NewAttachment
from attachment_transfer.clients.c4c.metadata import attachment_navigation
from attachment_transfer.core import errors
from attachment_transfer.core.answers.c4c import CsrfTokenMissing
from attachment_transfer.core.errors import OutcomeUnknown, TransferError, UnexpectedAnswer

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
    c4c = client(always(httpx.Response(200)), attachment_type_code="10044", attachment_category_code="7")
    fields = c4c.fields(new)
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
        (problem(400, LOCKED), errors.ActivityLocked),
        (problem(409, LOCKED), errors.ActivityLocked),
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
def test_a_redirect_to_no_host_is_reported_without_one(location: str) -> None:
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


def test_a_token_that_is_not_issued_raises() -> None:
    with pytest.raises(UnexpectedAnswer, match="did not issue one"):
        client(always(httpx.Response(200, json={}))).fetch_csrf_token("chatactivity")
