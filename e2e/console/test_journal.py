"""The journal in a real browser: every exchange as it happens, why one failed, and what can be taken away."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from instrument.stacks import TenantView
from pages.journal_page import JournalPage
from playwright.sync_api import BrowserContext, Page, expect

pytestmark = [pytest.mark.stack, pytest.mark.browser]


@pytest.fixture
def journal(page: Page, view: TenantView) -> JournalPage:
    return JournalPage(page, view.url("journal"))


def carry(view: TenantView, *, gone: bool = False) -> str:
    """One chat with two files to its end; the second may be gone from CMI. Returns its guid."""
    chat = view.tenant.chat(files=[("photo.jpg", b"\xff\xd8\xff photo"), ("Übergabe.txt", b"hello")])
    if gone:
        path = f"*/attachments/{chat.files[1].id}*"
        view.tenant.fault(mock="cmi", kind="status", path=path, method="GET", times=None, status=404)
    chat.end()
    view.tenant.wait_until_settled()
    return chat.guid


def test_exchanges_appear_as_they_happen(journal: JournalPage, view: TenantView) -> None:
    journal.open()
    expect(journal.row("Stores photo.jpg")).to_have_count(0)
    carry(view)
    for words in ("Delivers the event", "Lists the chat’s files", "Reads photo.jpg", "Stores photo.jpg"):
        expect(journal.row(words)).to_have_count(1)


def test_filters_narrow_the_list_and_live_in_the_address(journal: JournalPage, view: TenantView) -> None:
    carry(view, gone=True)
    journal.open()
    journal.filter("Hop", "CMI")
    journal.page.get_by_label("Failed").check()
    failed = journal.row("Reads Übergabe.txt")
    expect(failed.first).to_be_visible()
    failures = failed.count()
    expect(journal.rows).to_have_count(failures)
    journal.page.reload()
    expect(journal.rows).to_have_count(failures)
    expect(journal.page.get_by_role("combobox", name="Hop")).to_have_value("cmi")
    journal.page.get_by_role("button", name="Clear all filters").click()
    expect(journal.row("Stores photo.jpg")).to_have_count(1)


def test_a_text_is_found_anywhere_in_an_exchange(journal: JournalPage, view: TenantView) -> None:
    carry(view)
    journal.open()
    journal.page.get_by_label("Text").fill("odata-no-response-payload")
    expect(journal.rows).to_have_count(2)
    journal.page.get_by_label("Text").fill("nobody says this")
    expect(journal.page.get_by_text("No exchange fits these filters.")).to_be_visible()


def test_a_failure_is_explained_with_what_came_next(journal: JournalPage, view: TenantView) -> None:
    guid = carry(view, gone=True)
    journal.open(f"?about={guid}&failed=1")
    journal.show("Reads Übergabe.txt")
    expect(journal.why.get_by_role("heading", name="Why did this fail?")).to_be_visible()
    expect(journal.why).to_contain_text("Planned fault f-1: the answer is 404")
    expect(journal.why).to_contain_text("In the end Übergabe.txt was reported failed")
    journal.page.get_by_role("link", name="Only this chat").click()
    expect(journal.row("Stores photo.jpg")).to_have_count(1)


def test_an_exchange_has_an_address_of_its_own(journal: JournalPage, view: TenantView) -> None:
    carry(view)
    journal.open()
    journal.show("Stores photo.jpg")
    address = journal.page.url
    journal.open()
    expect(journal.heading).to_be_hidden()
    journal.page.goto(address)
    expect(journal.heading).to_have_text("Stores photo.jpg")


def test_one_that_is_forgotten_is_a_sentence(page: Page, view: TenantView) -> None:
    page.goto(view.url("journal"))
    answer = page.request.get(view.url("journal") + "api/exchanges/cmi-4711")
    assert answer.status == 404
    assert "journals keep the newest only" in answer.json()["detail"]


def test_the_keyboard_alone_opens_an_exchange_and_comes_back(journal: JournalPage, view: TenantView) -> None:
    carry(view)
    journal.open()
    link = journal.row("Stores photo.jpg").get_by_role("link")
    link.focus()
    journal.page.keyboard.press("Enter")
    expect(journal.heading).to_be_focused()
    journal.page.keyboard.press("Escape")
    expect(journal.page.locator("#detail")).to_be_hidden()
    expect(link).to_be_focused()


def test_a_copied_command_has_variables_and_no_secret(journal: JournalPage, view: TenantView) -> None:
    carry(view)
    journal.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    journal.open()
    journal.show("Reads photo.jpg")
    journal.page.get_by_role("button", name="Copy as curl").click()
    expect(journal.page.get_by_text("The command is copied.")).to_be_visible()
    command = journal.page.evaluate("navigator.clipboard.readText()")
    assert '-u "$CMI_USER:$CMI_PASSWORD"' in command
    shown = journal.page.content() + command
    assert [what for what, secret in view.tenant.names.guarded().items() if secret in shown] == []


def test_another_tool_opens_the_archive(
    journal: JournalPage, view: TenantView, new_context: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    guid = carry(view)
    journal.open(f"?about={guid}")
    with journal.page.expect_download() as downloading:
        journal.page.get_by_role("link", name="HAR of these").click()
    path = tmp_path / downloading.value.suggested_filename
    downloading.value.save_as(path)
    entries = json.loads(path.read_text())["log"]["entries"]
    listing = next(each for each in entries if each["request"]["url"].endswith(guid))
    # As if it lived on this machine: nothing of a test may so much as look for a name off it.
    path.write_text(path.read_text().replace(f"https://{view.tenant.names.cmi_host}", "http://127.0.0.1:1"))
    address = listing["request"]["url"].replace(f"https://{view.tenant.names.cmi_host}", "http://127.0.0.1:1")
    replay = new_context()
    replay.route_from_har(path, not_found="abort")
    answer = replay.new_page().goto(address)
    assert answer is not None
    assert answer.text() == listing["response"]["content"]["text"]
    replay.close()


def test_a_chats_test_can_be_taken_away(journal: JournalPage, view: TenantView) -> None:
    guid = carry(view, gone=True)
    journal.open()
    link = journal.page.get_by_role("link", name="This chat as a pytest file")
    expect(link).to_be_hidden()
    journal.page.get_by_label("Chat, file or transfer").fill(guid)
    with journal.page.expect_download() as downloading:
        link.click()
    assert downloading.value.suggested_filename == f"test_chat_{guid[:8].lower()}.py"
    assert "('parked', 'partly_stored')" in downloading.value.path().read_text().replace('"', "'")


def test_thousands_of_exchanges_stay_usable(journal: JournalPage, view: TenantView) -> None:
    url = f"{view.tenant.lab.urls['cmi']}/{view.tenant.names.tenant_path}/cmi/chats/X"
    with httpx.Client(headers={"Host": view.tenant.names.cmi_host}, trust_env=False) as client:
        for _ in range(3000):
            client.get(url)
    journal.open("?hop=cmi")
    expect(journal.page.locator("#count")).to_contain_text("3,0")
    expect(journal.rows).to_have_count(100)
    journal.page.get_by_role("button", name="Older").click()
    expect(journal.page.locator("#range")).to_have_text("101 – 200 of 3,000")
    expect(journal.rows).to_have_count(100)
    journal.page.get_by_role("button", name="Newest").click()
    expect(journal.page.locator("#range")).to_have_text("1 – 100 of 3,000")


@pytest.mark.parametrize("query", ["", "?x={}"], ids=["list", "one exchange"])
def test_it_fits_a_small_phone(journal: JournalPage, view: TenantView, query: str) -> None:
    carry(view)
    journal.page.set_viewport_size({"width": 360, "height": 740})
    journal.open()
    key = journal.row("Stores photo.jpg").get_attribute("data-key") or ""
    journal.open(query.format(key))
    if query:
        expect(journal.heading).to_be_visible()
        expect(journal.rows.first).to_be_hidden()
    else:
        expect(journal.row("Stores photo.jpg")).to_be_visible()
    assert journal.page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_stray_shows_where_somebody_does_live(journal: JournalPage, view: TenantView) -> None:
    host = view.tenant.names.cmi_host
    httpx.get(f"{view.tenant.lab.urls['cmi']}/elsewhere/cmi/chats/1", headers={"Host": host}, trust_env=False)
    journal.open("?hop=stray")
    journal.rows.filter(has_text="/elsewhere/cmi/chats/1").first.get_by_role("link").click()
    expect(journal.why).to_contain_text("is an unassigned address")
    expect(journal.why.locator("#why-points")).to_contain_text(host)


def test_the_list_names_what_the_filters_cannot(page: Page, view: TenantView) -> None:
    read: Callable[[str], dict[str, str]] = lambda query: page.request.get(  # noqa: E731
        view.url("journal") + f"api/exchanges?{query}"
    ).json()
    assert "hop: 'moon' is none of" in read("hop=moon")["detail"]
    assert "limit" in read("limit=9999")["detail"]
