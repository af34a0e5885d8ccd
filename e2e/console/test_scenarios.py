"""Every scenario by mouse, on a stack of their own (they move its clock): what should happen is what did."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from instrument.stacks import LocalStack, TenantView
from pages.console_page import PATIENCE_MS, ConsolePage
from pages.faults_page import FaultsPage
from pages.journal_page import JournalPage
from playwright.sync_api import Page, expect

from attachment_lab.scenarios.checks import FILES
from attachment_lab.scenarios.table import SCENARIOS
from attachment_lab.stack.running import StackOptions, open_stack
from attachment_lab.tenant.opening import TenantOptions
from attachment_lab.testing.lab import Lab

# One worker plays them all: they share one stack, whose clock moves for all tenants at once.
pytestmark = [
    pytest.mark.stack,
    pytest.mark.browser,
    pytest.mark.own_stack,
    pytest.mark.xdist_group("scenarios"),
    pytest.mark.timeout(300),
]

#: In these the reconciliation must find something: that it does is what is checked.
LEDGER_FINDS_SOMETHING = {"byte-changes", "byte-changes-at-c4c", "tokens-refused"}


@pytest.fixture(scope="module")
def scene() -> Iterator[LocalStack]:
    """A stack through its fault proxy, with a console."""
    with open_stack(StackOptions(console=True, fault_proxy=True)) as stack:
        yield LocalStack(Lab(stack, is_own=True))


@pytest.fixture
def scenario_view(scene: LocalStack, request: pytest.FixtureRequest) -> Iterator[TenantView]:
    """A fresh tenant; its reconciliation is checked at the end, unless the scenario is about a broken one."""
    options, check = getattr(request, "param", (None, True))
    with scene.tenant_view(options, check=check) as view:
        yield view


@pytest.mark.parametrize(
    ("scenario_view", "name"),
    [pytest.param((None, each.id not in LEDGER_FINDS_SOMETHING), each.id, id=each.id) for each in SCENARIOS],
    indirect=["scenario_view"],
)
def test_a_scenario_ends_as_it_should(page: Page, scenario_view: TenantView, name: str) -> None:
    wanted = next(each for each in SCENARIOS if each.id == name)
    faults = FaultsPage(page, scenario_view.url("faults"))
    faults.open()
    scenario = faults.scenario(name)
    scenario.play()
    scenario.expect_verdict("As it should be")
    expect(scenario.findings).to_have_count(len(wanted.checks))
    expect(scenario.card.locator('.findings > li[data-ok="false"]')).to_have_count(0)
    expect(faults.headline).to_have_text("Nothing is broken on purpose.")

    scenario.card.get_by_role("link", name="See it on the chain").click()
    chain = ConsolePage(page, scenario_view.url("chain"))
    expect(chain.rows).not_to_have_count(0)
    expect(chain.rows.locator(".chip").first).to_be_visible()


@pytest.mark.parametrize(
    "scenario_view",
    [
        pytest.param(
            (TenantOptions(dialects={"c4c": {"max_attachment_bytes": 10_000}}), True), id="C4C takes small files"
        )
    ],
    indirect=True,
)
def test_what_is_not_as_it_should_be_is_told_in_red(page: Page, scenario_view: TenantView) -> None:
    faults = FaultsPage(page, scenario_view.url("faults"))
    faults.open()
    scenario = faults.scenario("event-twice")
    scenario.play()
    scenario.expect_verdict("Not as it should be")
    wrong = scenario.card.locator('.findings > li[data-ok="false"]')
    expect(wrong.filter(has_text="Files stored")).to_contain_text("Should be 4; is 1")
    expect(wrong.filter(has_text="Objects in C4C")).to_contain_text("Should be 4; is 1")
    good = scenario.card.locator('.findings > li[data-ok="true"]')
    expect(good.filter(has_text="Deliveries of the event")).to_be_visible()
    scenario.card.get_by_text("Each file").click()
    expect(scenario.card.locator(".per-file li").filter(has_text="parked")).to_have_count(3)


def test_only_one_scenario_plays_at_a_time(page: Page, scenario_view: TenantView) -> None:
    faults = FaultsPage(page, scenario_view.url("faults"))
    faults.open()
    faults.scenario("worker-killed").play()
    expect(faults.scenario("file-gone").card.get_by_role("button", name="Play")).to_be_disabled()
    faults.scenario("worker-killed").expect_verdict("As it should be")
    expect(faults.scenario("file-gone").card.get_by_role("button", name="Play")).to_be_enabled()


@pytest.mark.page_errors(allow="409")
def test_a_scenario_does_not_begin_among_other_faults(page: Page, scenario_view: TenantView) -> None:
    scenario_view.tenant.fault(mock="cmi", kind="status", path="/elsewhere", status=503)
    faults = FaultsPage(page, scenario_view.url("faults"))
    faults.open()
    scenario = faults.scenario("event-twice")
    scenario.play()
    scenario.expect_verdict("Did not run")
    expect(scenario.card.locator(".result-trouble")).to_contain_text("remove them first")


def test_a_file_that_was_gone_is_explained_and_comes_with_one_press_once_it_is_back(
    page: Page, scenario_view: TenantView
) -> None:
    """Minutes 7 to 9 of docs/demo.md, as it says them."""
    faults = FaultsPage(page, scenario_view.url("faults"))
    faults.open()
    scenario = faults.scenario("file-gone")
    scenario.play()
    scenario.expect_verdict("As it should be")
    scenario.card.get_by_role("link", name="See it on the chain").click()
    chain = ConsolePage(page, scenario_view.url("chain"))
    expect(chain.rows.locator(".chip", has_text="Failed")).to_have_count(1)

    page.get_by_role("link", name="Its exchanges").click()
    journal = JournalPage(page, scenario_view.url("journal"))
    journal.rows.filter(has_text="404").first.get_by_role("link").click()
    expect(journal.why.get_by_role("heading", name="Why did this fail?")).to_be_visible()

    page.go_back()
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Chain").click()
    page.get_by_role("button", name="Try again").click()
    expect(chain.rows.locator(".chip", has_text="Stored")).to_have_count(FILES, timeout=PATIENCE_MS)
