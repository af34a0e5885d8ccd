"""A page at its best and at rest, for its picture: the same for the kept pictures and for the documentation's."""

from __future__ import annotations

from pathlib import Path
from statistics import mode

from playwright.sync_api import Page, expect

from attachment_lab.console.pages import PAGES
from instrument.stacks import TenantView

STILL = Path(__file__).with_name("still.js")
NAMES = [page.name for page in PAGES]
#: Device: width, height, colours.
DEVICES = {"light": (1280, 900, "light"), "dark": (1280, 900, "dark"), "phone": (360, 780, "light")}
#: In the address of each page: what is open in it. {chat}: the guid of the chat with the most files.
OPEN = {
    "chain": "?chat={chat}",
    "chat": "?chat={chat}",
    "agent": "?chat={chat}",
    "c4c": "?chat={chat}",
    "journal": "?about={chat}&hop=c4c",
}
DRAWN_MS = 30_000


def richest_chat(view: TenantView) -> str:
    """The guid of the chat with the most files."""
    return mode(each.chat for each in view.tenant.reconciliation.sources())


def open_at_rest(page: Page, view: TenantView, name: str, device: str) -> None:
    """Open a page, and return once it shows its content and nothing moves."""
    width, height, scheme = DEVICES[device]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    page.goto(view.url(name) + OPEN.get(name, "").format(chat=richest_chat(view)))
    expect(page.locator("body[data-drawn]")).to_be_attached(timeout=DRAWN_MS)
    page.evaluate(STILL.read_text())
    page.evaluate("__still.quiet()")
