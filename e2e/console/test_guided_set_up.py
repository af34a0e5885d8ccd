"""Guided set-up by mouse: from nothing set up to files in C4C, and a mistake from its step to its repair."""

from __future__ import annotations

import json
import re
import secrets

import pytest
from instrument.stacks import TenantView
from pages.console_page import ConsolePage
from pages.guided_page import GuidedPage
from pages.journal_page import JournalPage
from pages.report_page import ReportPage
from playwright.sync_api import Page, expect

from attachment_lab.tenant.opening import TenantOptions

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(240)]


def configuration(tag: str) -> str:
    """A customer in Europe; ``tag`` makes its hosts unique."""
    request = {
        "method": "POST",
        "authentication": {"type": "oauth", "secrets_ref": "orchestration-layer"},
        "headers": {
            "x-cmi-api-key": "{secrets.heron-ri}",
            "x-cmi-password": "{secrets.heron-cmi}",
            "x-sap-v1-password": "{secrets.heron-c4c}",
        },
        "body": {
            "cmi_url": f"https://{tag}.execute-api.eu-central-1.amazonaws.com/heron{tag}/cmi",
            "cmi_user": "svc.heron",
            "sap_v1": {"url": f"https://my{int(tag, 16) % 10**6:06}.de1.crm.cloud.sap", "user": "HERON_FILES"},
            "contact_id": "{contact.guid}",
        },
    }
    return json.dumps({"request": request}, indent=2)


def test_from_a_pasted_configuration_and_nothing_set_up_to_the_report_by_mouse_alone(
    page: Page, view: TenantView
) -> None:
    guided, tag = GuidedPage(page), secrets.token_hex(5)
    guided.open(view.url("guided"))
    guided.begin(configuration(tag))
    expect(guided.sum).to_have_text("1 of 15 steps are done, 14 missing.")
    guided.do("Communication system")
    guided.do("Communication arrangement and technical user")
    expect(guided.step("Communication arrangement and technical user")).to_contain_text("HERON_FILES")
    guided.do("Services used")
    guided.do("CMI user")
    expect(guided.sum).to_have_text("6 of 15 steps are done, 9 missing.")
    guided.do_the_rest()
    expect(guided.step("Secret of the C4C technical user")).to_contain_text("heron-c4c")

    page.get_by_role("link", name="Play a chat").click()
    chain = ConsolePage(page, page.url)
    chain.play_a_chat(slow=False)
    chain.expect_arrived(14)
    chain.expect_every_station_done()

    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Report").click()
    report = ReportPage(page, page.url)
    report.expect_headline(re.compile("14"))


@pytest.mark.no_reconciliation
def test_a_mistake_is_made_found_in_the_journal_and_put_right_at_its_step(page: Page, view: TenantView) -> None:
    guided = GuidedPage(page)
    guided.open(view.url("guided"))
    expect(guided.sum).to_contain_text("All 15 steps are done")
    guided.make_mistake("A service is not ticked")
    guided.expect_state("Services used", "Wrong")
    expect(guided.step("Services used")).to_contain_text("chatactivity is not ticked for v1user")
    expect(guided.sum).to_have_text("14 of 15 steps are done, 1 wrong.")
    chat = view.tenant.chat(files=[("note.txt", b"a note")])
    chat.end()
    view.tenant.wait_until_settled()
    assert view.tenant.stored() == []

    journal = JournalPage(page, view.url("journal"))
    journal.open("?hop=c4c&failed=1")
    journal.show("Searches the chat activity")
    expect(journal.why).to_contain_text("Step 3, Services used, is wrong: chatactivity is not ticked for v1user.")
    journal.why.get_by_role("link", name="Go to step 3: Services used").click()
    guided.expect_read()
    expect(guided.step("Services used")).to_be_in_viewport()
    guided.do("Services used")
    expect(page.get_by_text("The transfer that failed is tried again.")).to_be_visible()
    view.tenant.wait_until_settled()
    assert [each.name for each in view.tenant.stored()] == ["note.txt"]


@pytest.mark.page_errors(allow="status of 409")  # the refusal, which is meant
@pytest.mark.parametrize("tenant_options", [TenantOptions(empty=True)])
def test_a_step_that_comes_too_early_says_which_one_comes_first(page: Page, view: TenantView) -> None:
    guided = GuidedPage(page)
    guided.open(view.url("guided"))
    page.get_by_role("button", name="Do it for me: Services used").click()
    expect(page.get_by_role("alert").first).to_contain_text("do step 2 first")
    guided.expect_state("Services used", "Missing")


def test_a_change_on_another_page_shows_at_its_step(page: Page, view: TenantView) -> None:
    guided = GuidedPage(page)
    guided.open(view.url("guided"))
    path = f"/{view.tenant.names.tenant_path}/system-configurator/api/secrets/ri-apikey"
    view.tenant.mock("orchestration").delete(path, force=1)
    guided.expect_state("Secrets of CMI", "Missing")
    expect(guided.step("Secrets of CMI")).to_contain_text("Add a secret named ri-apikey.")
