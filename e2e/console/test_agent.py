"""The agent desk: legs, an unanswered chat, and what the event engine did at each step."""

from __future__ import annotations

import pytest
from instrument.stacks import TenantView
from pages.agent_page import AgentPage
from pages.chat_page import ChatPage
from playwright.sync_api import FilePayload, Page, expect

pytestmark = [pytest.mark.stack, pytest.mark.browser]

NOTE: FilePayload = {"name": "note.txt", "mimeType": "text/plain", "buffer": b"some words\n"}


@pytest.fixture
def chat(page: Page, view: TenantView) -> ChatPage:
    opened = ChatPage(page)
    opened.open(view.url("chat"))
    return opened


@pytest.fixture
def agent(page: Page, view: TenantView) -> AgentPage:
    opened = AgentPage(page.context.new_page())
    opened.open(view.url("agent"))
    return opened


def test_a_transferred_chat_waits_again_and_the_other_agent_takes_it_up(
    chat: ChatPage, agent: AgentPage, view: TenantView
) -> None:
    chat.start("Emma Clarke")
    chat.attach(NOTE)
    chat.expect_sent("note.txt")
    agent.choose("Emma Clarke")
    agent.press("Accept")
    agent.transfer_to("Claims")
    expect(agent.chats("Waiting")).to_contain_text("Emma Clarke")
    expect(agent.event("Transferred")).to_be_visible()
    agent.page.get_by_label("You are").select_option(label="Mikko Laine")
    agent.press("Accept")
    expect(chat.state).to_contain_text("Mikko Laine is with you")
    expect(agent.page.locator("#facts")).to_contain_text("Customer service → Claims")
    agent.press("End chat")
    expect(agent.event("Ended")).to_contain_text("Delivered, 202")
    view.tenant.wait_until_settled()
    assert [each.name for each in view.tenant.stored()] == ["note.txt"]


def test_an_event_nobody_listens_to_says_so(chat: ChatPage, agent: AgentPage) -> None:
    chat.start("Emma Clarke")
    agent.choose("Emma Clarke")
    expect(agent.event("Queued")).to_contain_text("it listens to Ended, not to Queued")
    expect(agent.event("Queued")).to_contain_text("Nothing to do")


@pytest.mark.no_reconciliation(reason="nobody accepted: the service waits for an activity that never comes")
def test_a_customer_who_leaves_before_anybody_answers_leaves_no_activity(chat: ChatPage, agent: AgentPage) -> None:
    chat.start("Aino Virtanen")
    chat.page.get_by_role("button", name="End chat").click()
    expect(chat.state).to_contain_text("You left before an agent answered")
    agent.choose("Aino Virtanen", "Over")
    expect(agent.chats("Over")).to_contain_text("Left before an agent answered")
    expect(agent.activity).to_contain_text("No activity")
    expect(agent.event("Ended")).to_contain_text("Delivered, 202")
    expect(agent.page.get_by_role("button", name="Accept")).to_be_hidden()


def test_a_declined_chat_goes_on_waiting(chat: ChatPage, agent: AgentPage) -> None:
    chat.start("Aino Virtanen")
    agent.choose("Aino Virtanen")
    agent.press("Decline")
    expect(agent.event("Rejected")).to_be_visible()
    expect(agent.chats("Waiting")).to_contain_text("Aino Virtanen")
    agent.press("Accept")
    expect(agent.activity.get_by_role("link")).to_be_visible()


def test_nothing_can_be_written_before_the_chat_is_accepted_nor_after_it_ended(
    chat: ChatPage, agent: AgentPage, view: TenantView
) -> None:
    chat.start("Emma Clarke")
    agent.choose("Emma Clarke")
    reply = agent.page.get_by_label("Your reply")
    expect(reply).to_be_disabled()
    agent.press("Accept")
    expect(reply).to_be_enabled()
    agent.press("End chat")
    expect(reply).to_be_disabled()
    expect(agent.page.locator("#reply-why")).to_contain_text("finish the wrap-up")
    expect(chat.state).to_contain_text("This chat has ended")
    view.tenant.wait_until_settled()
