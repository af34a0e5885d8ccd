"""How every page looks, compared with kept pictures. ``--update-screenshots`` accepts it; look first."""

from __future__ import annotations

import pytest
from instrument.furnished import furnish
from instrument.pictures import Pictures
from instrument.poses import DEVICES, NAMES, open_at_rest
from instrument.stacks import TenantView
from playwright.sync_api import Page

from attachment_lab.tenant.credentials import default_tenant

pytestmark = [
    pytest.mark.stack,
    pytest.mark.browser,
    pytest.mark.timeout(300),
    # One worker takes them all: they share the documentation's tenant, which is furnished once.
    pytest.mark.xdist_group("pictures"),
]


@pytest.mark.parametrize("display", DEVICES)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_with_many_chats_looks_as_it_did(
    page: Page, furnished: TenantView, pictures: Pictures, name: str, display: str
) -> None:
    if furnished.name != default_tenant().name:
        pytest.skip("a stack elsewhere has other names in its pictures")
    if not pictures.update and not any(pictures.kept.glob("*.png")):
        pytest.skip("no kept pictures at all; look at every page, then take them with --update-screenshots")
    open_at_rest(page, furnished, name, display)
    page.evaluate("__still.level()")
    # The report in its frame is a document of its own, full of times and digests; it has tests of its own.
    pictures.match(page, f"{name}-{display}", mask=[page.locator("iframe")])


def test_the_demos_customers_are_the_same_each_time(view: TenantView) -> None:
    furnish(view.base_url, view.name)
    names = sorted(each.name for each in view.tenant.reconciliation.sources())
    assert len(names) > 10
    assert len(view.tenant.mock("cmi").get("/_mock/chats", tenant=view.name)["chats"]) >= 12
