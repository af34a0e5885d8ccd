"""System Configurator as an administrator uses it."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


class ConfiguratorPage:
    """The page "System Configurator"."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, url: str) -> None:
        """Open it and wait until its lists are there."""
        self.page.goto(url)
        expect(self.page.get_by_text("Live", exact=True)).to_be_visible()
        expect(self.secret("ri-apikey")).to_be_visible()

    @property
    def integrations(self) -> Locator:
        """Rows of the list."""
        return self.page.locator("#integrations > li")

    def secret(self, name: str) -> Locator:
        """A secret's row."""
        return self.page.locator("#secrets > li").filter(has_text=name)

    @property
    def editor(self) -> Locator:
        """The JSON field."""
        return self.page.get_by_label("JSON for configuration")

    @property
    def verdict(self) -> Locator:
        """The gate's sum."""
        return self.page.locator("#verdict")

    def finding(self, rule: str) -> Locator:
        """A finding of that rule."""
        return self.page.locator(f'.finding[data-rule="{rule}"]')

    def delete_integration(self, name: str) -> None:
        """Delete and confirm."""
        self.page.get_by_role("button", name=f"Delete {name}").click()
        self.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(self.integrations.filter(has_text=name)).to_have_count(0)

    def add_integration(self, channel: str = "Chat") -> None:
        """Begin a new one, its channel type first."""
        self.page.get_by_role("button", name="Add integration").click()
        self.page.get_by_role("dialog", name="Channel type").get_by_role("button", name=channel, exact=True).click()
        expect(self.page.get_by_role("heading", name="New integration")).to_be_visible()

    def edit(self, name: str) -> None:
        """Open one that is there."""
        self.page.get_by_role("button", name=f"Edit {name}").click()
        expect(self.page.get_by_role("button", name="Save", exact=True)).to_be_visible()

    def paste_example(self) -> None:
        """The documented example, by its button."""
        self.page.get_by_role("button", name="Paste the documented example").click()
        expect(self.editor).not_to_have_value("")

    def lay_out(self) -> None:
        """In lines."""
        self.page.get_by_role("button", name="Lay out in lines").click()

    def retype(self, old: str, new: str) -> None:
        """Replace a word of the JSON as if it had been typed."""
        words = self.editor.input_value()
        assert old in words, f"{old!r} is not in the JSON"
        self.editor.fill(words.replace(old, new))

    def save(self) -> None:
        """Save; the form closes when it is accepted."""
        self.page.get_by_role("button", name="Save", exact=True).click()

    def expect_saved(self) -> None:
        """The form is closed."""
        expect(self.page.locator("#edit")).to_be_hidden()

    def event(self, name: str) -> Locator:
        """The newest event of that name in the log."""
        return self.page.locator("#events > li").filter(has=self.page.get_by_text(name, exact=True)).first
