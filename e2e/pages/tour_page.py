"""The tour as a person takes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, expect

from attachment_lab.console.tour.steps import steps

PATIENCE_MS = 60_000
#: The words below a caption while it waits.
WAITING = re.compile("Waiting|One moment")


class TourPage:
    """The captions over whatever page is shown."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    def begin(self, query: str = "") -> None:
        """Take the tour from its first step."""
        self.page.goto(self.url + query)
        self.expect_step(1)

    @property
    def caption(self) -> Locator:
        """The box with the words."""
        return self.page.get_by_role("dialog").filter(has=self.page.locator("#tour-title"))

    @property
    def title(self) -> Locator:
        """The caption's heading."""
        return self.page.locator("#tour-title")

    def expect_step(self, number: int) -> None:
        """This step is shown, and what it waits for has come."""
        expect(self.page.locator("#tour-position")).to_have_text(
            f"Step {number} of {len(steps())}", timeout=PATIENCE_MS
        )
        expect(self.page.locator("#tour-waiting")).not_to_have_text(WAITING, timeout=PATIENCE_MS)

    def step_in_address(self) -> str:
        """Id of the step that a reload would show; empty = none."""
        return parse_qs(urlsplit(self.page.url).query).get("tour", [""])[0]

    @contextmanager
    def entering(self, number: int) -> Iterator[None]:
        """Within this block the step is entered; seen by its request, because a fast caption may go unseen."""
        path = f"/tour/api/steps/{steps()[number - 1].id}"
        with self.page.expect_request(
            lambda sent: sent.method == "POST" and sent.url.endswith(path), timeout=PATIENCE_MS
        ):
            yield

    def next(self) -> None:
        """Press Next (or Finish)."""
        self.page.locator("#tour-next").click()

    def wait_until_ready(self) -> None:
        """What this step waits for has come."""
        expect(self.page.locator("#tour-waiting")).to_have_text("There it is.", timeout=PATIENCE_MS)
