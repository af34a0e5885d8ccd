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
from ingress_kit import ISSUER, Endpoint
from operator_kit import NO_EXE, REFUSED, Morning, contact
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from attachment_transfer.ingress.operator_page import SCRIPTS

CALLER = f"{ISSUER}#client"
SCRIPT_FILES = tuple(f"/operator/{name}" for name in SCRIPTS)
FILES = ("/operator", "/operator/operator.css", *SCRIPT_FILES)


@pytest.mark.parametrize("path", FILES)
def test_the_page_is_guarded_by_its_headers(endpoint: Endpoint, path: str) -> None:
    answer = endpoint.http.get(path)
    assert answer.status_code == 200
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_page_contains_no_data_and_no_inline_script_or_style(endpoint: Endpoint, morning: Morning) -> None:
    morning.parked(CALLER, 0xABCDEF)
    page = endpoint.http.get("/operator").text
    assert contact(0xABCDEF) not in page
    assert re.findall(r"<script\b[^>]*>", page) == ['<script type="module" src="operator/operator.js">']
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)


@pytest.mark.parametrize("path", FILES)
def test_nothing_comes_from_elsewhere(endpoint: Endpoint, path: str) -> None:
    assert not re.search(
        r"https?:|//[a-z0-9.-]+\.[a-z]{2,}", endpoint.http.get(path).text.replace("<!doctype html>", "")
    )


@pytest.mark.parametrize("path", SCRIPT_FILES)
def test_no_script_writes_markup_or_storage(endpoint: Endpoint, path: str) -> None:
    script = endpoint.http.get(path).text
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "localStorage"):
        assert forbidden not in script
    for forbidden in ("sessionStorage", "indexedDB", ".cookie", "location.hash", "history."):
        assert forbidden not in script


@pytest.mark.parametrize("path", SCRIPT_FILES)
def test_no_script_scrolls_into_view_because_that_moves_the_keyboards_start(endpoint: Endpoint, path: str) -> None:
    """Chromium 150: Tab goes on from what was scrolled into view; 156 does not."""
    assert "scrollIntoView" not in endpoint.http.get(path).text


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's chromium instead of a downloaded one."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.fail("no chromium on this machine; remedy: apt-get install chromium", pytrace=False)
    return browser_type_launch_args | {"executable_path": chromium, "args": ["--no-sandbox", "--disable-gpu"]}


@pytest.fixture
def operator_page(endpoint: Endpoint, page: Page) -> Iterator[Page]:
    """The page, served; a request elsewhere, a broken policy or an error in the script fails the test."""
    server = make_server("127.0.0.1", 0, endpoint.http.application, threaded=True)
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


def enter(operator_page: Page, token: str) -> None:
    operator_page.get_by_label("Bearer token").fill(token)
    operator_page.get_by_role("button", name="Open").click()


