"""The browser suite: Debian's chromium, a street with its console, and no request that leaves this machine."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, Request

from attachment_lab.minting import default_world
from attachment_lab.street import StreetOptions, open_street
from attachment_lab.tenant import Lab, Tenant

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


@dataclass(frozen=True, kw_only=True)
class ConsoleWorld:
    """A world of this test's own, shown by the console.

    Attributes:
        tenant: the same world as the lab's friendly object; its ledger is checked at the test's end.
    """

    base_url: str
    name: str
    tenant: Tenant

    def url(self, page: str = "chain") -> str:
        """Address of one of its pages."""
        return f"{self.base_url}/w/{self.name}/{page}/"


@pytest.fixture
def world(console_lab: Lab) -> Iterator[ConsoleWorld]:
    """A fresh tenant that the console shows; closed at the end, the ledger's laws having been checked."""
    base_url = console_lab.urls["console"]
    with console_lab.tenant() as tenant:
        adopted = httpx.post(f"{base_url}/api/worlds", json={"names": tenant.names.to_json()}, trust_env=False)
        assert adopted.status_code == 201, adopted.text
        yield ConsoleWorld(base_url=base_url, name=tenant.name, tenant=tenant)


@pytest.fixture
def console(console_lab: Lab, page: Page) -> ConsolePage:
    """The console of the street, not opened yet."""
    return ConsolePage(page, console_lab.urls["console"])
