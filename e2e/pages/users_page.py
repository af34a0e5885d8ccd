"""User and Role Management as an administrator uses it."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


class UsersPage:
    """The page "Users"."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, url: str) -> None:
        """Open it and wait until its list is there."""
        self.page.goto(url)
        expect(self.page.get_by_text("Live", exact=True)).to_be_visible()
        expect(self.page.locator("body[data-drawn]")).to_be_attached()

    @property
    def users(self) -> Locator:
        """The list."""
        return self.page.get_by_role("list", name="Users").get_by_role("listitem")

    def user(self, name: str) -> Locator:
        """A user's row."""
        return self.users.filter(has=self.page.get_by_text(name, exact=True))

    def choose(self, name: str) -> None:
        """Show a user."""
        self.user(name).get_by_role("link").click()
        expect(self.page.get_by_role("heading", name=name, exact=True)).to_be_visible()

    @property
    def dialog(self) -> Locator:
        """The form that is open."""
        return self.page.get_by_role("dialog")

    def create(self, name: str, password: str, *, expires: str = "") -> None:
        """Fill the form of a new user and send it; ``expires`` is a date, YYYY-MM-DD."""
        self.page.get_by_role("button", name="New user").click()
        self.dialog.get_by_label("Logon name").fill(name)
        self.dialog.get_by_label("Password", exact=True).fill(password)
        self.dialog.get_by_label("Service account expires on").fill(expires)
        self.dialog.get_by_role("button", name="Create").click()

    def delete(self, name: str) -> None:
        """Delete and confirm."""
        self.choose(name)
        self.page.get_by_role("button", name="Delete user").click()
        self.dialog.get_by_role("button", name="Delete").click()
        expect(self.user(name)).to_have_count(0)

    def right(self, name: str) -> Locator:
        """One right of the chosen user."""
        return self.page.get_by_role("group", name=name, exact=True)

    def save(self, what: str) -> None:
        """Save password, expiration or rights."""
        self.page.get_by_role("button", name=f"Save {what}").click()
        expect(self.page.locator("#announce")).to_contain_text("saved")
