"""Breaking a hop by hand, and letting time pass: what a person sees of it."""

from __future__ import annotations

import pytest
from instrument.accessibility import axe_findings
from instrument.stacks import TenantView
from pages.faults_page import PATIENCE_MS, FaultsPage
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(240)]

NOTE = ("note.txt", b"see you on Monday\n")


@pytest.fixture
def faults(view: TenantView, page: Page) -> FaultsPage:
    """The page of the test's tenant, open. It is closed before its tenant is, which may take a whole stack with it."""
    opened = FaultsPage(page, view.url("faults"))
    opened.open()
    return opened


def test_a_fault_that_was_planned_strikes_shows_on_the_stack_and_is_used_up(
    faults: FaultsPage, view: TenantView
) -> None:
    expect(faults.headline).to_have_text("Nothing is broken on purpose.")
    faults.choose("Download of a file", "Another answer")
    faults.page.get_by_label("Status").fill("404")
    faults.page.get_by_label("Headers").fill("")
    faults.plan()
    expect(faults.headline).to_have_text("1 fault is planned.")
    expect(faults.planned).to_contain_text("Another answer: 404")
    expect(faults.planned).to_contain_text("has not struck yet · 1 left")

    view.tenant.chat(files=[NOTE]).end()
    cmi = faults.page.get_by_role("listitem").filter(has=faults.page.get_by_role("heading", name="CMI download"))
    expect(cmi).to_have_attribute("data-tone", "failed", timeout=PATIENCE_MS)
    expect(cmi.locator(".remedy")).not_to_be_empty()
    expect(faults.planned).to_contain_text("struck 1 time · used up", timeout=PATIENCE_MS)
    expect(faults.headline).to_have_text("Nothing is broken on purpose.")


def test_faults_are_removed_one_by_one_or_all_at_once(faults: FaultsPage) -> None:
    for what in ("Slow", "Wrong content type", "The answer ends early"):
        faults.choose("Upload of a file", what)
        faults.plan()
        expect(faults.planned.filter(has_text=what)).to_have_count(1)
    faults.planned.filter(has_text="Slow").get_by_role("button", name="Remove").click()
    expect(faults.planned).to_have_count(2)
    faults.page.get_by_role("button", name="Remove all").click()
    expect(faults.planned).to_have_count(0)
    expect(faults.page.get_by_text("Nothing is broken. Plan a fault")).to_be_visible()


@pytest.mark.page_errors(allow="400")
def test_a_wrong_field_of_the_form_is_named_at_the_field(faults: FaultsPage, view: TenantView) -> None:
    faults.choose("Upload of a file", "Another answer")
    status = faults.page.get_by_label("Status")
    status.fill("99")
    faults.page.get_by_label("How often").fill("-1")
    faults.plan()
    expect(status).to_have_attribute("aria-invalid", "true")
    expect(status).to_have_accessible_description("Expected a status from 200 to 599. Correct the value.")
    expect(status).to_be_focused()
    expect(faults.page.get_by_label("How often")).to_have_attribute("aria-invalid", "true")
    faults.page.get_by_label("Headers").fill("no colon here")
    faults.plan()
    expect(faults.page.get_by_label("Headers")).to_be_focused()
    assert view.tenant.mock("c4c").get("/_mock/faults", tenant=view.name)["faults"] == []


def test_a_stack_without_fault_proxies_offers_no_broken_wire_and_says_how_to_have_it(faults: FaultsPage) -> None:
    faults.page.get_by_label("Where", exact=True).select_option(label="Download of a file")
    wire = faults.page.get_by_label("What", exact=True).locator("optgroup", has_text="Cut off")
    expect(wire).to_be_disabled()
    expect(faults.page.get_by_text("attachment-lab up --fault-proxy").first).to_be_visible()


def test_an_event_that_does_not_get_through_is_red_at_the_integration(faults: FaultsPage, view: TenantView) -> None:
    faults.choose("Event delivery to the service", "Another answer")
    faults.plan()
    expect(faults.planned).to_have_count(1)
    chat = view.tenant.chat(files=[NOTE])
    chat.end()
    heading = faults.page.get_by_role("heading", name="Integration")
    integration = faults.page.get_by_role("listitem").filter(has=heading)
    expect(integration).to_have_attribute("data-tone", "failed", timeout=PATIENCE_MS)
    expect(integration).to_contain_text("503")
    chat.fire("Ended")
    expect(integration).to_have_attribute("data-tone", "done", timeout=PATIENCE_MS)
    view.tenant.wait_until_settled()


@pytest.mark.own_stack
def test_an_hour_passes_for_service_and_tenants_and_chats_go_on(faults: FaultsPage, view: TenantView) -> None:
    for name in ("Contact Pro", "CMI", "SAP Service Cloud", "Transfer service"):
        expect(faults.clock(name)).to_contain_text("on this machine’s time")
    expect(faults.page.get_by_text("The service has one clock.")).to_be_visible()
    faults.page.get_by_role("button", name="+ 1 hour").click()
    for name in ("Contact Pro", "CMI", "SAP Service Cloud", "Transfer service"):
        expect(faults.clock(name)).to_contain_text("1 h ahead of this machine", timeout=PATIENCE_MS)
    faults.page.get_by_label("Seconds", exact=True).last.fill("90")
    faults.page.get_by_role("button", name="Advance").click()
    expect(faults.clock("Transfer service")).to_contain_text("1 h 1 min ahead of this machine", timeout=PATIENCE_MS)
    view.tenant.chat(files=[NOTE]).end()
    (transfer,) = view.tenant.wait_until_settled()
    assert transfer.outcome == "stored"


@pytest.mark.own_stack
def test_a_tenant_opened_after_the_clock_moved_lives_in_the_same_time(faults: FaultsPage, view: TenantView) -> None:
    faults.page.get_by_role("button", name="+ 1 day").click()
    expect(faults.clock("Transfer service")).to_contain_text("1 d ahead of this machine", timeout=PATIENCE_MS)
    opened = faults.page.request.post(f"{view.base_url}/api/tenants", data={})
    assert opened.status == 201
    late = FaultsPage(faults.page, f"{view.base_url}/w/{opened.json()['tenant']}/faults/")
    late.open()
    expect(late.clock("CMI")).to_contain_text("1 d ahead of this machine")


def test_moving_one_tenant_alone_warns_that_the_service_stays_behind(faults: FaultsPage) -> None:
    faults.page.get_by_label("this tenant’s mocks alone").check()
    expect(faults.page.get_by_text("The service stays behind")).to_be_visible()
    expect(faults.page.get_by_text("The service has one clock.")).to_be_hidden()


def test_the_fault_matrix_is_reached_from_the_page_and_says_each_mark_in_words(
    faults: FaultsPage, view: TenantView
) -> None:
    faults.page.get_by_role("link", name="fault matrix").click()
    expect(faults.page.get_by_role("heading", level=1)).to_have_text("Fault matrix")
    upload = faults.page.get_by_role("row", name="lost-answer").get_by_role("img", name="first attempt: retried").first
    expect(upload).to_be_visible()
    assert axe_findings(faults.page) == []
    faults.page.get_by_role("link", name="Faults and clock").first.click()
    expect(faults.headline).to_have_text("Nothing is broken on purpose.")
