"""C4C refuses for good, the files wait for a person, an operator runs them again: every step as people see it."""

from __future__ import annotations

import pytest
from instrument.stacks import TenantView
from pages.console_page import PATIENCE_MS, ConsolePage
from pages.operator_page import OperatorPage
from playwright.sync_api import BrowserContext, expect

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(180)]

FILES = [("photo.jpg", b"\xff\xd8\xff\xe0" + b"a photo " * 500), ("note.txt", b"see you on Monday\n")]


@pytest.mark.sample
def test_files_that_c4c_refused_are_stored_after_an_operator_runs_them_again(
    console: ConsolePage, view: TenantView, context: BrowserContext
) -> None:
    refusal = view.tenant.fault(
        mock="c4c", kind="status", path="*/ChatActivityAttachment", method="POST", times=None, status=403
    )
    view.tenant.chat(files=FILES).end()

    console.open()
    c4c = console.station("SAP Service Cloud")
    expect(c4c).to_have_attribute("data-tone", "failed", timeout=PATIENCE_MS)
    expect(c4c.locator(".remedy")).not_to_be_empty()
    for name, _ in FILES:
        expect(console.chip(console.row(name))).to_have_text("Failed", timeout=PATIENCE_MS)
        expect(console.row(name).locator(".why")).not_to_be_empty()
    assert view.tenant.stored() == []

    refusal.remove()
    operator = OperatorPage(context.new_page(), view.tenant.lab.urls["service"])
    operator.open(view.tenant.reconciliation.service.token())
    expect(operator.rows).to_have_count(1)
    expect(operator.rows.first).to_contain_text("parked")
    operator.retry(operator.rows.first)

    console.expect_arrived(len(FILES))
    console.expect_every_station_done()
    assert {each.name for each in view.tenant.stored()} == {name for name, _ in FILES}


def test_what_is_refused_again_is_parked_again_and_the_page_still_says_why(
    console: ConsolePage, view: TenantView, context: BrowserContext
) -> None:
    refusal = view.tenant.fault(
        mock="c4c", kind="status", path="*/ChatActivityAttachment", method="POST", times=None, status=403
    )
    view.tenant.chat(files=FILES[:1]).end()
    (before,) = view.tenant.wait_until_settled()
    operator = OperatorPage(context.new_page(), view.tenant.lab.urls["service"])
    operator.open(view.tenant.reconciliation.service.token())
    operator.retry(operator.rows.first)
    expect(operator.page.get_by_role("status")).not_to_be_empty()
    console.open()
    expect(console.chip(console.row("photo.jpg"))).to_have_text("Failed", timeout=PATIENCE_MS)
    (after,) = view.tenant.wait_until_settled()
    assert (after.state, after.rounds) == ("parked", before.rounds + 1)
    refusal.remove()
