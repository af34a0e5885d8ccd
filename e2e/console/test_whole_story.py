"""The whole story by mouse alone: configured, written, answered, ended, filed."""

from __future__ import annotations

import pytest
from instrument.stacks import TenantView
from pages.agent_page import AgentPage
from pages.c4c_page import C4cPage
from pages.chat_page import ChatPage
from pages.configurator_page import ConfiguratorPage
from playwright.sync_api import FilePayload, Page, expect

pytestmark = [pytest.mark.stack, pytest.mark.browser]

INTEGRATION = "Chat attachments to SAP Service Cloud"
NOTE: FilePayload = {"name": "Fehlermeldung E9.txt", "mimeType": "text/plain", "buffer": "Wärmepumpe: E9\n".encode()}
REPORT: FilePayload = {"name": "report.csv", "mimeType": "text/csv", "buffer": b"hour;temperature\n1;20\n"}


def test_from_pasting_the_configuration_to_the_file_in_c4c_by_mouse_alone(page: Page, view: TenantView) -> None:
    configurator = ConfiguratorPage(page)
    configurator.open(view.url("configurator"))
    configurator.delete_integration(INTEGRATION)
    configurator.add_integration()
    configurator.paste_example()
    expect(configurator.verdict).to_have_text("The gate finds nothing wrong")
    configurator.save()
    configurator.expect_saved()
    expect(configurator.integrations.filter(has_text=INTEGRATION)).to_contain_text("Enabled")

    chat = ChatPage(page)
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Customer chat").click()
    chat.start("Jürgen Weiß")
    chat.say("Guten Tag, meine Wärmepumpe zeigt einen Fehler.")
    chat.attach(NOTE)
    chat.expect_sent(NOTE["name"])

    agent = AgentPage(page)
    page.locator("#to-agent").click()
    expect(page.get_by_role("heading", name="Jürgen Weiß")).to_be_visible()
    agent.press("Accept")
    agent.say("Guten Tag, ich sehe es mir an.")
    agent.attach(REPORT)
    agent.expect_sent(REPORT["name"])
    agent.press("End chat")
    expect(agent.event("Ended")).to_contain_text("Delivered, 202")
    agent.press("Finish wrap-up")
    expect(agent.chats("Over")).to_contain_text("Jürgen Weiß")

    agent.activity.get_by_role("link").click()
    c4c = C4cPage(page)
    expect(c4c.subject).to_have_text("Chat with Jürgen Weiß")
    c4c.expect_equal(NOTE["name"])
    c4c.expect_equal(REPORT["name"])
    expect(c4c.preview(NOTE["name"])).to_contain_text("Wärmepumpe: E9")
    view.tenant.wait_until_settled()
    assert len(view.tenant.stored()) == 2


def test_a_wrong_configuration_is_explained_and_once_corrected_the_file_arrives(page: Page, view: TenantView) -> None:
    configurator = ConfiguratorPage(page)
    configurator.open(view.url("configurator"))
    configurator.edit(INTEGRATION)
    configurator.lay_out()
    configurator.retype("{secrets.ri-apikey}", "{secrets.ri-apikeys}")
    expect(configurator.verdict).to_have_text("1 error")
    finding = configurator.finding("AC303")
    expect(finding).to_contain_text("Line 9, column")
    expect(finding.locator(".remedy")).not_to_be_empty()
    expect(page.locator("#gutter > li").nth(8)).to_have_attribute("data-severity", "error")
    expect(page.locator("#paint mark")).to_contain_text("ri-apikeys")
    finding.get_by_role("button", name="explain rule AC303").click()
    expect(page.get_by_role("dialog").get_by_role("heading", level=2)).to_contain_text("AC303")
    page.keyboard.press("Escape")
    configurator.save()
    configurator.expect_saved()
    expect(configurator.integrations).to_contain_text("there is no secret named ri-apikeys yet")

    chat = ChatPage(page)
    chat.open(view.url("chat"))
    chat.start("Emma Clarke")
    chat.attach(NOTE)
    chat.expect_sent(NOTE["name"])
    agent = AgentPage(page)
    agent.open(view.url("agent"))
    agent.choose("Emma Clarke")
    agent.press("Accept")
    agent.press("End chat")
    expect(agent.event("Ended")).to_contain_text("Not sent")

    configurator.open(view.url("configurator"))
    expect(configurator.event("Ended")).to_contain_text("Not sent")
    expect(configurator.event("Ended")).to_contain_text("ri-apikeys")
    configurator.edit(INTEGRATION)
    configurator.retype("{secrets.ri-apikeys}", "{secrets.ri-apikey}")
    expect(configurator.verdict).to_have_text("The gate finds nothing wrong")
    configurator.save()
    configurator.expect_saved()
    configurator.event("Ended").locator("summary").click()
    configurator.event("Ended").get_by_role("button", name="Send again").click()
    expect(configurator.event("Ended").locator("summary")).to_contain_text("Delivered, 202")

    c4c = C4cPage(page)
    c4c.open(view.url("c4c"))
    c4c.expect_equal(NOTE["name"])
    view.tenant.wait_until_settled()
