"""System Configurator: the gate checks while one types, secrets are never shown, a deletion names what is used."""

from __future__ import annotations

import re

import pytest
from instrument.stacks import TenantView
from pages.configurator_page import ConfiguratorPage
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.stack, pytest.mark.browser]

INTEGRATION = "Chat attachments to SAP Service Cloud"


@pytest.fixture
def configurator(page: Page, view: TenantView) -> ConfiguratorPage:
    opened = ConfiguratorPage(page)
    opened.open(view.url("configurator"))
    return opened


def test_typing_shows_a_finding_at_its_position_and_the_list_leads_there(configurator: ConfiguratorPage) -> None:
    configurator.edit(INTEGRATION)
    configurator.lay_out()
    configurator.retype("{contact.guid}", "{contact.giud}")
    finding = configurator.finding("AC401")
    expect(finding).to_contain_text("Write {contact.guid}.")
    finding.get_by_role("button", name="Line 20").click()
    expect(configurator.editor).to_be_focused()
    chosen = "(box) => box.value.slice(box.selectionStart, box.selectionEnd)"
    assert configurator.editor.evaluate(chosen) == "{contact.giud}"
    expect(configurator.editor).to_have_attribute("aria-invalid", "true")


def test_f8_goes_from_finding_to_finding(configurator: ConfiguratorPage) -> None:
    configurator.edit(INTEGRATION)
    configurator.lay_out()
    configurator.retype("{contact.guid}", "{contact.giud}")
    configurator.retype('"x-cmi-api-key"', '"x-cmi-apikey"')
    expect(configurator.verdict).to_have_text("2 errors")
    configurator.editor.press("Control+Home")
    lines = []
    for _ in range(2):
        configurator.editor.press("F8")
        lines.append(
            configurator.editor.evaluate("(box) => box.value.slice(0, box.selectionStart).split('\\n').length")
        )
    assert lines == [9, 20]


def test_what_is_mechanical_is_fixed_by_one_press(configurator: ConfiguratorPage) -> None:
    configurator.add_integration()
    configurator.paste_example()
    configurator.lay_out()
    configurator.retype('"POST",', '"post", // a remark\n')
    expect(configurator.verdict).to_contain_text("error")
    configurator.page.get_by_role("button", name="Fix what is mechanical").click()
    expect(configurator.verdict).to_have_text("The gate finds nothing wrong")
    expect(configurator.editor).not_to_have_value(re.compile("a remark"))


def test_a_field_of_the_form_is_checked_with_the_json(configurator: ConfiguratorPage) -> None:
    configurator.edit(INTEGRATION)
    configurator.page.get_by_label("Accepted", exact=True).check()
    expect(configurator.finding("AC806")).to_be_visible()
    configurator.page.get_by_label("Region").select_option(label="Australia")
    expect(configurator.finding("AC814")).to_contain_text("Field endpoint_url")
    expect(configurator.page.get_by_label("Endpoint URL")).to_have_value(
        "https://cc-workflows-au-s2.cc.sinch.com/prod/chat-attachments"
    )


@pytest.mark.page_errors(allow="status of 422")  # the refusal, which is meant
def test_what_contact_pro_refuses_is_named_by_field_and_position(page: Page, view: TenantView) -> None:
    configurator = ConfiguratorPage(page)
    configurator.open(view.url("configurator"))
    configurator.add_integration()
    configurator.editor.fill('{"request": {"method": "POST",}}')
    page.get_by_label("Ended", exact=True).uncheck()
    configurator.save()
    trouble = page.locator("#form-trouble")
    expect(trouble).to_contain_text("events: expected at least one event")
    expect(trouble).to_contain_text("line 1, column")
    expect(configurator.integrations).to_have_count(1)


def test_the_dry_run_shows_the_request_with_masked_secrets(configurator: ConfiguratorPage, view: TenantView) -> None:
    configurator.edit(INTEGRATION)
    configurator.page.get_by_text("Dry run: the exact request").click()
    configurator.page.get_by_role("button", name="Make the request").click()
    expect(configurator.page.locator("#try-verdict")).to_contain_text("would take this request")
    wire = configurator.page.locator("#wire")
    expect(wire).to_contain_text("POST /prod/chat-attachments HTTP/1.1")
    expect(wire).to_contain_text("x-cmi-password: ********")
    shown = configurator.page.content()
    assert [what for what, secret in view.tenant.names.guarded().items() if secret in shown] == []


def test_a_secret_is_rotated_without_ever_being_shown(configurator: ConfiguratorPage) -> None:
    configurator.page.get_by_role("button", name="Rotate ri-apikey").click()
    dialog = configurator.page.get_by_role("dialog")
    dialog.get_by_label("Secret", exact=True).fill("another-key-0123456789")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    assert "another-key-0123456789" not in configurator.page.content()


def test_deleting_a_secret_names_the_integrations_that_use_it(configurator: ConfiguratorPage) -> None:
    configurator.page.get_by_role("button", name="Delete sap-v1-secret").click()
    dialog = configurator.page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"Still used by: {INTEGRATION}")
    dialog.get_by_role("button", name="Keep").click()
    expect(configurator.secret("sap-v1-secret")).to_be_visible()
    configurator.page.get_by_role("button", name="Delete sap-v1-secret").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(configurator.secret("sap-v1-secret")).to_have_count(0)
    expect(configurator.integrations).to_contain_text("there is no secret named sap-v1-secret yet")


def test_an_oauth_secret_can_be_added(configurator: ConfiguratorPage) -> None:
    configurator.page.get_by_role("button", name="Add secret").click()
    dialog = configurator.page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("second-layer")
    dialog.get_by_label("OAuth credential").check()
    dialog.get_by_label("Client id").fill("client")
    dialog.get_by_label("Client secret").fill("client-secret-123456")
    dialog.get_by_label("Access token URL").fill("https://login-eu-c1.cc.sinch.com/acme/oauth2/token")
    dialog.get_by_role("button", name="Save").click()
    expect(configurator.secret("second-layer")).to_contain_text("OAuth credential")


def test_a_disabled_integration_says_in_the_log_that_it_is_disabled(
    configurator: ConfiguratorPage, view: TenantView
) -> None:
    configurator.page.get_by_role("button", name=f"Disable {INTEGRATION}").click()
    expect(configurator.integrations).to_contain_text("Disabled")
    view.tenant.chat().end()
    expect(configurator.event("Ended")).to_contain_text("it is disabled")
    configurator.page.get_by_role("button", name=f"Enable {INTEGRATION}").click()
    expect(configurator.integrations).to_contain_text("Enabled")


def test_reading_the_page_is_in_no_journal(configurator: ConfiguratorPage, view: TenantView) -> None:
    configurator.edit(INTEGRATION)
    configurator.retype("{contact.guid}", "{contact.giud}")
    expect(configurator.verdict).to_have_text("1 error")
    journal = view.tenant.mock("orchestration").get("/_mock/journal", tenant=view.name, limit=500)
    seen = [each["path"] for each in journal["exchanges"] if each["method"] == "GET"]
    assert not [path for path in seen if "/system-configurator/" in path]
