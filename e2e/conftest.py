"""The browser suite: Debian's chromium, a street with its console, and no request that leaves this machine."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Request

from attachment_lab.minting import default_world
from attachment_lab.street import StreetOptions, open_street
from attachment_lab.tenant import Lab

sys.path.insert(0, str(Path(__file__).parent))  # pytest's importlib mode does not; ``pages`` lives here
from pages.console_page import ConsolePage

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
LOOPBACK = {"127.0.0.1", "localhost", "[::1]", "::1"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--write-screenshots``: the documentation's pictures are made anew."""
    parser.addoption("--write-screenshots", action="store_true", help="write the console's pictures to docs/images")


@pytest.fixture(scope="session")
def console_lab() -> Iterator[Lab]:
    """A street with its console. Not the session's ``lab``: tests elsewhere may have started that without one.

    What the page's chats exchanged is judged once, at the end: a test may leave while its chat goes on.
    """
    with open_street(StreetOptions(console=True)) as street:
        made = Lab(street)
        yield made
        told = made.traffic_against_the_contract(default_world(), of="the console's tests")
        assert not told, told


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's chromium instead of a downloaded one."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.fail("no chromium on this machine; remedy: apt-get install chromium", pytrace=False)
    return browser_type_launch_args | {"executable_path": chromium, "args": CHROMIUM_ARGUMENTS}


@pytest.fixture
def context(context: BrowserContext) -> Iterator[BrowserContext]:
    """The plugin's browser context; at the end, a request off loopback or an error on the page fails the test."""
    strays: list[str] = []
    errors: list[str] = []

    def note(request: Request) -> None:
        host = urlsplit(request.url).hostname
        if not request.url.startswith(("data:", "blob:")) and host not in LOOPBACK:
            strays.append(request.url)

    context.on("request", note)
    context.on("weberror", lambda error: errors.append(str(error.error)))
    context.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    yield context
    assert strays == [], f"the page asked for something off this machine: {strays}"
    assert errors == [], f"the page reported errors: {errors}"


@pytest.fixture
def console(console_lab: Lab, page: Page) -> ConsolePage:
    """The console of the street, not opened yet."""
    return ConsolePage(page, console_lab.urls["console"])
