"""What the documentation begins with, by mouse: C4C's administrator, Contact Pro's users, the secrets in between."""

from __future__ import annotations

from typing import Any

import pytest
from instrument.stacks import TenantView
from pages.administrator_page import AdministratorPage
from pages.configurator_page import ConfiguratorPage
from pages.users_page import UsersPage
from playwright.sync_api import Page, expect

from attachment_lab.tenant.entries import C4C_SERVICES, COMMUNICATION_SYSTEM

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(180)]

FILE = ("manual.txt", b"Valve A first, then valve B.\n")
#: Made for these tests; 16 characters are the shortest that Contact Pro takes.
C4C_PASSWORD, CMI_PASSWORD = "Odata-Access-2026", "chat upload 2026 / acme"


@pytest.fixture
def administrator(page: Page, view: TenantView) -> AdministratorPage:
    opened = AdministratorPage(page)
    opened.open(view.url("c4c_administrator"))
    return opened


@pytest.fixture
def users(page: Page, view: TenantView) -> UsersPage:
    opened = UsersPage(page)
    opened.open(view.url("users"))
    return opened


def statuses(view: TenantView, mock: Any) -> set[int]:
    """Of all answers that a mock has given in this tenant."""
    return {each["status"] for each in view.tenant.journal(mock)}


def rotate(page: Page, secret: str, value: str) -> None:
    """Give a secret another value."""
    page.get_by_role("button", name=f"Rotate {secret}").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Secret", exact=True).fill(value)
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()


def set_up_c4c(page: Page, view: TenantView) -> None:
    """The first third of the configuration page, from nothing."""
    administrator = AdministratorPage(page)
    administrator.open(view.url("c4c_administrator"))
    administrator.delete("arrangement 1")
    administrator.delete(COMMUNICATION_SYSTEM)
    expect(page.get_by_text("No communication system yet")).to_be_visible()
    administrator.define_system("SINCH", "contact-pro.example.com")
    expect(administrator.systems).to_contain_text("contact-pro.example.com")
    administrator.begin_arrangement()
    administrator.fill_business_data(
        system="SINCH", user=view.tenant.names.c4c_user, password=C4C_PASSWORD, services=C4C_SERVICES
    )
    administrator.press("Next")
    expect(administrator.dialog).to_contain_text("set, not shown")
    administrator.press("Finish")
    expect(administrator.arrangements).to_contain_text("Complete")


def set_up_user(page: Page, view: TenantView) -> None:
    """The page before it: the CMI user, its expiration, its right on a queue group."""
    users, name = UsersPage(page), view.tenant.names.cmi_user
    users.open(view.url("users"))
    users.delete(name)
    expect(page.get_by_text("there is no such user")).to_be_visible()
    users.create(name, CMI_PASSWORD, expires="2099-12-31")
    expect(users.user(name)).to_contain_text("Manage contact history: nowhere")
    users.right("Manage contact history").get_by_label("Service chats").first.check()
    users.save("rights")
    expect(users.user(name)).to_contain_text("Manage contact history: Service chats")


def test_set_up_from_nothing_by_mouse_the_file_arrives(page: Page, view: TenantView) -> None:
    set_up_c4c(page, view)
    set_up_user(page, view)
    configurator = ConfiguratorPage(page)
    configurator.open(view.url("configurator"))
    rotate(page, "sap-v1-secret", C4C_PASSWORD)
    rotate(page, "cmi-chat-attachment-upload-user", CMI_PASSWORD)
    assert C4C_PASSWORD not in page.content()
    view.tenant.chat(files=[FILE]).end()
    view.tenant.wait_until_settled()
    assert [each.name for each in view.tenant.stored()] == [FILE[0]]


@pytest.mark.parametrize("password", ["Grünkohl-Rezept-2026", "costs 100 € a month", "Пароль-Пароль-2026"])
def test_a_password_outside_the_alphabet_is_refused_at_the_field(
    administrator: AdministratorPage, view: TenantView, password: str
) -> None:
    administrator.page.get_by_role("button", name="Edit Credentials of").click()
    field = administrator.dialog.get_by_label("Password", exact=True)
    field.fill(password)
    expect(administrator.error("password")).to_contain_text("Choose a password without it.")
    expect(field).to_have_attribute("aria-invalid", "true")
    administrator.press("Save")
    expect(field).to_be_focused()
    expect(administrator.dialog).to_be_visible()
    field.fill(C4C_PASSWORD)
    expect(administrator.error("password")).to_be_hidden()
    administrator.press("Save")
    expect(administrator.dialog).to_be_hidden()


@pytest.mark.page_errors(allow="status of 4")  # the refusals, which are meant
def test_what_the_systems_refuse_stands_at_its_field(administrator: AdministratorPage, view: TenantView) -> None:
    administrator.define_system(COMMUNICATION_SYSTEM, "https://contact-pro.example.com/")
    expect(administrator.error("host")).to_contain_text("Found: https://contact-pro.example.com/")
    administrator.dialog.get_by_label("Host name").fill("contact-pro.example.com")
    administrator.press("Save")
    expect(administrator.error("id")).to_contain_text("Choose another, or edit that one.")
    administrator.press("Cancel")
    administrator.delete(COMMUNICATION_SYSTEM)
    expect(administrator.page.get_by_role("alert").first).to_contain_text("is used by arrangement 1")


