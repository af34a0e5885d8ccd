"""The agent desk as a person uses it."""

from __future__ import annotations

from pages.chat_page import ConversationPage
from playwright.sync_api import Locator, expect


class AgentPage(ConversationPage):
    """The page "Agent desk"."""

    area = "#conversation"
    composer = "reply"

    def open(self, url: str) -> None:
        """Open it and wait until its stream has begun."""
        self.page.goto(url)
        expect(self.page.get_by_text("Live", exact=True)).to_be_visible()

    def choose(self, customer: str, list_name: str = "Waiting") -> None:
        """Click a chat in one of the lists."""
        self.chats(list_name).get_by_role("button").filter(has_text=customer).first.click()
        expect(self.page.get_by_role("heading", name=customer)).to_be_visible()

    def chats(self, name: str) -> Locator:
        """One of the lists: Waiting, In conversation, Wrap-up, Over."""
        return self.page.get_by_role("list", name=name, exact=True)

    def press(self, name: str) -> None:
        """One of the buttons over the conversation."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def transfer_to(self, target: str) -> None:
        """Transfer the chat, by the dialog."""
        self.press("Transfer")
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_role("combobox", name="To", exact=True).select_option(label=target)
        dialog.get_by_role("button", name="Transfer").click()

    def event(self, event: str) -> Locator:
        """What the event engine did with an event of the chosen chat."""
        return self.page.locator("#events > li").filter(has=self.page.get_by_text(event, exact=True))

    @property
    def activity(self) -> Locator:
        """The card about C4C."""
        return self.page.get_by_role("region", name="SAP Service Cloud")
