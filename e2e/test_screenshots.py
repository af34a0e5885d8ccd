"""How every page looks: compared with kept pictures, and the documentation's pictures made from the same world.

``--update-screenshots`` accepts what is seen as e2e/screenshots; ``--write-screenshots`` makes docs/images
(``make screenshots``). Look at them before you commit them.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from instrument.furnished import furnish
from instrument.pictures import Pictures
from instrument.stacks import ConsoleWorld
from playwright.sync_api import Locator, Page, expect

from attachment_lab.console.pages import PAGES

IMAGES = Path(__file__).parent.parent / "docs" / "images"
NAMES = [page.name for page in PAGES]
#: Device: width, height, colours.
GUISES = {"light": (1280, 900, "light"), "dark": (1280, 900, "dark"), "phone": (360, 780, "light")}
#: What shows times, durations, ports and other figures that no two runs share.
RESTLESS = "time, [data-time], .meta, .detail, footer, [data-restless]"

pytestmark = [
    pytest.mark.street,
    pytest.mark.browser,
    pytest.mark.timeout(300),
    # One worker takes them all: they share the documentation's world, which is furnished once.
    pytest.mark.xdist_group("pictures"),
]


def open_still(page: Page, world: ConsoleWorld, name: str, guise: str) -> None:
    """Open a page that has drawn what it has to say, and holds still."""
    width, height, scheme = GUISES[guise]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    page.goto(world.url(name))
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("#live")).to_have_attribute("data-state", "live", timeout=30_000)
    wait_until_still(page)


def wait_until_still(page: Page) -> None:
    """Nothing has changed in the page for three quarters of a second, and every picture in it is there."""
    page.evaluate(
        """() => new Promise((done) => {
          let timer = setTimeout(done, 750);
          const again = () => { clearTimeout(timer); timer = setTimeout(done, 750); };
          new MutationObserver(again).observe(document.body, { subtree: true, childList: true, characterData: true });
        })"""
    )
    page.wait_for_function("[...document.images].every((image) => image.complete)")


def restless(page: Page) -> Iterable[Locator]:
    return [page.locator(RESTLESS)]


@pytest.mark.parametrize("guise", GUISES)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_full_of_life_looks_as_it_did(
    page: Page, furnished: ConsoleWorld, pictures: Pictures, name: str, guise: str
) -> None:
    if furnished.name != "default":
        pytest.skip("a stack elsewhere has other names in its pictures")
    open_still(page, furnished, name, guise)
    pictures.match(page, f"{name}-{guise}", mask=list(restless(page)))


@pytest.mark.parametrize("guise", GUISES)
@pytest.mark.parametrize("name", NAMES)
def test_pictures_for_the_documentation(
    page: Page, request: pytest.FixtureRequest, furnished: ConsoleWorld, name: str, guise: str
) -> None:
    if not request.config.getoption("--write-screenshots"):
        pytest.skip("pictures for the documentation are written by --write-screenshots only")
    open_still(page, furnished, name, guise)
    IMAGES.mkdir(parents=True, exist_ok=True)
    suffix = "" if guise == "light" else f"-{guise}"
    page.screenshot(path=IMAGES / f"{name}{suffix}.png", animations="disabled", caret="hide")


def test_the_demos_customers_are_the_same_each_time(world: ConsoleWorld) -> None:
    furnish(world.base_url, world.name)
    names = sorted(each.name for each in world.tenant.ledger.sources())
    assert len(names) > 10
    assert len(world.tenant.mock("cmi").get("/_mock/chats", world=world.name)["chats"]) >= 12
