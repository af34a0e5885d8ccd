"""No secret in a journal: not by name, not by value, not cut in two."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Callable

import pytest

from mock_kit.journal import HEAD_CHARS, BodyDigest, BodyNote, Journal, JournalEntry
from mock_kit.journal.context import Note
from mock_kit.journal.masking import Masker

SECRET = 'S3cr/t+"pass wörd'


def an_exchange(url: str = "/things", headers: dict[str, str] | None = None, body: bytes = b"") -> JournalEntry:
    digest = BodyDigest()
    digest.feed(body)
    return JournalEntry("POST", url, "h", 200, request_headers=headers or {}, request=digest.note(Masker()))


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "Proxy-Authorization",
        "X-API-Key",
        "X-Anything-Password",
        "X-Csrf-Token",
        "Cookie",
        "Set-Cookie",
        "X-Client-Secret",
    ],
)
def test_the_name_of_a_secret_header_stays_and_its_value_goes(name: str) -> None:
    kept = Journal().add(an_exchange(headers={name: "hush-hush"}))
    assert kept.request_headers == {name: "***"}


def test_an_ordinary_header_is_shown() -> None:
    assert Journal().add(an_exchange(headers={"Accept": "text/html"})).request_headers == {"Accept": "text/html"}


@pytest.mark.parametrize(
    "body",
    [
        '{"password": "hush-hush", "a": 1}',
        '{"a": {"client_secret":"hush-hush"}}',
        '{"access_token" : "hush-hush"',
        '{"password": "hush-hush',
        r'{"password": "x\"hush-hush"}',
        '{"Password": 12345, "x": "y"}'.replace("12345", "hush-hush"),
        r'{"json": "{\"password\": \"hush-hush\"}"}',
        "grant_type=a&client_secret=hush-hush&scope=b",
        "refresh_token=hush-hush",
        "assertion=hush-hush",
        "--part\r\nAuthorization: Basic hush-hush\r\n\r\nbody",
        "<a><Password>hush-hush</Password></a>",
    ],
)
def test_secret_members_of_a_body_are_masked(body: str) -> None:
    kept = Journal().add(an_exchange(body=body.encode()))
    assert "hush-hush" not in kept.request.head
    assert "***" in kept.request.head


def test_what_is_no_secret_stays_readable() -> None:
    body = '{"token_type": "Bearer", "token_url": "https://x", "expires_in": 3600}'
    assert Journal().add(an_exchange(body=body.encode())).request.head == body


@pytest.mark.parametrize(
    "spelling",
    [
        SECRET,
        json.dumps(SECRET)[1:-1],
        "S3cr%2Ft%2B%22pass%20w%C3%B6rd",
        "S3cr%2Ft%2B%22pass+w%C3%B6rd",
        base64.b64encode(f"anna:{SECRET}".encode()).decode(),
        base64.b64encode(SECRET.encode()).decode(),
    ],
)
def test_a_known_secret_is_masked_in_every_place_and_spelling(spelling: str) -> None:
    journal = Journal()
    journal.mask_secret(SECRET, user="anna")
    exchange = an_exchange(f"/find?q={spelling}", {"X-Note": f"is {spelling}!"}, f"so: {spelling}".encode())
    exchange.notes.append(Note("info", "x", f"got {spelling}"))
    assert spelling not in repr(journal.add(exchange).to_dict())


def test_a_secret_that_the_head_breaks_off_in_is_not_shown_in_part() -> None:
    journal = Journal()
    secret = "abcdefghijklmnopqrstuvwxyz"
    journal.mask_secret(secret)
    for cut in range(4, len(secret)):
        assert secret[:4] not in journal.masker.head("text " + secret[:cut], HEAD_CHARS)


def test_a_secret_across_the_shown_heads_end_is_not_shown_in_part() -> None:
    journal = Journal()
    journal.mask_secret("abcdefghijklmnop")
    body = b"x" * (HEAD_CHARS - 8) + b"abcdefghijklmnop" + b"y" * 5000
    digest = BodyDigest()
    digest.feed(body)
    assert "abcd" not in digest.note(journal.masker).head


def test_a_binary_body_with_a_known_secret_shows_no_bytes() -> None:
    journal = Journal()
    journal.mask_secret("hush-hush")
    digest = BodyDigest()
    digest.feed(b"\x00\x01hush-hush\x02")
    assert digest.note(journal.masker).head_b64 == ""


def test_a_binary_head_is_at_most_48_bytes() -> None:
    digest = BodyDigest()
    digest.feed(bytes(range(100)))
    note = digest.note(Masker())
    assert (note.head, base64.b64decode(note.head_b64)) == ("", bytes(range(48)))


def packed_note(body: bytes, guard: str = "") -> BodyNote:
    """What a journal keeps of a gzip body."""
    masker, digest = Masker(), BodyDigest()
    if guard:
        masker.mask_secret(guard)
    digest.feed(body)
    return digest.note(masker, "gzip")


def test_a_packed_body_is_shown_unpacked_and_masked_its_size_is_that_of_the_wire() -> None:
    body = gzip.compress(b'{"text": "the word is Sesame-1"}', mtime=0)
    kept = packed_note(body, "Sesame-1")
    assert (kept.head, kept.sniffed_type) == ('{"text": "the word is ***"}', "application/json")
    assert (kept.size_bytes, kept.sha256) == (len(body), hashlib.sha256(body).hexdigest())


@pytest.mark.parametrize("spoil", [lambda b: b[:3] + b"\xff" + b[4:], lambda b: b"no gzip at all, Sesame-1"])
def test_of_a_broken_packed_body_no_content_is_shown(spoil: Callable[[bytes], bytes]) -> None:
    kept = packed_note(spoil(gzip.compress(b"Sesame-1" * 9, mtime=0)))
    assert len(kept.head) + len(base64.b64decode(kept.head_b64)) <= 10


def test_a_journal_drops_the_oldest_and_ids_go_on() -> None:
    journal = Journal(kept=3)
    for _ in range(5):
        journal.add(an_exchange())
    assert [one.id for one in journal.list()] == [3, 4, 5]
    journal.clear()
    assert journal.add(an_exchange()).id == 6


def test_a_journal_is_read_on_from_an_id_and_searched() -> None:
    journal = Journal()
    for number in range(6):
        journal.add(an_exchange(f"/n/{number}"))
    assert [one.id for one in journal.list(since_id=2, limit=2)] == [3, 4]
    assert [one.id for one in journal.list(limit=2)] == [5, 6]
    assert [one.url for one in journal.list(q="/N/4")] == ["/n/4"]
