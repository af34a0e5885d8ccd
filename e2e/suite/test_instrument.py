"""The instrument measured: recordings are kept for failures alone, and no way off this machine goes unseen."""

from __future__ import annotations

import errno
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from zipfile import ZipFile

import av
import pytest
from instrument.offline import Guard, Tripwire
from instrument.pictures import Pictures, differ
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser]

SAMPLES = Path(__file__).parent / "samples" / "recorded.py"
ELSEWHERE = "http://elsewhere.example"
WORKER = f"oninstall = () => fetch('{ELSEWHERE}/from-the-worker').catch(() => {{}}); onfetch = () => {{}};"


def folders(results: Path, story: str) -> list[Path]:
    return [each for each in results.iterdir() if each.name.endswith(f"{story.replace('_', '-')}-chromium")]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The samples' own pytest: what it printed, and its folder of results."""
    results = tmp_path_factory.mktemp("samples") / "results"
    command = [sys.executable, "-m", "pytest", str(SAMPLES), f"--output={results}", "-p", "no:cacheprovider", "-q"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240, cwd=SAMPLES.parents[3])
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout, results


def test_a_failure_leaves_a_trace_a_video_and_a_screenshot_named_after_it(run: tuple[str, Path]) -> None:
    output, results = run
    (kept,) = folders(results, "test_a_story_that_fails")
    assert {each.name for each in kept.iterdir()} == {"trace.zip", "video.webm", "test-failed-1.png"}
    assert f"{kept}/trace.zip" in output
    assert "trace.trace" in ZipFile(kept / "trace.zip").namelist()
    assert Image.open(kept / "test-failed-1.png").size == (1280, 720)
    with av.open(str(kept / "video.webm")) as video:
        assert video.streams.video[0].codec_context.name == "vp9"
        assert sum(1 for _ in video.decode(video=0)) >= 1


def test_each_browser_of_a_failure_leaves_its_own(run: tuple[str, Path]) -> None:
    (kept,) = folders(run[1], "test_a_story_with_two_browsers_that_fails")
    assert {each.name for each in kept.iterdir()} >= {"trace-1.zip", "trace-2.zip", "video-1.webm", "video-2.webm"}


def test_nothing_is_kept_of_a_story_that_passes(run: tuple[str, Path]) -> None:
    assert folders(run[1], "test_a_story_that_passes") == []
    assert folders(run[1], "test_a_story_whose_page_reports_an_error_on_purpose") == []


@pytest.mark.parametrize(
    ("story", "words"),
    [
        ("test_a_story_whose_page_reports_an_error", "the page says no"),
        ("test_a_story_whose_page_looks_elsewhere", f"{ELSEWHERE}/pixel.png"),
    ],
)
def test_a_page_that_misbehaves_fails_its_story_and_is_recorded(run: tuple[str, Path], story: str, words: str) -> None:
    output, results = run
    assert words in output
    assert f"ERROR e2e/suite/samples/recorded.py::{story}[chromium]" in output
    assert len(folders(results, story)) == 1


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A folder as a site on loopback: pages of the console may not do what these must."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


WAYS = {
    "picture": f"<img src='{ELSEWHERE}/pixel.png' alt=''>",
    "address without a name": "<img src='http://192.0.2.7/pixel.png' alt=''>",
    "fetch": f"<script>fetch('{ELSEWHERE}/x').catch(() => {{}})</script>",
    "beacon": f"<script>navigator.sendBeacon('{ELSEWHERE}/x')</script>",
    "WebSocket": "<script>new WebSocket('ws://elsewhere.example/x')</script>",
    "event stream": f"<script>new EventSource('{ELSEWHERE}/x')</script>",
    "name looked up ahead": "<link rel='dns-prefetch' href='//elsewhere.example'>",
    "connection opened ahead": f"<link rel='preconnect' href='{ELSEWHERE}'>",
    "page of another window": f"<script>open('{ELSEWHERE}/x')</script>",
    "service worker": "<script>navigator.serviceWorker.register('worker.js')</script>",
    "worker": "<script>new Worker('worker.js'); new Worker('fetching.js')</script>",
}


@pytest.mark.parametrize("way", WAYS)
def test_no_way_off_this_machine_goes_unseen(browser: Browser, wire: Tripwire, tmp_path: Path, way: str) -> None:
    (tmp_path / "index.html").write_text(f"<!doctype html><title>{way}</title>{WAYS[way]}")
    (tmp_path / "worker.js").write_text(WORKER)
    (tmp_path / "fetching.js").write_text(f"fetch('{ELSEWHERE}/from-the-worker').catch(() => {{}})")
    guard = Guard(wire, allowed_errors=".")
    context = browser.new_context()
    guard.watch(context)
    try:
        with served(tmp_path) as url:
            page = context.new_page()
            page.goto(f"{url}/index.html")
            wait_until(page, lambda: bool(guard.complaints()))
        assert any("elsewhere.example" in each or "192.0.2.7" in each for each in guard.complaints())
    finally:
        context.close()


