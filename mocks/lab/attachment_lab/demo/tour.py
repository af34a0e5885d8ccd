"""``demo --tour``: opens a browser on the console's tour and waits for its end.

The tour itself is a feature of the console: any browser can show it. This module opens the system's browser through
Playwright where both are installed; otherwise it only prints the address.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from attachment_lab.clients.json_client import JsonClient

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
POLL_S = 0.3
#: A headless tour that has not finished by then is given up.
HEADLESS_TIMEOUT_S = 240.0


@dataclass(frozen=True, kw_only=True)
class TourOptions:
    """How the tour is shown.

    Attributes:
        speed: 1 = as a person reads; 10 = ten times as fast.
    """

    headless: bool = False
    speed: float = 1.0


class NoBrowser(Exception):
    """No browser can be opened on this machine; the message says what is missing."""


def tour_url(console_url: str, tenant: str, options: TourOptions) -> str:
    """The address at which the tour begins; its steps advance without a click."""
    speed = f"&speed={options.speed:g}" if options.speed != 1 else ""
    return f"{console_url}/w/{tenant}/tour/?auto=1{speed}"


def show_tour(console_url: str, tenant: str, options: TourOptions, on_wait: Callable[[], None]) -> dict[str, Any]:
    """Show it until its end or until the browser is closed; returns ``{"finished", "ok", "missing"}``.

    Args:
        on_wait: called while waiting; an exception ends the tour, as when a process of the stack died.

    Raises NoBrowser.
    """
    console = JsonClient("console", console_url)
    path = f"/w/{tenant}/tour/api/verdict"
    try:
        with _browser_page(options) as page:
            page.goto(tour_url(console_url, tenant, options))
            waited_s = 0.0
            while not page.is_closed() and not (options.headless and waited_s > HEADLESS_TIMEOUT_S):
                on_wait()
                if options.headless and console.get(path)["finished"]:
                    break
                if not _let_pass(page):
                    break
                waited_s += POLL_S
        verdict: dict[str, Any] = console.get(path)
        return verdict
    finally:
        console.close()


def found_browser() -> str | None:
    """The system's own browser."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def _let_pass(page: Any) -> bool:
    """Let the browser work for ``POLL_S``; False once its window is closed."""
    from playwright.sync_api import Error  # noqa: PLC0415 - an extra that may be absent

    try:
        page.wait_for_timeout(POLL_S * 1000)
    except Error:
        return False
    return True


@contextmanager
def _browser_page(options: TourOptions) -> Iterator[Any]:
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - an extra that may be absent
    except ImportError:
        raise NoBrowser(
            "Playwright is not installed here; `make demo ARGS=--tour` sets it up together with a browser"
        ) from None
    path = found_browser()
    if path is None:
        raise NoBrowser(
            f"no browser is installed here (none of {', '.join(BROWSERS)}); on Debian: apt-get install chromium"
        )
    if not options.headless and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise NoBrowser("this session has no screen (DISPLAY is not set)")
    # Chromium's sandbox does not work for root.
    arguments = ["--no-first-run", "--start-maximized", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=options.headless, args=arguments)
        try:
            size: Any = {"width": 1440, "height": 900} if options.headless else None
            context = browser.new_context(viewport=size, no_viewport=None if options.headless else True)
            yield context.new_page()
        finally:
            browser.close()
