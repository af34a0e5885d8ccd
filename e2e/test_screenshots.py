"""How every page looks: compared with kept pictures, and the documentation's pictures made from the same tenant.

``--update-screenshots`` accepts what is seen as e2e/screenshots; ``--write-screenshots`` makes docs/images
(``make screenshots``). Look at them before you commit them.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from instrument.furnished import furnish
from instrument.pictures import Pictures
from instrument.stacks import TenantView
from pages.console_page import PATIENCE_MS, ConsolePage
from playwright.sync_api import Page, expect

from attachment_lab.console.pages import PAGES

IMAGES = Path(__file__).parent.parent / "docs" / "images"
STILL = Path(__file__).parent / "instrument" / "still.js"
NAMES = [page.name for page in PAGES]
#: Device: width, height, colours.
GUISES = {"light": (1280, 900, "light"), "dark": (1280, 900, "dark"), "phone": (360, 780, "light")}
#: In the address of each page: what is open in it, so that it is at its best. {chat}: the guid of a telling chat.
POSES = {
    "chain": "?chat={chat}",
    "chat": "?chat={chat}",
    "agent": "?chat={chat}",
    "c4c": "?chat={chat}",
    "journal": "?about={chat}&hop=c4c",
}

pytestmark = [
    pytest.mark.stack,
    pytest.mark.browser,
    pytest.mark.timeout(300),
    # One worker takes them all: they share the documentation's tenant, which is furnished once.
    pytest.mark.xdist_group("pictures"),
]


def telling_chat(view: TenantView) -> str:
    """The guid of the chat with the most files."""
    return Counter(each.chat for each in view.tenant.reconciliation.sources()).most_common(1)[0][0]


def open_still(page: Page, view: TenantView, name: str, guise: str) -> None:
    """Open a page that has drawn what it has to say, and holds still."""
    width, height, scheme = GUISES[guise]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    page.goto(view.url(name) + POSES.get(name, "").format(chat=telling_chat(view)))
    expect(page.locator("body[data-drawn]")).to_be_attached(timeout=30_000)
    page.evaluate(STILL.read_text())
    page.evaluate("__still.quiet()")


@pytest.mark.parametrize("guise", GUISES)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_full_of_life_looks_as_it_did(
    page: Page, furnished: TenantView, pictures: Pictures, name: str, guise: str
) -> None:
    if furnished.name != "acme":
        pytest.skip("a stack elsewhere has other names in its pictures")
    if not pictures.update and not any(pictures.kept.glob("*.png")):
        pytest.skip("no kept pictures at all; look at every page, then take them with --update-screenshots")
    open_still(page, furnished, name, guise)
    page.evaluate("__still.level()")
    # The report in its frame is a document of its own, full of times and digests; its own tests judge it.
    pictures.match(page, f"{name}-{guise}", mask=[page.locator("iframe")])


@pytest.mark.parametrize("guise", GUISES)
@pytest.mark.parametrize("name", NAMES)
def test_pictures_for_the_documentation(
    page: Page, request: pytest.FixtureRequest, furnished: TenantView, name: str, guise: str
) -> None:
    if not request.config.getoption("--write-screenshots"):
        pytest.skip("pictures for the documentation are written by --write-screenshots only")
    open_still(page, furnished, name, guise)
    IMAGES.mkdir(parents=True, exist_ok=True)
    suffix = "" if guise == "light" else f"-{guise}"
    page.screenshot(path=IMAGES / f"{name}{suffix}.png", animations="disabled", caret="hide")


def test_the_demos_customers_are_the_same_each_time(view: TenantView) -> None:
    furnish(view.base_url, view.name)
    names = sorted(each.name for each in view.tenant.reconciliation.sources())
    assert len(names) > 10
    assert len(view.tenant.mock("cmi").get("/_mock/chats", tenant=view.name)["chats"]) >= 12


def test_the_picture_of_a_chat_on_its_way(console: ConsolePage, request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("--write-screenshots"):
        pytest.skip("pictures for the documentation are written by --write-screenshots only")
    for scheme, name in (("light", "console.png"), ("dark", "console-dark.png")):
        console.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        console.page.set_viewport_size({"width": 1280, "height": 900})
        console.open()
        console.play_a_chat()
        half = console.rows.filter(has=console.page.locator(".chip", has_text="Stored")).nth(6)
        expect(half).to_be_visible(timeout=PATIENCE_MS)
        console.wait_until_nothing_glides()
        console.page.screenshot(path=IMAGES / name)
        console.expect_every_station_done()
