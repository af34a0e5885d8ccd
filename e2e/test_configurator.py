"""System Configurator: the gate reads along, secrets stay inside, what is used is not deleted unawares."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pages.configurator_page import ConfiguratorPage
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.stack, pytest.mark.browser]

IMAGES = Path(__file__).parent.parent / "docs" / "images"
INTEGRATION = "Chat attachments to SAP Service Cloud"


@pytest.fixture
def office(page: Page, view) -> ConfiguratorPage:  # type: ignore[no-untyped-def]
    opened = ConfiguratorPage(page)
    opened.open(view.url("configurator"))
    return opened


def test_typing_shows_a_finding_at_its_place_and_the_list_leads_there(office: ConfiguratorPage) -> None:
    office.edit(INTEGRATION)
    office.lay_out()
    office.retype("{contact.guid}", "{contact.giud}")
    finding = office.finding("AC401")
    expect(finding).to_contain_text("Write {contact.guid}.")
    finding.get_by_role("button", name="Line 20").click()
    expect(office.editor).to_be_focused()
    chosen = "(box) => box.value.slice(box.selectionStart, box.selectionEnd)"
    assert office.editor.evaluate(chosen) == "{contact.giud}"
    expect(office.editor).to_have_attribute("aria-invalid", "true")


def test_f8_goes_from_finding_to_finding(office: ConfiguratorPage) -> None:
    office.edit(INTEGRATION)
    office.lay_out()
    office.retype("{contact.guid}", "{contact.giud}")
    office.retype('"x-cmi-api-key"', '"x-cmi-apikey"')
    expect(office.verdict).to_have_text("2 errors")
    office.editor.press("Control+Home")
    lines = []
    for _ in range(2):
        office.editor.press("F8")
        lines.append(office.editor.evaluate("(box) => box.value.slice(0, box.selectionStart).split('\\n').length"))
    assert lines == [9, 20]


def test_what_is_mechanical_is_fixed_by_one_press(office: ConfiguratorPage) -> None:
    office.add_integration()
    office.paste_example()
    office.lay_out()
    office.retype('"POST",', '"post", // a remark\n')
    expect(office.verdict).to_contain_text("error")
    office.page.get_by_role("button", name="Fix what is mechanical").click()
    expect(office.verdict).to_have_text("The gate finds nothing wrong")
    expect(office.editor).not_to_have_value(re.compile("a remark"))


def test_a_field_of_the_form_is_judged_with_the_json(office: ConfiguratorPage) -> None:
    office.edit(INTEGRATION)
    office.page.get_by_label("Accepted", exact=True).check()
    expect(office.finding("AC806")).to_be_visible()
    office.page.get_by_label("Region").select_option(label="Australia")
    expect(office.finding("AC814")).to_contain_text("Field endpoint_url")
    expect(office.page.get_by_label("Endpoint URL")).to_have_value(
        "https://cc-workflows-au-s2.cc.sinch.com/prod/chat-attachments"
    )


@pytest.mark.page_errors(allow="status of 422")  # the refusal, which is meant
def test_what_contact_pro_refuses_is_told_by_field_and_place(page: Page, view) -> None:  # type: ignore[no-untyped-def]
    office = ConfiguratorPage(page)
    office.open(view.url("configurator"))
    office.add_integration()
    office.editor.fill('{"request": {"method": "POST",}}')
    page.get_by_label("Ended", exact=True).uncheck()
    office.save()
    told = page.locator("#form-trouble")
    expect(told).to_contain_text("events: expected at least one event")
    expect(told).to_contain_text("line 1, column")
    expect(office.integrations).to_have_count(1)


def test_the_dry_run_shows_the_request_with_masked_secrets(office: ConfiguratorPage, view) -> None:  # type: ignore[no-untyped-def]
    office.edit(INTEGRATION)
    office.page.get_by_text("Dry run: the exact request").click()
    office.page.get_by_role("button", name="Make the request").click()
    expect(office.page.locator("#try-verdict")).to_contain_text("would take this request")
    wire = office.page.locator("#wire")
    expect(wire).to_contain_text("POST /prod/chat-attachments HTTP/1.1")
    expect(wire).to_contain_text("x-cmi-password: ********")
    shown = office.page.content()
    assert [what for what, secret in view.tenant.names.guarded().items() if secret in shown] == []


def test_a_secret_is_rotated_without_ever_being_shown(office: ConfiguratorPage) -> None:
    office.page.get_by_role("button", name="Rotate ri-apikey").click()
    dialog = office.page.get_by_role("dialog")
    dialog.get_by_label("Secret", exact=True).fill("another-key-0123456789")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    assert "another-key-0123456789" not in office.page.content()


def test_deleting_a_secret_names_the_integrations_that_use_it(office: ConfiguratorPage) -> None:
    office.page.get_by_role("button", name="Delete sap-v1-secret").click()
    dialog = office.page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"Still used by: {INTEGRATION}")
    dialog.get_by_role("button", name="Keep").click()
    expect(office.secret("sap-v1-secret")).to_be_visible()
    office.page.get_by_role("button", name="Delete sap-v1-secret").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(office.secret("sap-v1-secret")).to_have_count(0)
    expect(office.integrations).to_contain_text("there is no secret named sap-v1-secret yet")


def test_an_oauth_secret_can_be_added(office: ConfiguratorPage) -> None:
    office.page.get_by_role("button", name="Add secret").click()
    dialog = office.page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("second-layer")
    dialog.get_by_label("OAuth credential").check()
    dialog.get_by_label("Client id").fill("client")
    dialog.get_by_label("Client secret").fill("client-secret-123456")
    dialog.get_by_label("Access token URL").fill("https://login-eu-c1.cc.sinch.com/acme/oauth2/token")
    dialog.get_by_role("button", name="Save").click()
    expect(office.secret("second-layer")).to_contain_text("OAuth credential")


def test_a_disabled_integration_says_in_the_log_that_it_is_disabled(office: ConfiguratorPage, view) -> None:  # type: ignore[no-untyped-def]
    office.page.get_by_role("button", name=f"Disable {INTEGRATION}").click()
    expect(office.integrations).to_contain_text("Disabled")
    view.tenant.chat().end()
    expect(office.event("Ended")).to_contain_text("it is disabled")
    office.page.get_by_role("button", name=f"Enable {INTEGRATION}").click()
    expect(office.integrations).to_contain_text("Enabled")


def test_looking_at_the_page_stands_in_no_journal(office: ConfiguratorPage, view) -> None:  # type: ignore[no-untyped-def]
    office.edit(INTEGRATION)
    office.retype("{contact.guid}", "{contact.giud}")
    expect(office.verdict).to_have_text("1 error")
    journal = view.tenant.mock("orchestration").get("/_mock/journal", tenant=view.name, limit=500)
    seen = [each["path"] for each in journal["exchanges"] if each["method"] == "GET"]
    assert not [path for path in seen if "/system-configurator/" in path]


def test_pictures_for_the_documentation(office: ConfiguratorPage, request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("--write-screenshots"):
        pytest.skip("pictures are written by --write-screenshots only")
    office.page.set_viewport_size({"width": 1440, "height": 1100})
    office.edit(INTEGRATION)
    office.lay_out()
    office.retype("{contact.guid}", "{contact.giud}")
    office.finding("AC401").get_by_role("button", name="Line 20").click()
    office.page.screenshot(path=IMAGES / "configurator-gate.png")