def test_what_stays_on_this_machine_is_no_complaint(browser: Browser, wire: Tripwire, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(
        "<!doctype html><title>At home</title><link rel='icon' href='data:,'><link rel='preconnect' href='/'>"
        "<img alt='' src='data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA='><script src='here.js'></script>"
    )
    (tmp_path / "here.js").write_text("document.body.dataset.ready = 'yes'")
    guard = Guard(wire)
    context = browser.new_context()
    guard.watch(context)
    try:
        with served(tmp_path) as url:
            page = context.new_page()
            page.goto(f"{url}/index.html")
            page.wait_for_selector("body[data-ready]")
        assert guard.complaints() == []
    finally:
        context.close()


@pytest.mark.parametrize("ended", [False, True])
def test_a_page_of_a_tenant_that_a_test_has_done_with_may_be_told_404(
    browser: Browser, wire: Tripwire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ended: bool
) -> None:
    (tmp_path / "w" / "t1").mkdir(parents=True)
    (tmp_path / "w" / "t1" / "index.html").write_text(
        "<!doctype html><title>Tenant</title><link rel='icon' href='data:,'><img alt='' src='gone.png'>"
    )
    monkeypatch.setattr("instrument.offline.ENDED_TENANTS", {"t1"} if ended else {"t2"})
    guard = Guard(wire)
    context = browser.new_context()
    guard.watch(context)
    try:
        with served(tmp_path) as url, context.expect_console_message(lambda line: "404" in line.text):
            context.new_page().goto(f"{url}/w/t1/index.html")
        assert bool(guard.complaints()) is not ended
    finally:
        context.close()


def wait_until(page: Page, condition: Callable[[], bool]) -> None:
    """Poll while Playwright hands on its events; it is the condition that decides."""
    for _ in range(200):
        if condition():
            return
        page.wait_for_timeout(50)
    pytest.fail("the guard saw nothing")


def drawing(*, word: str = "Stored", shift: float = 0.0) -> Image.Image:
    """A small page: a card, a button and a word; ``shift`` moves the edge of the card by parts of a pixel."""
    picture = Image.new("RGB", (800, 600), "white")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((100, 100, 500, 400), fill="#e0f3e9", outline="#12724a")
    pen.text((140, 140), word, fill="black")
    edge = round(255 * (1 - shift))
    pen.line((100, 99, 500, 99), fill=(edge, edge, edge))
    return picture


def test_a_word_that_changes_is_seen_in_a_picture() -> None:
    difference = differ(drawing(), drawing(word="Failed"))
    assert difference is not None
    assert "in one block" in difference.words


def test_a_card_that_is_gone_or_another_size_is_seen() -> None:
    assert differ(drawing(), Image.new("RGB", (800, 600), "white")) is not None
    assert differ(drawing(), Image.new("RGB", (800, 601), "white")) is not None


def test_a_shade_more_at_an_edge_is_no_difference() -> None:
    assert differ(drawing(), drawing()) is None
    assert differ(drawing(), drawing(shift=0.04)) is None


def test_a_difference_leaves_kept_actual_and_diff_and_says_how_to_accept_it(tmp_path: Path) -> None:
    kept = Pictures(update=True, results=tmp_path / "results", kept=tmp_path / "kept")
    kept.compare(png(drawing(), tmp_path), "card")
    compared = Pictures(update=False, results=tmp_path / "results", kept=tmp_path / "kept")
    compared.compare(png(drawing(), tmp_path), "card")
    with pytest.raises(AssertionError, match="--update-screenshots"):
        compared.compare(png(drawing(word="Failed"), tmp_path), "card")
    names = {each.name for each in (tmp_path / "results").iterdir()}
    assert names == {"card-kept.png", "card-actual.png", "card-diff.png"}
    with pytest.raises(AssertionError, match="no kept picture"):
        compared.compare(png(drawing(), tmp_path), "never-seen")


def png(picture: Image.Image, folder: Path) -> bytes:
    path = folder / "seen.png"
    picture.save(path)
    return path.read_bytes()


def test_alone_there_is_loopback_and_no_other_network() -> None:
    alone = Path(__file__).parents[1] / "alone.py"
    code = (
        "import os, socket; server = socket.create_server(('127.0.0.1', 0)); "
        "socket.create_connection(server.getsockname()).close(); print('loopback'); "
        "print(os.environ['E2E_ALONE'], socket.socket().connect_ex(('192.0.2.7', 80)))"
    )
    command = [sys.executable, str(alone), sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if "no network namespace" in done.stderr:
        pytest.skip("no network namespace can be had on this machine")
    assert done.stdout.split() == ["loopback", "1", str(errno.ENETUNREACH)], done.stderr
