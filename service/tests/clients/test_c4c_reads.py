"""What the C4C client reads: lookups, lists in both JSON shapes, pages, metadata, digests."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from c4c_kit import CHAT, CONTACT, HOST, LOCKED, NAVIGATION, ROOT, Answer, always, client, problem
from fake_metadata import metadata
from fakes import Pieces

from attachment_transfer.clients.c4c.client import C4cClient
from attachment_transfer.clients.c4c.metadata import AttachmentNavigation
from attachment_transfer.core import errors
from attachment_transfer.core.errors import AmbiguousActivity, TransferError, UnexpectedAnswer
from attachment_transfer.core.model import ActivityRef

pytestmark = pytest.mark.off_contract(
    judge="requests", reason="the answers are made by hand, most of them to be refused or to be odd"
)


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


def test_a_size_field_that_means_something_else_is_not_read() -> None:
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
    reads: tuple[Callable[[C4cClient], object], ...] = (
        lambda c4c: c4c.attachments(CHAT, NAVIGATION),
        lambda c4c: c4c.digest(CHAT, NAVIGATION, "1"),
        lambda c4c: c4c.navigation(CHAT),
    )
    for read in reads:
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
