"""The console page as a person uses it; locators by role and text first, by structure where there is no word."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

STATIONS = ("Contact Pro", "Integration", "Transfer service", "CMI download", "SAP Service Cloud")
#: A slow-motion chat with all the customer's files, on a busy machine.
PATIENCE_MS = 90_000


class ConsolePage:
    """The Chain page of one tenant; ``url`` is its address, with the slash at its end."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = url

    def open(self, path: str = "") -> None:
        """Open it and wait until the stream of pictures has begun."""
        self.page.goto(self._url + path)
        expect(self.page.get_by_text("Live", exact=True)).to_be_visible()

    def play_a_chat(self, *, fault: str = "nothing", slow: bool = True) -> None:
        """Press the button, having chosen what breaks."""
        self.page.get_by_label("Break").select_option(label=fault)
        self.page.get_by_label("Slow motion").set_checked(slow)
        self.page.get_by_role("button", name="Play a chat").click()

    def station(self, title: str) -> Locator:
        """One of the five stations."""
        heading = self.page.get_by_role("heading", name=title, exact=True)
        return self.page.get_by_role("listitem").filter(has=heading)

    def wait_until_nothing_glides(self) -> None:
        """Every file's flight from one station to the next is over; what pulses goes on."""
        self.page.evaluate(
            "Promise.allSettled(document.getAnimations()"
            ".filter(a => a.effect.getTiming().iterations !== Infinity).map(a => a.finished))"
        )

    @property
    def sentence(self) -> Locator:
        """The headline that says how it goes."""
        return self.page.locator("#sentence")

    @property
    def rows(self) -> Locator:
        """The files' rows."""
        return self.page.locator("#rows > tr")

    def row(self, name: str) -> Locator:
        """The row of the file of that name."""
        return self.rows.filter(has=self.page.get_by_text(name, exact=True))

    @property
    def trouble(self) -> Locator:
        """What the page says when something does not answer."""
        return self.page.get_by_role("alert")

    def expect_live(self) -> None:
        """The stream of pictures runs."""
        expect(self.page.get_by_text("Live", exact=True)).to_be_visible(timeout=PATIENCE_MS)

    def expect_arrived(self, count: int) -> None:
        """All files are stored, and the reconciliation agrees."""
        what = "The attachment" if count == 1 else f"All {count} attachments"
        sentence = f"{what} arrived in C4C. Every byte is equal at both ends."
        expect(self.sentence).to_have_text(sentence, timeout=PATIENCE_MS)

    def chip(self, row: Locator) -> Locator:
        """The state of a file."""
        return row.locator(".chip")

    def expect_every_station_done(self) -> None:
        """All five are green."""
        for title in STATIONS:
            expect(self.station(title)).to_have_attribute("data-tone", "done", timeout=PATIENCE_MS)
