"""The policy as data: take, skip or refuse, from what is declared and from the first bytes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ledger_kit import a_source

from attachment_transfer.core.policy import (
    BadMimePattern,
    MimePattern,
    Policy,
    RefuseFile,
    SkipFile,
    TakeFile,
    parse_mime_patterns,
)
from attachment_transfer.core.transcript import transcript_source

PNG = b"\x89PNG\r\n\x1a\n"


def rules(*, allow: str = "", deny: str = "", max_bytes: int = 1_000, originators: tuple[str, ...] = ()) -> Policy:
    return Policy(
        max_bytes=max_bytes,
        allowed=parse_mime_patterns(allow),
        denied=parse_mime_patterns(deny),
        originators=originators,
    )


def declared(policy: Policy, content_type: str, *, size_bytes: int | None = 5, originator: str = "customer") -> object:
    source = replace(a_source("1", size_bytes=size_bytes), content_type=content_type, originator_type=originator)
    return policy.by_declaration(source)


def seen(policy: Policy, content_type: str, head: bytes, *, size_bytes: int = 5) -> object:
    return policy.by_content(replace(a_source("1"), content_type=content_type), head=head, size_bytes=size_bytes)


def test_without_rules_every_file_is_taken() -> None:
    assert declared(rules(), "application/x-anything", originator="system") == TakeFile()
    assert seen(rules(), "image/png", b"MZ\x00") == TakeFile()


def test_a_file_of_no_bytes_is_taken() -> None:
    assert isinstance(Policy(max_bytes=1).by_declaration(a_source("1", size_bytes=0)), TakeFile)


def test_a_file_of_an_originator_that_is_not_listed_is_skipped_not_refused() -> None:
    verdict = declared(rules(originators=("customer",), deny="*/*"), "image/png", originator="agent")
    assert isinstance(verdict, SkipFile)
    assert verdict.reason.code == "originator-not-wanted"
    assert "'agent'" in verdict.reason.message
    assert declared(rules(originators=("customer",)), "image/png", originator="Customer") == TakeFile()


def test_a_denied_type_is_refused_even_if_it_is_allowed_too() -> None:
    verdict = declared(rules(allow="image/*", deny="image/svg+xml"), "image/svg+xml")
    assert isinstance(verdict, RefuseFile)
    assert verdict.reason.code == "type-refused"
    assert "image/svg+xml, which is denied" in verdict.reason.message
    assert "MIME_ALLOW" in verdict.reason.remedy


def test_with_an_allow_list_only_its_types_are_taken() -> None:
    policy = rules(allow="image/*,application/pdf")
    assert declared(policy, "image/png") == TakeFile()
    assert declared(policy, "APPLICATION/PDF; name=x") == TakeFile()
    assert isinstance(declared(policy, "text/html"), RefuseFile)


def test_a_declared_type_that_says_nothing_is_left_to_the_bytes() -> None:
    policy = rules(allow="image/*")
    for nothing in ("application/octet-stream", "", "png"):
        assert declared(policy, nothing) == TakeFile()
        assert seen(policy, nothing, PNG) == TakeFile()
        assert isinstance(seen(policy, nothing, b"%PDF-1.7"), RefuseFile)


def test_a_disguised_program_is_refused_by_its_bytes() -> None:
    policy = rules(deny="application/vnd.microsoft.portable-executable")
    assert declared(policy, "image/png") == TakeFile()
    verdict = seen(policy, "image/png", b"MZ\x90\x00")
    assert isinstance(verdict, RefuseFile)
    assert "(declared: image/png)" in verdict.reason.message


def test_what_pretends_to_be_an_allowed_type_is_refused() -> None:
    policy = rules(allow="image/png")
    assert seen(policy, "image/png", PNG) == TakeFile()
    assert isinstance(seen(policy, "image/png", b"just text"), RefuseFile)
    assert isinstance(seen(policy, "image/png", b"\x00\x01\x02"), RefuseFile)


def test_an_office_document_passes_though_its_first_bytes_are_any_archives() -> None:
    policy = rules(allow="application/vnd.openxmlformats-officedocument.*")
    docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    assert seen(policy, docx, b"PK\x03\x04" + b"\0" * 26 + b"docProps/app.xml") == TakeFile()


@pytest.mark.parametrize("word", ["application/x-msdownload", "application/x-dosexec"])
def test_a_rule_applies_to_every_word_for_its_type(word: str) -> None:
    assert isinstance(seen(rules(deny=word), "image/png", b"MZ\x90\x00"), RefuseFile)
    assert declared(rules(allow="image/jpg"), "image/jpeg") == TakeFile()


def test_a_file_of_exactly_the_size_limit_is_taken_and_one_byte_more_is_not() -> None:
    assert declared(rules(), "image/png", size_bytes=1_000) == TakeFile()
    for verdict in (
        declared(rules(), "image/png", size_bytes=1_001),
        seen(rules(), "image/png", PNG, size_bytes=1_001),
    ):
        assert isinstance(verdict, RefuseFile)
        assert verdict.reason.code == "attachment-refused"
        assert "1001 bytes" in verdict.reason.message
    assert declared(rules(), "image/png", size_bytes=None) == TakeFile()


def test_the_transcript_is_limited_by_size_only() -> None:
    policy = rules(allow="image/*", deny="text/*", originators=("customer",), max_bytes=100)
    small, large = transcript_source("A" * 32, b"x" * 100), transcript_source("A" * 32, b"x" * 101)
    assert policy.by_declaration(small) == TakeFile()
    assert policy.by_content(small, head=b"x", size_bytes=100) == TakeFile()
    assert isinstance(policy.by_declaration(large), RefuseFile)


@pytest.mark.parametrize("text", ["image", "image/", "/png", "image/png/x", "image/p ng", "image/[a-z]", "image/p?g"])
def test_what_is_no_mime_pattern_is_refused_by_name(text: str) -> None:
    with pytest.raises(BadMimePattern, match="TYPE/SUBTYPE"):
        MimePattern(text)


def test_patterns_are_read_from_a_list_in_any_case() -> None:
    assert parse_mime_patterns(" Image/* , application/PDF,") == (
        MimePattern("image/*"),
        MimePattern("application/pdf"),
    )
    assert parse_mime_patterns("") == ()
