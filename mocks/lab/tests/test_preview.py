"""A customer's file, shown without trusting it."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from attachment_lab.demo.files import customer_files
from attachment_lab.preview.file_types import SHOWN_BYTES, detect_type, excerpt
from attachment_lab.preview.renderer import NotRendered, Renderer

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
HTML = b"<!doctype html><script>alert(1)</script>"


@pytest.mark.parametrize(
    ("head", "name", "declared", "kind", "odd"),
    [
        (b"\x89PNG\r\n\x1a\n....", "a.png", "image/png", "image", False),
        (HTML, "a.png", "image/png", "text", True),
        (HTML, "a.html", "text/html", "text", False),
        (b"<svg xmlns='x'>", "a.svg", "image/svg+xml", "text", False),
        (b"%PDF-1.7", "invoice.pdf", "application/pdf", "pdf", False),
        (b"%PDF-1.7", "invoice.txt", "text/plain", "pdf", True),
        (b"MZ\x90\0", "photo.jpg", "image/jpeg", "other", True),
        (b"\x1aE\xdf\xa3", "a.webm", "video/webm", "video", False),
        (b"\xff\xfb\x90\x64", "a.mp3", "audio/mpeg", "audio", False),
        (b"OggS", "a.ogg", "audio/ogg; codecs=opus", "audio", False),
        (b"\0\0\0\x18ftypmp42", "a.mov", "video/quicktime", "video", False),
        (b"PK\x03\x04", "a.docx", DOCX, "other", False),
        (b"", "a.txt", "text/plain", "empty", False),
        (b"plain", "a.csv", "text/csv", "text", False),
        ("Größe".encode("cp1252"), "a.txt", "text/plain", "text", False),
        ("Größe".encode("utf-16"), "a.txt", "text/plain", "text", False),
        (b"\x00\x01\x02", "a.bin", "", "other", False),
    ],
)  # fmt: skip
def test_a_file_is_what_its_bytes_are(head: bytes, name: str, declared: str, kind: str, odd: bool) -> None:
    detected = detect_type(head, name=name, declared=declared)
    assert (detected.kind, bool(detected.mismatch)) == (kind, odd)


@pytest.mark.parametrize(
    ("raw", "text", "charset"),
    [
        ("Größe 😀".encode(), "Größe 😀", "utf-8"),
        ("\ufeffa".encode(), "a", "utf-8"),
        ("Größe".encode("utf-16"), "Größe", "utf-16-le"),
        ("Größe".encode("cp1252"), "Größe", "windows-1252 (guessed)"),
        (b"", "", "utf-8"),
    ],
)
def test_the_charset_of_a_text_is_guessed(raw: bytes, text: str, charset: str) -> None:
    found = excerpt(raw, size_bytes=len(raw))
    assert (found.text, found.charset, found.cut) == (text, charset, False)


def test_a_long_text_is_cut_without_being_taken_for_another_charset() -> None:
    raw = b"x" + "ö".encode() * SHOWN_BYTES
    found = excerpt(raw, size_bytes=len(raw))
    assert found.cut
    assert found.charset == "utf-8"
    assert set(found.text) == {"x", "ö"}


def opener(content: bytes, tmp_path: Path) -> Callable[[], io.BufferedReader]:
    file = tmp_path / "file"
    file.write_bytes(content)
    return lambda: file.open("rb")


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def bomb(side: int) -> bytes:
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b"\0" * (side // 8 + 1)) for _ in range(side)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def test_an_image_is_rendered_and_nothing_of_its_own_bytes_is_left(tmp_path: Path) -> None:
    polyglot = io.BytesIO()
    Image.new("RGB", (3000, 1500), "red").save(polyglot, "PNG")
    drawing = Renderer().render("image", "d", opener(polyglot.getvalue() + HTML, tmp_path))
    assert HTML not in drawing.picture
    with Image.open(io.BytesIO(drawing.picture)) as picture:
        assert picture.size == (1400, 700)


def test_every_page_of_a_pdf_is_drawn(tmp_path: Path) -> None:
    contract = next(each for each in customer_files(tmp_path) if each.name.startswith("Kaufvertrag"))
    pages = Renderer()
    drawing = pages.render("pdf", "d", lambda: contract.path.open("rb"), page=7)
    assert drawing.pages == 7
    with pytest.raises(NotRendered, match="it has 7 pages"):
        pages.render("pdf", "d", lambda: contract.path.open("rb"), page=8)


@pytest.mark.parametrize(
    ("kind", "content", "why"),
    [
        ("image", bomb(30_000), "30000 × 30000 pixels, too many"),
        ("image", b"\x89PNG\r\n\x1a\nnot really", "cannot be read"),
        ("image", b"GIF89a/*" + HTML, "cannot be read|nothing|stopped"),
        ("image", HTML, "cannot be read"),
        ("pdf", b"%PDF-1.7 not really", "cannot be read"),
    ],
    ids=["bomb", "broken", "polyglot", "page", "broken pdf"],
)
def test_what_cannot_be_drawn_says_why(kind: str, content: bytes, why: str, tmp_path: Path) -> None:
    with pytest.raises(NotRendered, match=why):
        Renderer().render(kind, "d", opener(content, tmp_path))  # type: ignore[arg-type]


def test_a_drawing_is_kept_by_its_digest_and_a_refusal_too(tmp_path: Path) -> None:
    asked = []

    def fetch() -> io.BufferedReader:
        asked.append(1)
        return opener(HTML, tmp_path)()

    pages = Renderer()
    for _ in range(3):
        with pytest.raises(NotRendered):
            pages.render("image", "d", fetch)
    assert asked == [1]
