"""The Chain page: a chat that is over is played again, many are seen at once, one that failed is tried again."""

from __future__ import annotations

import re

import pytest
from instrument.stacks import TenantView
from pages.chain_page import ChainPage
from pages.console_page import PATIENCE_MS, STATIONS
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(240)]

#: What a screen reader says of the scrubber.
A_MOMENT = re.compile(r"^\d+\.\d of \d+\.\d s, ")
FILES = [(f"page-{number}.txt", f"page {number}\n".encode() * 50) for number in range(6)]


@pytest.fixture
def chain(page: Page, view: TenantView) -> ChainPage:
    """The page of the test's tenant, not opened yet."""
    return ChainPage(page, view.url("chain"))


def test_a_chat_that_ran_before_the_page_was_opened_is_played_again(chain: ChainPage, view: TenantView) -> None:
    view.tenant.chat(files=FILES).end()
    view.tenant.wait_until_settled()
    chain.open()
    chain.expect_arrived(len(FILES))
    chain.replay(speed="0.25")
    expect(chain.sentence).not_to_contain_text("All")
    expect(chain.station("CMI download")).to_have_attribute("data-tone", "active", timeout=PATIENCE_MS)
    chain.page.get_by_label("Speed").select_option(label="16×")
    chain.expect_arrived(len(FILES))
    chain.page.get_by_role("button", name="Back to live").click()
    for title in STATIONS:
        expect(chain.station(title)).to_have_attribute("data-tone", "done")


def test_the_scrubber_goes_to_any_moment_by_keyboard(chain: ChainPage, view: TenantView) -> None:
    view.tenant.chat(files=FILES).end()
    view.tenant.wait_until_settled()
    chain.open()
    chain.expect_arrived(len(FILES))
    chain.scrubber.focus()
    chain.page.keyboard.press("Home")
    expect(chain.sentence).to_have_text("The chat has begun.")
    for row in chain.rows.all():
        expect(chain.chip(row)).to_have_text("Not sent yet")
    for title in STATIONS:
        expect(chain.station(title).locator(".token")).to_have_count(0)
    chain.page.keyboard.press("End")
    chain.expect_arrived(len(FILES))
    for _ in range(3):
        chain.page.keyboard.press("ArrowLeft")
    expect(chain.scrubber).to_have_attribute("aria-valuetext", A_MOMENT)
    expect(chain.page.get_by_role("button", name="Play", exact=True)).to_be_visible()


def test_each_file_tells_when_it_reached_each_hop_and_how_long_that_took(chain: ChainPage, view: TenantView) -> None:
    view.tenant.chat(files=FILES[:1]).end()
    view.tenant.wait_until_settled()
    chain.open()
    chain.expect_arrived(1)
    hops = chain.rows.first.locator(".hops")
    hops.locator("summary").click()
    for words in ("Sent in the chat", "Listed for the service", "Read from CMI", "Sent to C4C", "Read back"):
        expect(hops.get_by_role("listitem").filter(has_text=words)).to_have_count(1)
    expect(hops.get_by_role("listitem").filter(has_text="Read from CMI")).to_contain_text("took")


def test_a_try_that_failed_stays_readable_after_the_file_has_arrived(chain: ChainPage, view: TenantView) -> None:
    view.tenant.fault(
        mock="c4c", kind="status", path="*/ChatActivityAttachment", method="POST", phase="after", status=504
    )
    view.tenant.chat(files=FILES[:1]).end()
    view.tenant.wait_until_settled()
    chain.open()
    chain.expect_arrived(1)
    hops = chain.rows.first.locator(".hops")
    hops.locator("summary").click()
    expect(hops.get_by_role("listitem").filter(has_text="C4C answered 504 (planned fault)")).to_have_count(1)
    expect(hops.get_by_role("listitem").filter(has_text="Found in C4C")).to_have_count(1)


def test_many_conversations_are_lanes_that_a_word_filters(chain: ChainPage, view: TenantView) -> None:
    customers = ("Alice Example", "Bob Muster", "Aino Virtanen")
    for number, name in enumerate(customers):
        customer = {"name": name, "email": f"customer{number}@example.com"}
        view.tenant.chat(files=FILES[: number + 1], customer=customer).end()
    chain.open("?view=all")
    expect(chain.overview).to_have_count(len(customers))
    for number, name in enumerate(customers):
        expect(chain.overview_row(name)).to_contain_text(f"{number + 1} stored", timeout=PATIENCE_MS)
        expect(chain.overview_row(name).locator(".overview-cell").last.locator("i")).to_have_count(number + 1)
    chain.page.get_by_label("Filter").fill("page-2 VIRTANEN")
    expect(chain.overview).to_have_count(1)
    expect(chain.page.get_by_text("1 of 3 chats fit")).to_be_visible()
    chain.page.get_by_label("Filter").fill("nobody of that name")
    expect(chain.page.get_by_text("No chat fits.")).to_be_visible()
    chain.page.get_by_label("Filter").fill("")
    chain.overview_row("Bob Muster").get_by_role("link").click()
    chain.expect_arrived(2)


def test_a_transfer_that_needs_a_person_is_tried_again_from_its_failure(chain: ChainPage, view: TenantView) -> None:
    refusal = view.tenant.fault(
        mock="c4c", kind="status", path="*/ChatActivityAttachment", method="POST", times=None, status=403
    )
    view.tenant.chat(files=FILES[:2]).end()
    chain.open()
    expect(chain.station("SAP Service Cloud")).to_have_attribute("data-tone", "failed", timeout=PATIENCE_MS)
    again = chain.page.get_by_role("button", name="Try again")
    expect(again).to_be_visible(timeout=PATIENCE_MS)
    expect(chain.page.get_by_role("link", name="Operator page")).to_be_visible()
    refusal.remove()
    again.click()
    chain.expect_arrived(2)
    expect(again).to_be_hidden()


@pytest.mark.page_errors(allow="409")
def test_trying_again_what_cannot_be_tried_again_says_why(chain: ChainPage, view: TenantView) -> None:
    view.tenant.chat(files=FILES[:1]).end()
    (transfer,) = view.tenant.wait_until_settled()
    answer = chain.page.request.post(f"{view.url('chain')}api/retry/{transfer.id}", data={})
    assert answer.status == 409
    assert "secrets" in answer.json()["detail"]
