"""The operator's page: no data of its own, nothing from elsewhere, a token in its memory only; in a real browser."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from fakes import HandClock
from ingress_kit import ISSUER, Door
from operator_kit import NO_EXE, REFUSED, Morning, contact
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

CALLER = f"{ISSUER}#client"
FILES = ("/operator", "/operator/operator.js", "/operator/operator.css")


@pytest.mark.parametrize("path", FILES)
def test_the_page_is_guarded_by_its_headers(door: Door, path: str) -> None:
    answer = door.http.get(path)
    assert answer.status_code == 200
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_page_holds_no_data_and_no_inline_script_or_style(door: Door, morning: Morning) -> None:
    morning.parked(CALLER, 0xABCDEF)
    page = door.http.get("/operator").text
    assert contact(0xABCDEF) not in page
    assert re.findall(r"<script\b[^>]*>", page) == ['<script src="operator/operator.js" defer>']
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)


@pytest.mark.parametrize("path", FILES)
def test_nothing_comes_from_elsewhere(door: Door, path: str) -> None:
    assert not re.search(r"https?:|//[a-z0-9.-]+\.[a-z]{2,}", door.http.get(path).text.replace("<!doctype html>", ""))


def test_the_script_never_writes_markup_or_storage(door: Door) -> None:
    script = door.http.get("/operator/operator.js").text
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "localStorage"):
        assert forbidden not in script
    for forbidden in ("sessionStorage", "indexedDB", ".cookie", "location.hash", "history."):
        assert forbidden not in script


def test_the_script_scrolls_nothing_into_view_because_that_moves_the_keyboards_start(door: Door) -> None:
    """Chromium 150: Tab goes on from what was scrolled into view; 156 does not."""
    assert "scrollIntoView" not in door.http.get("/operator/operator.js").text


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's chromium instead of a downloaded one."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.fail("no chromium on this machine; remedy: apt-get install chromium", pytrace=False)
    return browser_type_launch_args | {"executable_path": chromium, "args": ["--no-sandbox", "--disable-gpu"]}


@pytest.fixture
def desk(door: Door, page: Page) -> Iterator[Page]:
    """The page, served; a request elsewhere, a broken policy or an error in the script fails the test."""
    server = make_server("127.0.0.1", 0, door.http.application, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("request", lambda sent: wrong.append(sent.url) if urlsplit(sent.url).hostname != "127.0.0.1" else None)
    page.goto(f"http://127.0.0.1:{server.port}/operator")
    yield page
    server.shutdown()
    server.server_close()
    assert wrong == []


def enter(desk: Page, token: str) -> None:
    desk.get_by_label("Bearer token").fill(token)
    desk.get_by_role("button", name="Open").click()


@pytest.mark.browser
def test_the_parked_are_shown_with_their_reasons_and_one_click_runs_one_again(
    desk: Page, door: Door, morning: Morning
) -> None:
    morning.parked(CALLER, 1, NO_EXE)
    morning.parked(CALLER, 2, REFUSED)
    morning.stored(CALLER, 3)
    enter(desk, door.issuer.token())
    rows = desk.locator("#rows tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("credential-refused")
    expect(rows.nth(1)).to_contain_text("attachment-refused")
    rows.nth(0).get_by_role("button", name="Retry").click()
    expect(desk.get_by_role("status")).to_contain_text("runs again: round 2")
    expect(rows).to_have_count(1)
    assert door.queue.rounds[-1][1:] == (2, 0.0)


@pytest.mark.browser
def test_one_transfer_shows_files_reason_remedy_and_trail_and_a_files_name_is_no_markup(
    desk: Page, door: Door, morning: Morning
) -> None:
    name = "<img src=x onerror=alert(1)>.exe"
    morning.parked(CALLER, 1, NO_EXE, ("invoice.pdf", name), keep=1)
    enter(desk, door.issuer.token())
    desk.locator("#rows button.link").click()
    detail = desk.get_by_role("dialog")
    expect(detail).to_contain_text("partly stored")
    expect(detail).to_contain_text("invoice.pdf")
    expect(detail).to_contain_text(NO_EXE.remedy)
    expect(detail.locator(".trail li strong")).to_have_text(["accepted", "round begun", "stored", "parked", "parked"])
    assert desk.locator("img").count() == 0


@pytest.mark.browser
def test_all_that_fit_a_filter_are_run_again_after_a_question(desk: Page, door: Door, morning: Morning) -> None:
    refused = [morning.parked(CALLER, number, REFUSED) for number in range(3)]
    exe = morning.parked(CALLER, 9, NO_EXE)
    enter(desk, door.issuer.token())
    desk.get_by_label("Reason").fill("credential-refused")
    desk.get_by_role("button", name="Show", exact=True).click()
    expect(desk.locator("#rows tr")).to_have_count(3)
    desk.get_by_role("button", name="Retry all that fit").click()
    expect(desk.locator("#ask-text")).to_contain_text("state parked, reason code credential-refused")
    desk.get_by_role("button", name="Yes").click()
    expect(desk.get_by_role("status")).to_contain_text("3 transfers run again")
    assert [entry[0] for entry in door.queue.rounds[-3:]] == refused
    assert door.get(f"/transfers/{exe}").get_json()["state"] == "parked"


@pytest.mark.browser
def test_a_token_that_is_not_accepted_opens_nothing_and_says_why(desk: Page, door: Door, morning: Morning) -> None:
    morning.parked(CALLER, 1)
    enter(desk, "not.a.token")
    expect(desk.get_by_role("status")).to_contain_text("A valid bearer token is needed")
    expect(desk.locator("#workspace")).to_be_hidden()
    enter(desk, door.issuer.token(scope="chat-attachments"))
    expect(desk.get_by_role("status")).to_contain_text("scope")
    expect(desk.locator("#workspace")).to_be_hidden()


@pytest.mark.browser
def test_a_token_that_expires_closes_the_desk(desk: Page, door: Door, morning: Morning, clock: HandClock) -> None:
    morning.parked(CALLER, 1)
    enter(desk, door.issuer.token())
    expect(desk.locator("#rows tr")).to_have_count(1)
    clock.advance(3600)
    desk.get_by_role("button", name="Show", exact=True).click()
    expect(desk.get_by_role("status")).to_contain_text("A valid bearer token is needed")
    expect(desk.locator("#workspace")).to_be_hidden()
    assert desk.locator("#rows tr").count() == 0


@pytest.mark.browser
def test_the_token_stays_in_the_pages_memory(desk: Page, door: Door, morning: Morning) -> None:
    morning.parked(CALLER, 1)
    token = door.issuer.token()
    enter(desk, token)
    expect(desk.locator("#rows tr")).to_have_count(1)
    desk.locator("#rows button.link").click()
    expect(desk.get_by_role("dialog")).to_be_visible()
    kept = desk.evaluate("[location.href, document.cookie, localStorage.length, sessionStorage.length, history.length]")
    assert kept[0].endswith("/operator")
    assert kept[1:4] == ["", 0, 0]
    assert token not in desk.content()
    assert token not in desk.evaluate("document.getElementById('token').value")
    desk.reload()
    expect(desk.locator("#workspace")).to_be_hidden()


@pytest.mark.browser
def test_more_than_a_page_is_shown_on_demand(desk: Page, door: Door, morning: Morning) -> None:
    for number in range(52):
        morning.accepted(CALLER, number)
    enter(desk, door.issuer.token())
    desk.get_by_label("State").select_option("queued")
    desk.get_by_role("button", name="Show", exact=True).click()
    expect(desk.locator("#rows tr")).to_have_count(50)
    desk.get_by_role("button", name="Show more").click()
    expect(desk.locator("#rows tr")).to_have_count(52)
    expect(desk.get_by_role("button", name="Show more")).to_be_hidden()
