"""Processes die while somebody watches: the page says what is the matter, goes on by itself, and nothing is lost."""

from __future__ import annotations

import pytest
from instrument.stacks import StackUnderTest, TenantView, show
from pages.console_page import PATIENCE_MS, ConsolePage
from playwright.sync_api import expect

pytestmark = [
    pytest.mark.stack,
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.own_stack,
    # A browser reports each connection that is refused or dies.
    pytest.mark.page_errors(allow=r"net::ERR_|status of 40[04]|status of 502"),
]

FILES = [(f"file-{number}.txt", f"number {number} ".encode() * 3000) for number in range(8)]


def slow_down(view: TenantView) -> None:
    """Half a second per upload: time enough for something to die in the middle."""
    path = "*/ChatActivityAttachment*"
    view.tenant.fault(mock="c4c", kind="latency", path=path, method="POST", times=None, delay_s=0.5)


def test_a_service_that_dies_and_comes_back_loses_nothing(
    console: ConsolePage, view: TenantView, stack: StackUnderTest
) -> None:
    slow_down(view)
    console.open()
    view.tenant.chat(files=FILES).end()
    stored = console.rows.filter(has=console.page.locator(".chip", has_text="Stored"))
    expect(stored.nth(1)).to_be_visible(timeout=PATIENCE_MS)

    stack.control.kill_service()
    expect(console.trouble).to_contain_text("transfer service", timeout=PATIENCE_MS)
    expect(console.trouble).to_contain_text("does not answer")
    expect(console.rows).to_have_count(len(FILES))

    stack.control.start_service()
    expect(console.trouble).to_be_hidden(timeout=PATIENCE_MS)
    console.expect_arrived(len(FILES))
    assert len(view.tenant.stored()) == len(FILES)


def test_a_chat_that_ends_while_the_service_is_down_is_carried_when_it_is_back(
    console: ConsolePage, view: TenantView, stack: StackUnderTest
) -> None:
    console.open()
    chat = view.tenant.chat(files=FILES[:2])
    stack.control.kill_service()
    chat.end()
    expect(console.trouble).to_contain_text("does not answer", timeout=PATIENCE_MS)
    stack.control.start_service()
    (failed, *_) = view.tenant.reconciliation.deliveries()
    if failed.state == "failed":  # the event engine has given up; an administrator redelivers
        view.tenant.mock("orchestration").post(f"/_mock/deliveries/{failed.id}/redeliver", {}, tenant=view.name)
    console.expect_arrived(2)


def test_a_page_finds_its_console_again_after_a_restart(
    console: ConsolePage, view: TenantView, stack: StackUnderTest
) -> None:
    slow_down(view)
    console.open()
    chat = view.tenant.chat(files=FILES)
    chat.end()
    expect(console.rows).to_have_count(len(FILES))

    stack.control.kill_console()
    expect(console.page.get_by_text("Connection lost, trying again")).to_be_visible(timeout=PATIENCE_MS)
    stack.control.start_console(view)
    console.expect_live()
    console.expect_arrived(len(FILES))


def test_a_page_whose_tenant_the_new_console_does_not_know_yet_goes_on_once_it_does(
    console: ConsolePage, view: TenantView, stack: StackUnderTest
) -> None:
    console.open()
    with stack.tenant_view() as other:
        stack.control.kill_console()
        expect(console.page.get_by_text("Connection lost, trying again")).to_be_visible(timeout=PATIENCE_MS)
        stack.control.start_console(other)
        with console.page.expect_response(lambda answer: answer.status == 404, timeout=PATIENCE_MS):
            pass
        show(view)
        console.expect_live()
        view.tenant.chat(files=FILES[:1]).end()
        console.expect_arrived(1)
