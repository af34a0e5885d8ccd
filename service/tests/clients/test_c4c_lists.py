"""Lists of C4C: every form of next link, objects that are listed twice, and where a list ends that does not end."""

from __future__ import annotations

from itertools import count
from typing import Any

import httpx
import pytest
from c4c_kit import CHAT, CONTACT, HOST, NAVIGATION, ROOT, Answer, client

from attachment_transfer.clients.c4c.lists import ListLimits
from attachment_transfer.core.errors import UnexpectedAnswer

pytestmark = pytest.mark.off_contract(judge="requests", reason="the answers are made by hand, many of them to be odd")

PAGE = "/sap/c4c/odata/v1/chatactivity/ChatActivityCollection('00163E01')/ChatActivityAttachment"


def pages(*answers: tuple[list[str], str | None]) -> tuple[Answer, list[httpx.Request]]:
    """Each answer: the ObjectIDs of a page, and its next link."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        ids, link = answers[len(seen)]
        seen.append(request)
        page: dict[str, Any] = {"results": [{"ObjectID": item, "Name": f"page {len(seen)}"} for item in ids]}
        if link:
            page["__next"] = link
        return httpx.Response(200, json={"d": page})

    return answer, seen


@pytest.mark.parametrize(
    "link",
    [
        f"{ROOT}/chatactivity/ChatActivityCollection('00163E01')/ChatActivityAttachment?$skiptoken=1001",
        f"https://my300000.crm.ondemand.com{PAGE}?$skiptoken=1001",
        f"{PAGE}?$skiptoken=1001",
        f"//{HOST}{PAGE}?$skiptoken=1001",
        "ChatActivityCollection('00163E01')/ChatActivityAttachment?$skiptoken=1001",
        "ChatActivityAttachment?$skiptoken=1001",
        "./ChatActivityAttachment?$skiptoken=1001",
        "?$skiptoken=1001",
    ],
)
def test_a_next_link_is_read_in_every_form_and_asked_of_the_tenants_own_host(link: str) -> None:
    answer, seen = pages((["1"], link), (["2"], None))
    stored = client(answer).attachments(CHAT, NAVIGATION)
    assert [item.object_id for item in stored] == ["1", "2"]
    assert str(seen[1].url.copy_with(query=None)) == f"https://{HOST}{PAGE}"
    assert seen[1].url.params["$skiptoken"] == "1001"
    assert seen[1].headers["authorization"].startswith("Basic ")


@pytest.mark.parametrize("link", ["ChatActivityBTDReferenceCollection?$skiptoken=2", "?$skiptoken=2"])
def test_a_next_link_of_a_set_is_read_whether_it_counts_from_the_root_or_the_page(link: str) -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(f"{request.url.path} {request.url.params.get('$skiptoken')}")
        rows = {"results": [{"ObjectID": "R1", "ParentObjectID": "A1"}]}
        return httpx.Response(200, json={"d": rows | ({"__next": link} if len(seen) == 1 else {})})

    assert client(answer).find_activity(CONTACT) is not None
    path = "/sap/c4c/odata/v1/chatactivity/ChatActivityBTDReferenceCollection"
    assert seen == [f"{path} None", f"{path} 2"]


def test_the_third_page_may_be_relative_to_the_second() -> None:
    link = "ChatActivityCollection('00163E01')/ChatActivityAttachment?$skiptoken={}"
    answer, seen = pages((["1"], link.format(2)), (["2"], link.format(3)), (["3"], None))
    assert len(client(answer).attachments(CHAT, NAVIGATION)) == 3
    assert [request.url.path for request in seen] == [PAGE] * 3


@pytest.mark.parametrize(("link", "query"), [("?$skiptoken='a#b'", b"a%23b"), ("?$skiptoken='50%'", b"50%25")])
def test_odd_characters_of_a_next_link_stay_a_part_of_it(link: str, query: bytes) -> None:
    answer, seen = pages((["1"], link), (["2"], None))
    assert len(client(answer).attachments(CHAT, NAVIGATION)) == 2
    assert query in seen[1].url.raw_path


@pytest.mark.parametrize("link", ["https://", "//", "https://[bad", "https://other.example"])
def test_a_next_link_to_nowhere_is_an_unexpected_answer(link: str) -> None:
    answer, _ = pages((["1"], link), (["2"], None))
    with pytest.raises(UnexpectedAnswer, match="next link is no address"):
        client(answer).attachments(CHAT, NAVIGATION)


@pytest.mark.parametrize("link", [5, ["x"], {"uri": "x"}, True])
def test_a_next_link_that_is_no_text_is_an_unexpected_answer(link: Any) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"d": {"results": [], "__next": link}})

    with pytest.raises(UnexpectedAnswer, match="next link is no address"):
        client(answer).attachments(CHAT, NAVIGATION)


def test_an_object_that_overlapping_pages_list_twice_is_one_as_it_was_read_last() -> None:
    answer, _ = pages((["1", "2"], "?$skiptoken=2"), (["2", "3"], None))
    stored = client(answer).attachments(CHAT, NAVIGATION)
    assert [(item.object_id, item.name) for item in stored] == [("1", "page 1"), ("2", "page 2"), ("3", "page 2")]


@pytest.mark.parametrize("identity", [5, ["1"], {"a": 1}, True, ""])
def test_an_attachment_whose_id_is_no_text_is_an_unexpected_answer(identity: Any) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"d": {"results": [{"ObjectID": identity}]}})

    with pytest.raises(UnexpectedAnswer, match="without ObjectID"):
        client(answer).attachments(CHAT, NAVIGATION)


def test_a_reference_whose_parent_is_no_id_is_an_unexpected_answer() -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"d": {"results": [{"ObjectID": "R1", "ParentObjectID": 7}]}})

    with pytest.raises(UnexpectedAnswer, match="no id"):
        client(answer).find_activity(CONTACT)


def endless(rows: int = 1) -> tuple[Answer, list[httpx.Request]]:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        items = [{"ObjectID": f"{len(seen)}-{number}"} for number in range(rows)]
        return httpx.Response(200, json={"d": {"results": items, "__next": f"?$skiptoken={len(seen)}"}})

    return answer, seen


@pytest.mark.parametrize(
    ("limits", "message", "most_requests"),
    [
        (ListLimits(pages=7), "after 7 pages", 7),
        (ListLimits(rows=50), "after 50 rows", 6),
        (ListLimits(total_s=120.0), "after 120 seconds", 121),
    ],
)
def test_a_list_that_never_ends_stops_at_each_limit_in_words(
    limits: ListLimits, message: str, most_requests: int
) -> None:
    answer, seen = endless(rows=10)
    seconds = count()
    options = {"monotonic_s": lambda: float(next(seconds)), "list_limits": limits}
    with pytest.raises(UnexpectedAnswer, match=message) as caught:
        client(answer, options=options).attachments(CHAT, NAVIGATION)
    assert len(seen) <= most_requests
    assert "without an end" in caught.value.remedy


def test_the_limits_apply_to_lookups_too() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        number = int(request.url.params.get("$skiptoken", "0")) + 1
        row = {"ObjectID": f"R{number}", "ParentObjectID": "A1"}
        return httpx.Response(200, json={"d": {"results": [row], "__next": f"?$skiptoken={number}"}})

    with pytest.raises(UnexpectedAnswer, match="after 500 pages"):
        client(answer).find_activity(CONTACT)


def test_a_list_at_its_limits_is_read_whole() -> None:
    answer, _ = pages((["1"], "?$skiptoken=1"), (["2"], "?$skiptoken=2"), (["3"], None))
    limits = ListLimits(pages=3, rows=3)
    assert len(client(answer, options={"list_limits": limits}).attachments(CHAT, NAVIGATION)) == 3


def test_a_lookup_follows_a_link_that_counts_from_its_service() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url).partition("?")[0])
        rows = [{"ObjectID": "R1", "ParentObjectID": "00163E01"}] if len(seen) == 2 else []
        link = {"__next": "ChatActivityBTDReferenceCollection?$skiptoken=1"} if len(seen) == 1 else {}
        return httpx.Response(200, json={"d": {"results": rows, **link}})

    found = client(answer).find_activity(CONTACT)
    assert found is not None
    assert set(seen) == {f"{ROOT}/chatactivity/ChatActivityBTDReferenceCollection"}