@pytest.mark.browser
def test_the_parked_are_shown_with_their_reasons_and_one_click_runs_one_again(
    operator_page: Page, endpoint: Endpoint, morning: Morning
) -> None:
    morning.parked(CALLER, 1, NO_EXE)
    morning.parked(CALLER, 2, REFUSED)
    morning.stored(CALLER, 3)
    enter(operator_page, endpoint.issuer.token())
    rows = operator_page.locator("#rows tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("credential-refused")
    expect(rows.nth(1)).to_contain_text("attachment-refused")
    rows.nth(0).get_by_role("button", name="Retry").click()
    expect(operator_page.get_by_role("status")).to_contain_text("runs again: round 2")
    expect(rows).to_have_count(1)
    assert endpoint.queue.rounds[-1][1:] == (2, 0.0)


@pytest.mark.browser
def test_one_transfer_shows_files_reason_remedy_and_trail_and_a_files_name_is_no_markup(
    operator_page: Page, endpoint: Endpoint, morning: Morning
) -> None:
    name = "<img src=x onerror=alert(1)>.exe"
    morning.parked(CALLER, 1, NO_EXE, ("invoice.pdf", name), keep=1)
    enter(operator_page, endpoint.issuer.token())
    operator_page.locator("#rows button.link").click()
    detail = operator_page.get_by_role("dialog")
    expect(detail).to_contain_text("partly stored")
    expect(detail).to_contain_text("invoice.pdf")
    expect(detail).to_contain_text(NO_EXE.remedy)
    expect(detail.locator(".trail li strong")).to_have_text(["accepted", "round begun", "stored", "parked", "parked"])
    assert operator_page.locator("img").count() == 0


@pytest.mark.long
@pytest.mark.browser
def test_all_that_fit_a_filter_are_run_again_after_a_question(
    operator_page: Page, endpoint: Endpoint, morning: Morning
) -> None:
    refused = [morning.parked(CALLER, number, REFUSED) for number in range(3)]
    exe = morning.parked(CALLER, 9, NO_EXE)
    enter(operator_page, endpoint.issuer.token())
    operator_page.get_by_label("Reason").fill("credential-refused")
    operator_page.get_by_role("button", name="Show", exact=True).click()
    expect(operator_page.locator("#rows tr")).to_have_count(3)
    operator_page.get_by_role("button", name="Retry all that fit").click()
    expect(operator_page.locator("#ask-text")).to_contain_text("state parked, reason code credential-refused")
    operator_page.get_by_role("button", name="Yes").click()
    expect(operator_page.get_by_role("status")).to_contain_text("3 transfers run again")
    assert [entry[0] for entry in endpoint.queue.rounds[-3:]] == refused
    assert endpoint.get(f"/transfers/{exe}").get_json()["state"] == "parked"


@pytest.mark.browser
def test_a_token_that_is_not_accepted_opens_nothing_and_says_why(
    operator_page: Page, endpoint: Endpoint, morning: Morning
) -> None:
    morning.parked(CALLER, 1)
    enter(operator_page, "not.a.token")
    expect(operator_page.get_by_role("status")).to_contain_text("A valid bearer token is needed")
    expect(operator_page.locator("#transfers")).to_be_hidden()
    enter(operator_page, endpoint.issuer.token(scope="chat-attachments"))
    expect(operator_page.get_by_role("status")).to_contain_text("scope")
    expect(operator_page.locator("#transfers")).to_be_hidden()


@pytest.mark.long
@pytest.mark.browser
def test_a_token_that_expires_closes_the_desk(
    operator_page: Page, endpoint: Endpoint, morning: Morning, clock: HandClock
) -> None:
    morning.parked(CALLER, 1)
    enter(operator_page, endpoint.issuer.token())
    expect(operator_page.locator("#rows tr")).to_have_count(1)
    clock.advance(3600)
    operator_page.get_by_role("button", name="Show", exact=True).click()
    expect(operator_page.get_by_role("status")).to_contain_text("A valid bearer token is needed")
    expect(operator_page.locator("#transfers")).to_be_hidden()
    assert operator_page.locator("#rows tr").count() == 0


@pytest.mark.long
@pytest.mark.browser
def test_the_token_stays_in_the_pages_memory(operator_page: Page, endpoint: Endpoint, morning: Morning) -> None:
    morning.parked(CALLER, 1)
    token = endpoint.issuer.token()
    enter(operator_page, token)
    expect(operator_page.locator("#rows tr")).to_have_count(1)
    operator_page.locator("#rows button.link").click()
    expect(operator_page.get_by_role("dialog")).to_be_visible()
    kept = operator_page.evaluate(
        "[location.href, document.cookie, localStorage.length, sessionStorage.length, history.length]"
    )
    assert kept[0].endswith("/operator")
    assert kept[1:4] == ["", 0, 0]
    assert token not in operator_page.content()
    assert token not in operator_page.evaluate("document.getElementById('token').value")
    operator_page.reload()
    expect(operator_page.locator("#transfers")).to_be_hidden()


@pytest.mark.long
@pytest.mark.browser
def test_more_than_a_page_is_shown_on_demand(operator_page: Page, endpoint: Endpoint, morning: Morning) -> None:
    for number in range(52):
        morning.accepted(CALLER, number)
    enter(operator_page, endpoint.issuer.token())
    operator_page.get_by_label("State").select_option("queued")
    operator_page.get_by_role("button", name="Show", exact=True).click()
    expect(operator_page.locator("#rows tr")).to_have_count(50)
    operator_page.get_by_role("button", name="Show more").click()
    expect(operator_page.locator("#rows tr")).to_have_count(52)
    expect(operator_page.get_by_role("button", name="Show more")).to_be_hidden()
