"""C4C as a service agent sees it: previews of what is harmless, harmlessness of what is not, digests of all."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from instrument.stacks import TenantView
from pages.c4c_page import ARRIVAL_MS, C4cPage
from playwright.sync_api import Page, expect

from attachment_lab.demo.files import customer_files

pytestmark = [pytest.mark.stack, pytest.mark.browser]

SCRIPT = b"<script>document.title = 'owned'; fetch('/w/acme/chain/api/play', {method: 'POST'})</script>"
HOSTILE = {
    "page.html": b"<!doctype html><html><body>" + SCRIPT + b"</body></html>",
    "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="document.title=\'owned\'">' + SCRIPT + b"</svg>",
    "photo.jpg": b"<!doctype html>" + SCRIPT,
    "invoice.pdf": b"%PDF-1.4\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>>>endobj\n"
    b"trailer<</Root 1 0 R>>",
    "polyglot.gif": b"GIF89a/*" + SCRIPT + b"*/=1;",
}


def bomb() -> bytes:
    """A PNG of 30000 x 30000 white pixels in a few hundred kilobytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    side = 30_000
    packer = zlib.compressobj(9)
    line = b"\0" + b"\xff" * (side // 8)
    packed = b"".join(packer.compress(line) for _ in range(side)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


@pytest.fixture(scope="session")
def customers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


def test_every_kind_of_file_is_there_and_equal_and_those_that_can_be_are_shown(
    page: Page, view: TenantView, customers: Path
) -> None:
    files = customer_files(customers)
    view.tenant.chat(files=files, customer={"name": "Emma Clarke", "email": "emma@example.com"}).end()
    view.tenant.wait_until_settled()
    c4c = C4cPage(page)
    c4c.open(view.url("c4c"))
    expect(page.locator("#proof")).to_have_text(f"{len(files)} of {len(files)} equal to the chat, byte for byte")
    picture = c4c.preview("Screenshot")
    expect(picture.get_by_role("img")).to_be_visible()
    expect(page.locator("#viewer-body img")).not_to_have_js_property("naturalWidth", 0)
    page.keyboard.press("Escape")
    paper = c4c.preview("Kaufvertrag")
    expect(paper).to_contain_text("Page 1 of 7")
    paper.get_by_role("button", name="Next page").click()
    expect(paper).to_contain_text("Page 2 of 7")
    expect(page.locator("#viewer-body img")).not_to_have_js_property("naturalWidth", 0)
    page.keyboard.press("Escape")
    expect(c4c.preview("leer.txt")).to_contain_text("The file is empty")
    page.keyboard.press("Escape")
    expect(c4c.preview("device-log")).to_contain_text("the first 64 KiB")


def test_film_and_sound_play_and_can_be_wound(page: Page, view: TenantView, customers: Path) -> None:
    media = [each for each in customer_files(customers) if each.content_type.startswith(("audio", "video"))]
    view.tenant.chat(files=media).end()
    view.tenant.wait_until_settled()
    c4c = C4cPage(page)
    c4c.open(view.url("c4c"))
    for each, kind in ((media[0], "audio"), (media[1], "video")):
        c4c.preview(each.name)
        expect(page.locator(f"#viewer-body {kind}")).not_to_have_js_property("readyState", 0)
        wound = page.evaluate(
            f"""async () => {{
              const media = document.querySelector('#viewer-body {kind}');
              const done = new Promise((seeked) => media.addEventListener('seeked', seeked, {{ once: true }}));
              media.currentTime = media.duration * 0.6;
              await done;
              return media.currentTime / media.duration;
            }}"""
        )
        assert 0.5 < wound < 0.7
        page.keyboard.press("Escape")


def test_a_hostile_file_does_nothing_and_is_called_by_what_it_is(page: Page, view: TenantView) -> None:
    files = [*HOSTILE.items(), ("bomb.png", bomb())]
    view.tenant.chat(files=files).end()
    view.tenant.wait_until_settled()
    c4c = C4cPage(page)
    c4c.open(view.url("c4c"))
    said = {
        "page.html": "shown as text, nothing in it runs",
        "drawing.svg": "shown as text, nothing in it runs",
        "photo.jpg": "By its bytes this is a web page",
        "invoice.pdf": "There is no preview",
        "polyglot.gif": "There is no preview",
        "bomb.png": "30000 × 30000 pixels, too many",
    }
    for name, words in said.items():
        expect(c4c.preview(name)).to_contain_text(words, timeout=ARRIVAL_MS)
        assert page.locator("#viewer script, #viewer svg:not([aria-hidden]), #viewer iframe").count() == 0
        page.keyboard.press("Escape")
    expect(page).not_to_have_title("owned")
    assert page.context.pages == [page]


def test_the_bytes_of_a_hostile_file_may_do_nothing_in_the_consoles_name(page: Page, view: TenantView) -> None:
    view.tenant.chat(files=[("page.html", HOSTILE["page.html"])]).end()
    view.tenant.wait_until_settled()
    c4c = C4cPage(page)
    c4c.open(view.url("c4c"))
    address = c4c.file("page.html").get_by_role("link", name="Download page.html").get_attribute("href")
    answer = page.request.get(f"{view.url('c4c')}{address}")
    assert answer.body() == HOSTILE["page.html"]
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith('attachment; filename="page.html"')
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_download_keeps_its_name_in_any_script(page: Page, view: TenantView) -> None:
    view.tenant.chat(files=[("契約書 2026.txt", b"words")]).end()
    view.tenant.wait_until_settled()
    c4c = C4cPage(page)
    c4c.open(view.url("c4c"))
    with page.expect_download() as download:
        c4c.file("契約書").get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "契約書 2026.txt"
    assert Path(download.value.path()).read_bytes() == b"words"


@pytest.mark.no_reconciliation(reason="the damaged object stays at C4C for a person to judge")
def test_a_file_that_was_changed_on_the_way_is_marked_as_different(page: Page, view: TenantView) -> None:
    view.tenant.fault(mock="c4c", kind="flip_request_byte", path="*/ChatActivityAttachment", method="POST", offset=400)
    view.tenant.chat(files=[("photo.jpg", b"\xff\xd8\xff\xe0" + b"a photo " * 5000)]).end()
    view.tenant.wait_until_settled()
    c4c = C4cPage(page)
    c4c.open(view.url("c4c"))
    expect(c4c.file("photo.jpg").locator(".digest")).to_contain_text("Differs from the file in the chat")
    expect(page.locator("#proof")).to_have_attribute("data-tone", "failed")


def test_files_appear_while_one_looks_on(page: Page, view: TenantView) -> None:
    chat = view.tenant.chat(files=[("note.txt", b"words")])
    c4c = C4cPage(page)
    c4c.open(f"{view.url('c4c')}?chat={chat.guid}")
    expect(page.locator("#no-files")).to_be_visible()
    chat.end()
    c4c.expect_equal("note.txt")
    expect(page.locator("#status")).to_have_text("Completed")
