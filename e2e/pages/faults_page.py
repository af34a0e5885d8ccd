"""The page Faults and clock as a person uses it."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

#: A scenario of several rounds, or one that waits out a lease, on a busy machine.
PATIENCE_MS = 120_000


class FaultsPage:
    """The page of one tenant; ``url`` is its address."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = url

    def open(self) -> None:
        """Open it, and wait for the stream and for the form."""
        self.page.goto(self._url)
        expect(self.page.get_by_text("Live", exact=True)).to_be_visible(timeout=PATIENCE_MS)
        expect(self.page.get_by_label("What", exact=True).locator("option").first).to_be_attached(timeout=PATIENCE_MS)

    @property
    def headline(self) -> Locator:
        """How much is broken."""
        return self.page.locator("#broken")

    def scenario(self, name: str) -> ScenarioCard:
        """One card, by the scenario's id."""
        return ScenarioCard(self.page.locator(f"#scenario-{name}"))

    def choose(self, where: str, what: str) -> None:
        """Where it strikes, and what kind of fault."""
        self.page.get_by_label("Where", exact=True).select_option(label=where)
        self.page.get_by_label("What", exact=True).select_option(label=what)

    def plan(self) -> None:
        """Press the button."""
        self.page.get_by_role("button", name="Plan this fault").click()

    @property
    def planned(self) -> Locator:
        """The planned faults' rows."""
        return self.page.get_by_role("region", name="Planned faults").get_by_role("listitem")

    def clock(self, name: str) -> Locator:
        """The row of one clock."""
        return self.page.get_by_role("region", name="Clock").get_by_role("listitem").filter(has_text=name)


class ScenarioCard:
    """One scenario's card."""

    def __init__(self, card: Locator) -> None:
        self.card = card

    def play(self) -> None:
        """Press its button."""
        self.card.get_by_role("button", name="Play").click()

    @property
    def verdict(self) -> Locator:
        """The chip that says how it went."""
        return self.card.locator(".scenario-top .chip")

    @property
    def findings(self) -> Locator:
        """What was checked."""
        return self.card.locator(".findings > li")

    def expect_verdict(self, words: str) -> None:
        """Wait for it; the failure shows the card's result when it is another."""
        expect(self.verdict).not_to_have_text("Playing", timeout=PATIENCE_MS)
        expect(self.findings.or_(self.card.locator(".result-trouble:visible")).first).to_be_visible(timeout=PATIENCE_MS)
        result = self.card.locator(".result").inner_text()
        assert self.verdict.inner_text() == words, result
