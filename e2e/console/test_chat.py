"""The customer's phone: files by button, drop and paste, their progress, and what a channel refuses."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from instrument.stacks import TenantView
from pages.agent_page import AgentPage
from pages.chat_page import ChatPage
from playwright.sync_api import FilePayload, Page, expect

pytestmark = [pytest.mark.stack, pytest.mark.browser]

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
LARGE_BYTES = 50 * 1024 * 1024


def text_file(name: str, content: bytes = b"some words\n") -> FilePayload:
    return {"name": name, "mimeType": "text/plain", "buffer": content}


@pytest.fixture
def chat(page: Page, view: TenantView) -> ChatPage:
    opened = ChatPage(page)
    opened.open(view.url("chat"))
    return opened


def test_files_come_by_button_by_drop_and_by_paste_several_at_once(chat: ChatPage, view: TenantView) -> None:
    chat.start("Aino Virtanen")
    chat.attach(text_file("eins.txt"), text_file("zwei.txt"))
    chat.drop(text_file("kolme.txt"), text_file("neljä.txt"))
    chat.paste({"name": "image.png", "mimeType": "image/png", "buffer": PIXEL})
    chat.expect_sent("eins.txt", "zwei.txt", "kolme.txt", "neljä.txt", "image.png")
    expect(chat.log.get_by_role("img", name="Picture: image.png")).to_be_visible()
    sources = {each.name for each in view.tenant.reconciliation.sources()}
    assert sources == {"eins.txt", "zwei.txt", "kolme.txt", "neljä.txt", "image.png"}


def test_names_of_any_script_and_length_twice_and_without_a_byte_all_arrive(chat: ChatPage, view: TenantView) -> None:
    names = ["契約書 🏠.txt", "فاتورة.txt", "n" * 251 + ".txt", "same.txt"]
    chat.start("Emma Clarke")
    chat.attach(*(text_file(name) for name in names), text_file("empty.txt", b""))
    chat.expect_sent("契約書 🏠.txt", "empty.txt", "same.txt")
    chat.attach(text_file("same.txt", b"other words\n"))
    expect(chat.log.filter(has_text="same.txt")).to_have_count(2)
    sources = [(each.name, each.size_bytes) for each in view.tenant.reconciliation.sources()]
    assert sorted(name for name, _ in sources) == sorted([*names, "same.txt", "empty.txt"])
    assert ("empty.txt", 0) in sources


def test_a_name_of_256_characters_is_refused_with_the_limit(chat: ChatPage) -> None:
    chat.start("Emma Clarke")
    chat.attach(text_file("n" * 252 + ".txt"))
    expect(chat.uploads).to_contain_text("longer than 255 characters")
    chat.page.get_by_role("button", name="Cancel").click()
    expect(chat.uploads).to_have_count(0)


def test_a_large_file_shows_how_far_it_is_and_arrives_whole(chat: ChatPage, view: TenantView, tmp_path: Path) -> None:
    large = tmp_path / "holiday.mp4"
    large.write_bytes(b"\0" * LARGE_BYTES)
    seen: list[float] = []

    def note(share: float) -> None:
        seen.append(share)

    chat.page.expose_function("noted", note)
    chat.page.evaluate(
        "new MutationObserver(() => {"
        " const bar = document.querySelector('.upload progress'); if (bar) noted(bar.value); })"
        ".observe(document.querySelector('.uploads'), { subtree: true, childList: true, attributes: true })"
    )
    chat.start("Emma Clarke")
    chat.attach(large)
    chat.expect_sent("holiday.mp4")
    assert [each.size_bytes for each in view.tenant.reconciliation.sources()] == [LARGE_BYTES]
    assert any(0 < share < 1 for share in seen), f"no progress was shown on the way: {seen[:20]}"
    assert seen == sorted(seen)


@pytest.mark.page_errors(allow="ERR_FAILED")  # the failure, which is meant
def test_a_file_that_broke_off_can_be_tried_again(page: Page, view: TenantView) -> None:
    chat = ChatPage(page)
    chat.open(view.url("chat"))
    chat.start("Emma Clarke")
    page.route("**/files?*", lambda route: route.abort(), times=1)
    chat.attach(text_file("note.txt"))
    expect(chat.uploads).to_contain_text("It broke off on its way.")
    page.get_by_role("button", name="Try again").click()
    chat.expect_sent("note.txt")


@pytest.mark.parametrize(
    ("channel", "direct", "words"),
    [("SMS", False, "SMS carries text only"), ("WhatsApp", True, "Direct chats do not support attachments")],
)
def test_where_no_file_may_go_the_page_says_why(chat: ChatPage, channel: str, direct: bool, words: str) -> None:
    chat.start("Jürgen Weiß", channel=channel, direct=direct)
    chat.say("Only words here.")
    expect(chat.page.get_by_role("button", name="Attach files")).to_be_disabled()
    expect(chat.page.locator("#chat-why")).to_contain_text(words)
    chat.drop(text_file("note.txt"))
    expect(chat.page.get_by_role("alert").first).to_contain_text(words)
    expect(chat.uploads).to_have_count(0)


def test_the_agents_answer_and_file_appear_by_themselves(chat: ChatPage, page: Page, view: TenantView) -> None:
    chat.start("Emma Clarke")
    chat.say("Is someone there?")
    expect(chat.log.last).to_contain_text("Sent")
    agent = AgentPage(page.context.new_page())
    agent.open(view.url("agent"))
    agent.choose("Emma Clarke")
    agent.press("Accept")
    agent.say("Yes, I am.")
    agent.attach(text_file("offer.txt"))
    agent.expect_sent("offer.txt")
    expect(chat.state).to_contain_text("Petra Sommer is with you")
    expect(chat.log.filter(has_text="Is someone there?")).to_contain_text("Delivered")
    expect(chat.log.filter(has_text="Yes, I am.")).to_be_visible()
    expect(chat.log.get_by_role("link", name="Download offer.txt")).to_be_visible()


def test_markup_in_words_and_names_is_shown_and_does_nothing(chat: ChatPage) -> None:
    chat.start("Emma Clarke")
    chat.say("<img src=x onerror=\"document.title='owned'\"><b>bold</b>")
    chat.attach(text_file("<b>name</b>.txt"))
    chat.expect_sent("<b>name</b>.txt")
    expect(chat.page).not_to_have_title("owned")
    assert chat.log.locator("b, img").count() == 0


def test_a_chat_works_by_keyboard_alone(page: Page, view: TenantView) -> None:
    chat = ChatPage(page)
    chat.open(view.url("chat"))
    page.get_by_label("Emma Clarke").focus()
    for key in ("ArrowDown", "Tab", "Tab", "Tab", "Enter"):
        page.keyboard.press(key)
    expect(chat.state).to_contain_text("Waiting for an agent")
    expect(page.locator("#chat-text")).to_be_focused()
    page.keyboard.type("Guten Tag")
    page.keyboard.press("Enter")
    expect(chat.log.last).to_contain_text("Guten Tag")
    expect(page.locator("#chats")).to_contain_text("Jürgen Weiß")


@pytest.mark.parametrize("name", ["chat", "agent", "configurator", "c4c"])
def test_the_page_fits_a_small_phone(page: Page, view: TenantView, name: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(view.url(name))
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
