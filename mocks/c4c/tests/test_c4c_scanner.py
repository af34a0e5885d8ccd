"""The streaming JSON body: the same result as a real parser, files on disk, strict Base64."""

from __future__ import annotations

import base64
import itertools
import json
import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c4c_mock.model.errors import BadRequest
from c4c_mock.wire.base64_stream import Base64Writer
from c4c_mock.wire.scanner import BodyScanner
from mock_kit.tenants.base64_document import Base64Document
from mock_kit.tenants.spool import Blob, Spool

DECIDED = settings(derandomize=True, database=None, deadline=None)


class TextSink:
    """A sink that stores its input."""

    def __init__(self) -> None:
        self.text = b""

    def feed(self, piece: bytes) -> None:
        self.text += piece

    def finish(self) -> Any:
        halves = self.text.decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass")
        return halves.decode("utf-16", "surrogatepass")

    def abort(self) -> None:
        self.text = b""


def scan(raw: bytes, cuts: Iterable[int] = (), cap: int = 1 << 20) -> tuple[Any, list[Any]]:
    """Feed ``raw`` cut at the given places; returns (value, texts of all Binary members)."""
    scanner = BodyScanner(TextSink, skeleton_max_bytes=cap)
    edges = [0, *sorted({c % (len(raw) + 1) for c in cuts}), len(raw)]
    for start, stop in itertools.pairwise(edges):
        scanner.feed(raw[start:stop])
    return scanner.finish(), scanner.blobs


def put_back(value: Any, texts: list[Any]) -> Any:
    """The parsed skeleton with the files' texts where their numbers stood."""
    if isinstance(value, dict):
        return {
            n: texts[int(v)] if n == "Binary" and isinstance(v, str) else put_back(v, texts) for n, v in value.items()
        }
    return [put_back(v, texts) for v in value] if isinstance(value, list) else value


names = st.sampled_from(["Binary", "Name", "B\\u0069nary", 'a"b', "", "ä"])
leaves = st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(max_size=40)
documents = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


@DECIDED
@given(document=documents, cuts=st.lists(st.integers(0, 4000), max_size=12), ascii_only=st.booleans())
def test_any_document_in_any_pieces_reads_like_json_loads(document: Any, cuts: list[int], ascii_only: bool) -> None:
    raw = json.dumps(document, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    try:
        expected = json.loads(raw.decode())
    except UnicodeDecodeError:
        with pytest.raises(BadRequest):
            scan(raw, cuts)
        return
    value, texts = scan(raw, cuts)
    assert put_back(value, texts) == expected


@DECIDED
@given(
    raw=st.binary(max_size=60) | st.text('{}[]":,\\ntBinary01e.', max_size=40).map(str.encode),
    cut=st.integers(0, 60),
)
def test_what_is_no_json_is_refused_and_what_is_json_is_not(raw: bytes, cut: int) -> None:
    try:
        json.loads(raw.decode(), object_pairs_hook=_unique, parse_constant=_never)
        good = True
    except (ValueError, UnicodeDecodeError):
        good = False
    try:
        scan(raw, [cut])
        taken = True
    except BadRequest:
        taken = False
    assert taken == good


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError
    return dict(pairs)


def _never(text: str) -> Any:
    raise ValueError(text)


def test_an_escaped_slash_inside_the_file_is_a_slash() -> None:
    value, texts = scan(rb'{"Binary":"ab\/\u002b\u002F=="}', cuts=[14, 15, 17, 20, 22])
    assert value == {"Binary": "0"}
    assert texts == ["ab/+/=="]


def test_a_member_named_with_escapes_is_still_the_file() -> None:
    value, texts = scan(b'{"\\u0042inary":"QUJD"}')
    assert (value, texts) == ({"Binary": "0"}, ["QUJD"])


def test_a_number_under_binary_is_not_read_as_a_file() -> None:
    value, texts = scan(b'{"Binary": 0}')
    assert (value, texts) == ({"Binary": 0}, [])


@pytest.mark.parametrize(
    "raw",
    [
        b'{"A":"\\ud800"}',
        b'{"A":1,"A":2}',
        b'{"A":{"Binary":"","Binary":""}}',
        b'{"A":NaN}',
        b"",
        b'{"A":1} x',
    ],
)
def test_duplicate_members_and_non_json_are_refused(raw: bytes) -> None:
    with pytest.raises(BadRequest):
        scan(raw)


@pytest.mark.parametrize("prefix", [b"\xef\xbb\xbf", b"\xff\xfe"])
def test_byte_order_marks_are_refused(prefix: bytes) -> None:
    with pytest.raises(BadRequest):
        scan(prefix + b"{}")


def test_a_deeply_nested_body_is_refused_not_crashed_on() -> None:
    with pytest.raises(BadRequest):
        scan(b"[" * 100_000)


def test_more_than_the_cap_besides_files_is_refused_while_it_streams() -> None:
    scanner = BodyScanner(TextSink, skeleton_max_bytes=1000)
    scanner.feed(b'["' + b"x" * 900)
    with pytest.raises(BadRequest, match="1000 bytes besides Binary"):
        scanner.feed(b"x" * 100)


def decode(tmp_path: Path, *pieces: bytes, limit: Callable[[int], None] = lambda size: None) -> Blob:
    writer = Base64Writer(Spool(tmp_path).writer(), limit)
    for piece in pieces:
        writer.feed(piece)
    return writer.finish()


@DECIDED
@given(content=st.binary(max_size=300), cuts=st.lists(st.integers(0, 400), max_size=6))
def test_base64_in_any_pieces_gives_the_file_back(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, cuts: list[int]
) -> None:
    text = base64.b64encode(content)
    edges = [0, *sorted({c % (len(text) + 1) for c in cuts}), len(text)]
    pieces = [text[a:b] for a, b in itertools.pairwise(edges)]
    blob = decode(tmp_path_factory.mktemp("spool"), *pieces)
    assert blob.path.read_bytes() == content
    document = Base64Document([blob])
    assert b"".join(document) == text
    assert document.length == len(text)


@pytest.mark.parametrize(
    "pieces",
    [
        [b"QUI=", b"QUJD"],
        [b"QUI=QUJD"],
        [b"QU"],
        [b"QUJ\nRA=="],
        [b"QUJD-_=="],
        [b"QUJD "],
        [b"===="],
        [b"QQ=="] * 2,
    ],
)
def test_sloppy_base64_is_refused(tmp_path: Path, pieces: list[bytes]) -> None:
    with pytest.raises(BadRequest, match="invalid Base64"):
        decode(tmp_path, *pieces)


def test_a_64_mb_file_passes_with_bounded_memory(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    scanner = BodyScanner(lambda: Base64Writer(spool.writer(), lambda size: None), skeleton_max_bytes=1 << 20)
    piece = base64.b64encode(bytes(range(256)) * 768)
    scanner.feed(b'{"Name":"big.bin","Binary":"')
    tracemalloc.start()
    sent = 0
    while sent < 64 * 1024 * 1024:
        scanner.feed(piece)
        sent += len(piece)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    scanner.feed(b'"}')
    assert scanner.finish() == {"Name": "big.bin", "Binary": "0"}
    assert scanner.blobs[0].size_bytes == sent * 3 // 4
    assert peak < 4 * 1024 * 1024