def test_a_step_of_an_arrangement_says_what_is_missing(administrator: AdministratorPage) -> None:
    administrator.page.get_by_role("button", name="New arrangement").click()
    administrator.press("Next")
    expect(administrator.error("scenario")).to_contain_text("Choose the scenario")
    administrator.press("Cancel")
    administrator.begin_arrangement()
    administrator.press("Next")
    expect(administrator.error("system")).to_contain_text("Choose a communication system")
    expect(administrator.error("user")).to_contain_text("Enter the ID")


def test_a_service_that_is_not_ticked_makes_the_chain_fail_with_403(
    administrator: AdministratorPage, view: TenantView
) -> None:
    administrator.page.get_by_role("button", name="Edit arrangement 1").click()
    administrator.tick(set(C4C_SERVICES) - {"chatactivity"})
    administrator.press("Save")
    expect(administrator.arrangements).to_contain_text("Services missing")
    expect(administrator.arrangements).to_contain_text("refused with 403 there: chatactivity")
    view.tenant.chat(files=[FILE]).end()
    view.tenant.wait_until_settled()
    assert view.tenant.stored() == []
    assert 403 in statuses(view, "c4c")


def test_a_right_that_is_taken_away_makes_cmi_refuse(users: UsersPage, view: TenantView) -> None:
    users.choose(view.tenant.names.cmi_user)
    right = users.right("Manage contact history")
    right.get_by_label("Everywhere").uncheck()
    right.get_by_label("Claims chats").first.check()
    expect(users.page.get_by_text("Changed, not saved yet.")).to_be_visible()
    users.save("rights")
    expect(users.user(view.tenant.names.cmi_user)).to_contain_text("Manage contact history: Claims chats")
    view.tenant.chat(files=[FILE]).end()
    view.tenant.wait_until_settled()
    assert view.tenant.stored() == []
    assert 403 in statuses(view, "cmi")


@pytest.mark.page_errors(allow="status of 4")  # the refusals, which are meant
def test_a_users_password_is_checked_at_the_field_and_by_contact_pro(users: UsersPage, view: TenantView) -> None:
    users.create("second.user", "Grünkohl-Rezept-2026")
    error = users.dialog.locator('[data-error="password"]')
    expect(error).to_contain_text("Choose a password without it.")
    users.dialog.get_by_label("Password", exact=True).fill("too short")
    users.dialog.get_by_role("button", name="Create").click()
    expect(error).to_contain_text("at least 16 characters")
    users.dialog.get_by_label("Logon name").fill(view.tenant.names.cmi_user)
    users.dialog.get_by_label("Password", exact=True).fill(CMI_PASSWORD)
    users.dialog.get_by_role("button", name="Create").click()
    expect(users.dialog.locator('[data-error="name"]')).to_contain_text("a name that no user has")


def test_an_expiration_time_is_assigned_and_an_expired_account_is_shown(users: UsersPage, view: TenantView) -> None:
    users.choose(view.tenant.names.cmi_user)
    users.page.get_by_label("Assign Expiration Time for Service account").check()
    users.page.get_by_label("Expires on", exact=True).fill("2020-01-01")
    users.save("expiration")
    expect(users.user(view.tenant.names.cmi_user)).to_contain_text("Account expired")
    users.page.get_by_label("Assign Expiration Time for Service account").uncheck()
    users.save("expiration")
    expect(users.user(view.tenant.names.cmi_user)).to_contain_text("Can log on")


def test_what_another_window_changes_appears_by_itself(
    page: Page, users: UsersPage, view: TenantView, context: Any
) -> None:
    second = UsersPage(context.new_page())
    second.open(view.url("users"))
    second.create("second.user", CMI_PASSWORD)
    expect(users.user("second.user")).to_be_visible()


def test_the_secrets_manager_and_the_integrations_have_their_places(page: Page, view: TenantView) -> None:
    configurator = ConfiguratorPage(page)
    configurator.open(view.url("configurator"))
    paths = page.get_by_role("list", name="Menu path")
    expect(paths.first).to_contain_text("Event-Driven Integrations")
    expect(paths.nth(1)).to_contain_text("Secrets manager")
    configurator.add_integration("Phone")
    expect(page.get_by_label("Channel type", exact=True)).to_have_value("Phone")
    page.get_by_role("button", name="Close").click()
    configurator.add_integration("Chat")
    page.get_by_label("Description").first.fill("Files of web chats")
    page.get_by_label("Name", exact=True).first.fill("Second integration")
    configurator.paste_example()
    configurator.save()
    configurator.expect_saved()
    expect(configurator.integrations.filter(has_text="Second integration")).to_contain_text("Files of web chats")
