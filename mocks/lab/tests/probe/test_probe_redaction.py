"""Evidence keeps forms, codes and sizes; it loses names, words, ids and files."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attachment_lab.probe.exchange import ProbeExchange
from attachment_lab.probe.findings.evidence_files import EvidenceFolder, NotRedacted
from attachment_lab.probe.findings.redaction import Redactor
from attachment_lab.probe.target import ProbeTarget

KEY = b"k" * 32
PASSPORT = {"name": "Passport Ada.JPG", "content_type": "image/jpeg", "size": 48213, "url": "/chats/5AB/attachments/1"}


def exchange(body: bytes, status: int = 200, **headers: str) -> ProbeExchange:
    """An answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return ProbeExchange(
        label="x",
        system="cmi",
        method="GET",
        url="https://h.example/acme/cmi/chats",
        at=datetime.now(UTC),
        status=status,
        headers=named,
        body=body,
        size_bytes=len(body),
    )


def kept(document: Any) -> Any:
    """The answer's body as evidence."""
    return Redactor(KEY).exchange(exchange(json.dumps(document).encode()))["answer"]["body"]


def test_a_chats_document_keeps_its_form_and_loses_what_was_said() -> None:
    document = {
        "id": "5AB6E20342A6EE11B3ED58961D1810CC",
        "channel_type": "chat",
        "created": "2026-11-22T09:15:00.000Z",
        "messages": [
            {
                "originator": "Ada",
                "originator_type": "customer",
                "message": "my number is 0151",
                "attachments": [
                    {
                        "name": "Passport Ada.JPG",
                        "content_type": "image/jpeg",
                        "size": 48213,
                        "url": "/chats/5AB/attachments/1",
                    }
                ],
            }
        ],
    }
    body = kept(document)
    [message] = body["messages"]
    [file] = message["attachments"]
    assert body["id"].startswith("<id 32 #")
    assert (body["channel_type"], body["created"]) == ("chat", "<time>")
    assert message["originator"].startswith("<text 3 #")
    assert (message["originator_type"], message["message"][:9]) == ("customer", "<text 17 ")
    assert file["name"].endswith(".JPG>")
    assert (file["content_type"], file["size"]) == ("image/jpeg", 48213)
    assert file["url"].startswith("<address: /chats/<")


def test_codes_dates_and_sizes_of_odata_stay_recognisable() -> None:
    row = {
        "StatusCode": "3",
        "StatusCodeText": "Completed",
        "SizeInkB": "37.00000000000000",
        "CreatedOn": "/Date(1490908760000)/",
        "Binary": "QUJD",
        "Phone": 4915112345678,
        "MainIndicator": True,
        "Nickname_KUT": "x",
    }
    body = kept({"d": {"results": row}})["d"]["results"]
    assert (body["StatusCode"], body["SizeInkB"], body["CreatedOn"]) == ("3", "37.00000000000000", "<date>")
    assert (body["Binary"], body["Phone"], body["MainIndicator"]) == ("<4 characters>", "<number>", True)
    assert "Nickname_KUT" not in body
    assert body["StatusCodeText"].startswith("<text 9 #")


def test_the_same_text_has_the_same_mark_within_a_run_and_another_in_the_next() -> None:
    first, again, other = Redactor(KEY), Redactor(KEY), Redactor()
    assert first.mark("Ada") == again.mark("ada")
    marks = {other.mark(name) == first.mark(name) for name in ("Ada", "Bob", "Eve", "Mallory")}
    assert marks != {True}


def test_an_address_keeps_the_vendors_words_and_loses_host_tenant_keys_and_terms() -> None:
    url = (
        "https://my1.crm.cloud.sap/sap/c4c/odata/v1/chatactivity/ChatActivityCollection('AB12')"
        "?$filter=ID%20eq%20'5AB6E20342A6EE11B3ED58961D1810CC'&$select=ObjectID&$search=Ada"
    )
    shown = Redactor(KEY).url(url)
    assert "/sap/c4c/odata/v1/chatactivity/ChatActivityCollection(<id #" in shown
    assert "$select=ObjectID" in shown
    assert "$filter=ID eq '<id 32 #" in shown
    for gone in ("my1", "AB12", "5AB6", "Ada"):
        assert gone not in shown


def test_headers_keep_the_protocol_and_lose_tokens_cookies_and_file_names() -> None:
    answer = exchange(
        b"{}",
        content_type="application/json; charset=utf-8",
        set_cookie="SAP_SESSIONID=abc",
        x_csrf_token="abc==",
        content_disposition="attachment; filename=Ada.pdf",
        location="https://my1.example/sap/c4c/odata/v1/chatactivity/ChatActivityCollection('AB12')",
        x_company="Acme",
    )
    shown = Redactor(KEY).exchange(answer)["answer"]["headers"]
    assert shown["content-type"] == "application/json"
    assert shown["set-cookie"] == shown["x-csrf-token"] == shown["x-company"] == "<given>"
    assert shown["content-disposition"].startswith("attachment; <")
    assert "AB12" not in shown["location"]


SECRET = "Zoë-Quixotism"
SENTENCES = st.sampled_from([SECRET, f"about {SECRET}, privately", f"/{SECRET}/x?y={SECRET}", f"{SECRET}.pdf"])
MEMBERS = st.sampled_from(["name", "Name", "message", "url", "ID", "note", "d", "results", "attached_data", SECRET])
JSON_VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | SENTENCES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(MEMBERS, inner, max_size=4),
    max_leaves=12,
)


@given(JSON_VALUES)
def test_wherever_a_name_stands_in_a_document_it_is_gone(document: Any) -> None:
    assert SECRET not in json.dumps(kept({"d": document}), ensure_ascii=False)


def test_a_customers_own_member_names_are_marks() -> None:
    body = kept({"attached_data": {"Zoe": 1}, "ZoeNumber_KUT": "x", "Z_Zoe": "y"})
    assert "Zoe" not in json.dumps(body)


def test_a_body_that_is_no_document_leaves_its_kind_and_length() -> None:
    page = exchange(b"<h1>Ada</h1>", status=500, content_type="text/html")
    assert Redactor(KEY).exchange(page)["answer"]["body"] == "<text/html, 12 bytes>"


@pytest.mark.parametrize("text", ["the pass-word-1 is", "at MY1.crm.cloud.sap", "by V1USER"])
def test_the_last_check_refuses_what_must_not_be_stored(tmp_path: Path, text: str) -> None:
    target = ProbeTarget(
        systems=("c4c",), c4c_url="https://my1.crm.cloud.sap", c4c_user="v1user", c4c_password="pass-word-1"
    )
    keeper = EvidenceFolder(tmp_path / "run", target, Redactor(KEY))
    assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o700
    with pytest.raises(NotRedacted):
        keeper.write("evidence/x.json", {"found": text})
    assert not (tmp_path / "run" / "evidence" / "x.json").exists()
