"""A partner pastes a configuration of other hosts: it becomes a tenant, and its files arrive on its own names."""

from __future__ import annotations

import json
import secrets

import pytest
from instrument.stacks import TenantView
from pages.configurator_page import ConfiguratorPage
from pages.console_page import ConsolePage
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.stack, pytest.mark.browser]


def wombat(tag: str) -> str:
    """A customer in Australia; ``tag`` makes its hosts unique."""
    return json.dumps(
        {
            "request": {
                "method": "POST",
                "authentication": {"type": "oauth", "secrets_ref": "orchestration-layer"},
                "headers": {
                    "x-cmi-api-key": "{secrets.wombat-ri}",
                    "x-cmi-password": "{secrets.wombat-cmi}",
                    "x-sap-v1-password": "{secrets.wombat-c4c}",
                },
                "body": {
                    "cmi_url": f"https://{tag}.execute-api.ap-southeast-2.amazonaws.com/wombat{tag}/cmi",
                    "cmi_user": "svc.wombat",
                    "sap_v1": {"url": f"https://my{int(tag, 16) % 10**6:06}.au1.crm.cloud.sap", "user": "TECH"},
                    "contact_id": "{contact.guid}",
                },
            }
        },
        indent=2,
    )


@pytest.fixture
def configurator(page: Page, view: TenantView) -> ConfiguratorPage:
    opened = ConfiguratorPage(page)
    opened.open(view.url("configurator"))
    opened.add_integration()
    return opened


def test_a_pasted_configuration_becomes_a_tenant_and_its_files_arrive(configurator: ConfiguratorPage) -> None:
    page, tag = configurator.page, secrets.token_hex(5)
    page.get_by_label("Region").select_option(label="Australia")
    configurator.editor.fill(wombat(tag))
    page.get_by_role("button", name="Open a tenant with it").click()
    opened = page.get_by_role("dialog", name=f"Tenant wombat{tag} is open")
    expect(opened).to_contain_text(f"CMI answers as {tag}.execute-api.ap-southeast-2.amazonaws.com")
    expect(opened).to_contain_text(f"the token issuer is https://login-au-s2.cc.sinch.com/wombat{tag}")
    opened.get_by_role("link", name="Go to its chain").click()
    chain = ConsolePage(page, page.url)
    chain.play_a_chat(slow=False)
    chain.expect_arrived(14)
    expect(page.get_by_role("contentinfo")).to_contain_text(f"/wombat{tag}/cmi")


@pytest.mark.page_errors(allow="status of 422")  # the refusal, which is meant
def test_what_the_gate_refuses_opens_nothing_and_says_where(configurator: ConfiguratorPage) -> None:
    page = configurator.page
    configurator.editor.fill(wombat("ab12cd34ef").replace("{contact.guid}", "{contact.id}"))
    page.get_by_role("button", name="Open a tenant with it").click()
    expect(page.get_by_role("alert").first).to_contain_text("no tenant can be made of this configuration")
    expect(page.get_by_role("alert").first).to_contain_text("AC402")


@pytest.mark.page_errors(allow="status of 409")  # the refusal, which is meant
def test_the_same_configuration_twice_names_the_tenant_that_has_its_hosts(configurator: ConfiguratorPage) -> None:
    page, tag = configurator.page, secrets.token_hex(5)
    page.get_by_label("Region").select_option(label="Australia")
    configurator.editor.fill(wombat(tag))
    button = page.get_by_role("button", name="Open a tenant with it")
    button.click()
    page.get_by_role("dialog", name="is open").get_by_role("button", name="Stay here").click()
    button.click()
    expect(page.get_by_role("alert").first).to_contain_text(f"wombat{tag}")
