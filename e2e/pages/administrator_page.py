"""C4C's administrator: communication systems and arrangements, as a person uses them."""

from __future__ import annotations

from collections.abc import Collection

from playwright.sync_api import Locator, Page, expect

SCENARIO = "OData Services for Business Objects"


class AdministratorPage:
    """The page "C4C admin"."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, url: str) -> None:
        """Open it and wait until its lists are there."""
        self.page.goto(url)
        expect(self.page.get_by_text("Live", exact=True)).to_be_visible()
        expect(self.page.locator("body[data-drawn]")).to_be_attached()

    @property
    def systems(self) -> Locator:
        """The communication systems."""
        return self.page.get_by_role("list", name="Communication Systems").get_by_role("listitem")

    @property
    def arrangements(self) -> Locator:
        """The communication arrangements."""
        return self.page.get_by_role("list", name="Communication Arrangements").get_by_role("listitem")

    @property
    def dialog(self) -> Locator:
        """The form that is open."""
        return self.page.get_by_role("dialog")

    def error(self, field: str) -> Locator:
        """What a form says at this field."""
        return self.dialog.locator(f'[data-error="{field}"]')

    def define_system(self, name: str, host: str) -> None:
        """A new communication system."""
        self.page.get_by_role("button", name="New system").click()
        self.dialog.get_by_label("System ID").fill(name)
        self.dialog.get_by_label("Host name").fill(host)
        self.press("Save")

    def begin_arrangement(self) -> None:
        """A new arrangement with its scenario chosen; the business data is next."""
        self.page.get_by_role("button", name="New arrangement").click()
        self.dialog.get_by_label("Communication Scenario").select_option(SCENARIO)
        self.press("Next")

    def fill_business_data(self, *, system: str, user: str, password: str, services: Collection[str]) -> None:
        """The second step."""
        self.dialog.get_by_label("Communication System").select_option(system)
        self.dialog.get_by_label("User ID", exact=True).fill(user)
        self.dialog.get_by_role("button", name="Edit Credentials").click()
        self.dialog.get_by_label("Password", exact=True).fill(password)
        self.tick(services)

    def tick(self, services: Collection[str]) -> None:
        """Tick these services and no other."""
        for box in self.dialog.get_by_role("group", name="Services Used").get_by_role("checkbox").all():
            box.set_checked(box.get_attribute("value") in services)

    def press(self, name: str) -> None:
        """A button of the open form."""
        self.dialog.get_by_role("button", name=name, exact=True).click()

    def delete(self, what: str) -> None:
        """Delete a system or an arrangement, and confirm."""
        self.page.get_by_role("button", name=f"Delete {what}", exact=True).click()
        self.press("Delete")
