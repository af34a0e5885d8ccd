"""What an operator reads when a neighbour's answer is of no use: code, sentence and remedy, whole."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import c4c_kit
import cmi_kit
import httpx
import pytest
from c4c_kit import CHAT, CONTACT, NAVIGATION
from cmi_kit import HOST
from fakes import Pieces
from ledger_kit import a_source

from attachment_transfer.core.errors import TransferError

pytestmark = pytest.mark.off_contract(reason="the answers are made by hand, and of no use")

EXPECTED = Path(__file__).with_name("sentences.json")
Act = Callable[[], Any]


def find(answer: httpx.Response) -> Act:
    return lambda: c4c_kit.client(c4c_kit.always(answer)).find_activity(CONTACT)


def navigate(answer: httpx.Response) -> Act:
    return lambda: c4c_kit.client(c4c_kit.always(answer)).navigation(CHAT)


def listed(*answers: httpx.Response, **options: Any) -> Act:
    queue = list(answers)
    return lambda: c4c_kit.client(lambda _: queue.pop(0), **options).attachments(CHAT, NAVIGATION)


def read_back(answer: httpx.Response) -> Act:
    return lambda: c4c_kit.client(c4c_kit.always(answer)).attachment(CHAT, NAVIGATION, "O1")


def digest(answer: httpx.Response) -> Act:
    return lambda: c4c_kit.client(c4c_kit.always(answer)).digest(CHAT, NAVIGATION, "O1", at_most_bytes=3)


def upload(answer: httpx.Response) -> Act:
    return lambda: c4c_kit.post(c4c_kit.always(answer))


def token(answer: httpx.Response) -> Act:
    return lambda: c4c_kit.client(c4c_kit.always(answer)).fetch_csrf_token("chatactivity")


def chat(answer: httpx.Response) -> Act:
    return lambda: cmi_kit.client(cmi_kit.always(answer)).conversation(CONTACT)


def document(content: Any) -> Act:
    return chat(httpx.Response(200, content=json.dumps(content)))


def download(*answers: httpx.Response | None, href: str = "", size_bytes: int | None = None) -> Act:
    def act() -> None:
        queue = list(answers)
        source = a_source("1", size_bytes=size_bytes)
        source = replace(source, href=href or source.href)
        with ExitStack() as opened:
            file = opened.enter_context(cmi_kit.client(lambda _: answered(queue.pop(0))).open(source))
            for _ in file.pieces:
                pass

    return act


def answered(answer: httpx.Response | None) -> httpx.Response:
    if answer is None:
        raise httpx.ConnectError("refused")
    return answer


def packed(content: bytes, coding: str = "gzip") -> httpx.Response:
    headers = {"Content-Encoding": coding, "Content-Length": str(len(content))}
    return httpx.Response(200, headers=headers, stream=Pieces(content))


def plain(content: bytes, content_type: str = "image/png") -> httpx.Response:
    headers = {"Content-Type": content_type, "Content-Length": str(len(content))}
    return httpx.Response(200, headers=headers, stream=Pieces(content))


def page(following: Any = None, rows: Any = ()) -> httpx.Response:
    return httpx.Response(200, json={"d": {"results": list(rows), "__next": following}})


def redirect(status: int = 302, **headers: str) -> httpx.Response:
    return httpx.Response(status, headers=headers)


HTML = "<html><title>Sign in</title></html>"
SAID = {"error": {"code": "X/1", "message": {"lang": "en", "value": "Something is wrong"}}}
SIGNED = f"https://{HOST}/files/1?X-Amz-Signature=abc"


def situations() -> dict[str, Act]:
    """Each with answers of its own: a body is read once."""
    return {
        **{
            f"C4C reads {status}": find(httpx.Response(status, json=SAID))
            for status in (400, 401, 403, 404, 429, 500, 503)
        },
        "C4C redirects a read": find(redirect(Location="https://login.example.com/x?ticket=1")),
        "C4C redirects a read to nowhere": find(redirect(Location="https://[")),
        **{
            f"C4C answers an upload with {status}": upload(httpx.Response(status, json=SAID))
            for status in (400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 500, 502, 503)
        },
        "C4C answers an upload with 400 and no text": upload(httpx.Response(400)),
        "C4C answers an upload with 400, packed": upload(
            httpx.Response(400, headers={"Content-Encoding": "gzip"}, content=gzip.compress(json.dumps(SAID).encode()))
        ),
        "C4C answers an upload with a lock": upload(httpx.Response(400, json=c4c_kit.LOCKED)),
        "C4C redirects an upload": upload(redirect(Location="https://login.example.com/x")),
        "C4C answers an upload with a page": upload(httpx.Response(200, html=HTML)),
        "C4C answers an upload with 200 and breaks off": upload(
            httpx.Response(200, stream=Pieces(b"{", breaks_after=1))
        ),
        "C4C wants a token": upload(httpx.Response(403, headers={"x-csrf-token": "Required"})),
        "C4C issues no token": token(httpx.Response(200, json={"d": {}})),
        "two activities": find(page(rows=[{"ParentObjectID": "1"}, {"ParentObjectID": "2"}])),
        "a parent that is no id": find(page(rows=[{"ParentObjectID": 7}])),
        "a page in place of $metadata": navigate(httpx.Response(200, html=HTML)),
        "$metadata that is no XML": navigate(httpx.Response(200, content=b"<edmx")),
        "$metadata without the set": navigate(httpx.Response(200, content=b"<edmx/>")),
        "JSON that is no object": listed(httpx.Response(200, json=[1])),
        "no list": listed(httpx.Response(200, json={"d": {"results": {}}})),
        "a next link that is no text": listed(page(7)),
        "a next link that is no address": listed(page("https://[")),
        "a next link to nowhere": listed(page("https://my.example.com")),
        "pages that lead back": listed(page("?$skiptoken=1"), page("?$skiptoken=1")),
        "an attachment without id": listed(page(rows=[{"Name": "a"}])),
        "no entity": read_back(httpx.Response(200, json={"d": {"results": []}})),
        "more bytes than there are": digest(httpx.Response(200, content=b"hello")),
        **{f"CMI reads {status}": chat(httpx.Response(status)) for status in (300, 400, 401, 403, 408, 429, 500, 503)},
        "CMI redirects": chat(redirect(Location="https://login.example.com/x?ticket=1")),
        "CMI redirects to its own sign-in": chat(redirect(Location="/sign-in")),
        "CMI redirects to nowhere": chat(redirect(Location="https://[")),
        "CMI answers with a page": chat(httpx.Response(200, html=HTML)),
        "a chat that is no chat": document({"message": "Internal server error"}),
        "a chat that is a text": document("chat"),
        "messages that are no list": document({"messages": 7}),
        "attachments that are no list": document({"messages": [{"attachments": 7}]}),
        "an attachment without an address": document({"messages": [{"attachments": [{"id": "1"}]}]}),
        **{
            f"a download {status}": download(httpx.Response(status))
            for status in (206, 400, 401, 403, 404, 410, 413, 416, 429, 500, 503)
        },
        **{f"a signed download {status}": download(httpx.Response(status), href=SIGNED) for status in (400, 403)},
        "a download that breaks at once": download(None),
        "a download in pieces with a length besides": download(
            httpx.Response(
                200,
                headers={"Transfer-Encoding": "Chunked", "Content-Length": "3", "Content-Type": "image/png"},
                stream=Pieces(b"hello"),
            ),
            size_bytes=9,
        ),
        "a download that leads to nowhere": download(redirect()),
        "a download that leads to no address": download(redirect(Location="https://[")),
        "a download that leads on and on": download(*(redirect(Location=f"/hop/{hop}") for hop in range(4))),
        "an address that is none": download(href="https://["),
        "a page in place of a file": download(plain(HTML.encode(), "text/html"), size_bytes=10),
        "another size": download(plain(b"hello"), size_bytes=10),
        "too large": download(plain(b"z" * 1_001)),
        "too large, unannounced": download(httpx.Response(200, stream=Pieces(b"z" * 1_001))),
        "not packed": download(packed(b"junk")),
        "damaged": download(packed(gzip.compress(b"hello")[:10] + b"\xff" * 18)),
        "broken off": download(packed(gzip.compress(b"hello" * 9)[:-4])),
        "something behind": download(packed(gzip.compress(b"hello") + b"more")),
        "something behind, deflated": download(packed(zlib.compress(b"hello") + b"more", "deflate")),
        "unknown packing": download(packed(b"junk", "br")),
        "unpacked larger than listed": download(packed(gzip.compress(b"hello" * 100)), size_bytes=20),
    }


def said(act: Act) -> dict[str, Any]:
    """What an operator reads, and what the service does by it."""
    with pytest.raises(TransferError) as caught:
        act()
    error = caught.value
    return {
        "code": error.code,
        "message": error.message,
        "remedy": error.remedy,
        "may_exist": error.may_exist,
        "retry_after_s": getattr(error, "retry_after_s", None),
    }


@pytest.mark.parametrize("situation", situations())
def test_the_sentence_is(situation: str) -> None:
    expected = json.loads(EXPECTED.read_text(encoding="utf-8"))
    assert said(situations()[situation]) == expected[situation]


def test_every_sentence_has_a_situation() -> None:
    assert json.loads(EXPECTED.read_text(encoding="utf-8")).keys() == situations().keys()
