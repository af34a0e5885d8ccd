"""The agent's desk: legs, an unanswered chat, and what the event engine made of each step."""

from __future__ import annotations

import pytest
from pages.agent_page import AgentPage
from pages.chat_page import ChatPage
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.stack, pytest.mark.browser]

NOTE = {"name": "note.txt", "mimeType": "text/plain", "buffer": b"some words\n"}


@pytest.fixture
def chat(page: Page, view) -> ChatPage:  # type: ignore[no-untyped-def]
    opened = ChatPage(page)
    opened.open(view.url("chat"))
    return opened


@pytest.fixture
def desk(page: Page, view) -> AgentPage:  # type: ignore[no-untyped-def]
    opened = AgentPage(page.context.new_page())
    opened.open(view.url("agent"))
    return opened


def test_a_transferred_chat_waits_again_and_the_other_agent_takes_it_up(chat: ChatPage, desk: AgentPage, view) -> None:  # type: ignore[no-untyped-def]
    chat.start("Emma Clarke")
    chat.attach(NOTE)
    chat.expect_sent("note.txt")
    desk.choose("Emma Clarke")
    desk.press("Accept")
    desk.transfer_to("Claims")
    expect(desk.bin("Waiting")).to_contain_text("Emma Clarke")
    expect(desk.happening("Transferred")).to_be_visible()
    desk.page.get_by_label("You are").select_option(label="Mikko Laine")
    desk.press("Accept")
    expect(chat.state).to_contain_text("Mikko Laine is with you")
    expect(desk.page.locator("#facts")).to_contain_text("Customer service → Claims")
    desk.press("End chat")
    expect(desk.happening("Ended")).to_contain_text("Delivered, 202")
    view.tenant.wait_until_settled()
    assert [each.name for each in view.tenant.stored()] == ["note.txt"]


def test_an_event_nobody_listens_to_says_so(chat: ChatPage, desk: AgentPage) -> None:
    chat.start("Emma Clarke")
    desk.choose("Emma Clarke")
    expect(desk.happening("Queued")).to_contain_text("it listens to Ended, not to Queued")
    expect(desk.happening("Queued")).to_contain_text("Nothing to do")


@pytest.mark.no_reconciliation(reason="nobody accepted: the service waits for an activity that never comes")
def test_a_customer_who_leaves_before_anybody_answers_leaves_no_activity(chat: ChatPage, desk: AgentPage) -> None:
    chat.start("Aino Virtanen")
    chat.page.get_by_role("button", name="End chat").click()
    expect(chat.state).to_contain_text("You left before anybody answered")
    desk.choose("Aino Virtanen", "Over")
    expect(desk.bin("Over")).to_contain_text("Left before anybody answered")
    expect(desk.case).to_contain_text("No activity")
    expect(desk.happening("Ended")).to_contain_text("Delivered, 202")
    expect(desk.page.get_by_role("button", name="Accept")).to_be_hidden()


def test_a_declined_chat_goes_on_waiting(chat: ChatPage, desk: AgentPage) -> None:
    chat.start("Aino Virtanen")
    desk.choose("Aino Virtanen")
    desk.press("Decline")
    expect(desk.happening("Rejected")).to_be_visible()
    expect(desk.bin("Waiting")).to_contain_text("Aino Virtanen")
    desk.press("Accept")
    expect(desk.case.get_by_role("link")).to_be_visible()


def test_nothing_can_be_written_before_the_chat_is_accepted_nor_after_it_ended(  # type: ignore[no-untyped-def]
    chat: ChatPage, desk: AgentPage, view
) -> None:
    chat.start("Emma Clarke")
    desk.choose("Emma Clarke")
    reply = desk.page.get_by_label("Your reply")
    expect(reply).to_be_disabled()
    desk.press("Accept")
    expect(reply).to_be_enabled()
    desk.press("End chat")
    expect(reply).to_be_disabled()
    expect(desk.page.locator("#reply-why")).to_contain_text("finish the wrap-up")
    expect(chat.state).to_contain_text("This chat has ended")
    view.tenant.wait_until_settled()
