"""Several people at once: whoever looks at a tenant sees the same, and nobody sees another tenant's."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from instrument.stacks import StackUnderTest, TenantView
from pages.agent_page import AgentPage
from pages.chat_page import ChatPage
from pages.console_page import ConsolePage
from playwright.sync_api import BrowserContext, FilePayload, expect

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(180)]

NOTE: FilePayload = {"name": "Fehlermeldung E9.txt", "mimeType": "text/plain", "buffer": "Wärmepumpe: E9\n".encode()}
GUIDE: FilePayload = {"name": "anleitung.csv", "mimeType": "text/csv", "buffer": b"step;what\n1;restart\n"}
NewContext = Callable[[], BrowserContext]


def test_two_people_see_the_same_chat_at_the_same_time(view: TenantView, new_context: NewContext) -> None:
    seats = [ConsolePage(new_context().new_page(), view.url()) for _ in range(2)]
    for seat in seats:
        seat.open()
        expect(seat.sentence).to_have_text("No chat yet.")
    chat = view.tenant.chat(files=[("photo.jpg", b"a photo " * 900)])
    for seat in seats:
        expect(seat.row("photo.jpg")).to_be_visible()
        expect(seat.station("Contact Pro")).to_contain_text("Chat is open")
    chat.send(("second.txt", b"one more"))
    chat.end()
    for seat in seats:
        seat.expect_arrived(2)
    assert len({seat.page.locator("#rows").inner_text() for seat in seats}) == 1


def test_two_tenants_do_not_see_each_other(stack: StackUnderTest, new_context: NewContext) -> None:
    with stack.tenant_view() as ours, stack.tenant_view() as theirs:
        seats = {each.name: ConsolePage(new_context().new_page(), each.url()) for each in (ours, theirs)}
        for seat in seats.values():
            seat.open()
        for each in (ours, theirs):
            each.tenant.chat(files=[(f"of-{each.name}.txt", each.name.encode() * 50)]).end()
        for seat in seats.values():
            seat.expect_arrived(1)
        for name, seat in seats.items():
            expect(seat.rows).to_have_count(1)
            expect(seat.row(f"of-{name}.txt")).to_be_visible()


def test_a_broken_tenant_disturbs_no_other(stack: StackUnderTest, new_context: NewContext) -> None:
    with stack.tenant_view() as ours, stack.tenant_view() as theirs:
        theirs.tenant.fault(mock="cmi", kind="status", path="*/attachments/*", method="GET", times=None, status=404)
        seats = [ConsolePage(new_context().new_page(), each.url()) for each in (ours, theirs)]
        for seat, each in zip(seats, (ours, theirs), strict=True):
            seat.open()
            each.tenant.chat(files=[("paper.txt", b"a paper")]).end()
        seats[0].expect_arrived(1)
        expect(seats[1].chip(seats[1].row("paper.txt"))).to_have_text("Failed", timeout=60_000)
        expect(seats[0].chip(seats[0].row("paper.txt"))).to_have_text("Stored")


def test_customer_and_agent_talk_in_two_browsers_and_both_their_files_arrive(
    view: TenantView, new_context: NewContext
) -> None:
    phone, agent = ChatPage(new_context().new_page()), AgentPage(new_context().new_page())
    phone.open(view.url("chat"))
    agent.open(view.url("agent"))
    phone.start("Jürgen Weiß")
    phone.say("Guten Tag, meine Wärmepumpe zeigt einen Fehler.")

    # Nobody reloads: the chat comes to the agent, and each word and file to the other side.
    agent.choose("Jürgen Weiß")
    agent.press("Accept")
    expect(phone.state).to_contain_text("is with you")
    agent.say("Welche Meldung sehen Sie?")
    expect(phone.log.last).to_contain_text("Welche Meldung sehen Sie?")
    phone.drop(NOTE)
    phone.expect_sent(NOTE["name"])
    expect(agent.log.last).to_contain_text(NOTE["name"])
    agent.attach(GUIDE)
    agent.expect_sent(GUIDE["name"])
    expect(phone.log.last).to_contain_text(GUIDE["name"])

    agent.press("End chat")
    expect(phone.state).to_contain_text("ended")
    expect(agent.event("Ended")).to_contain_text("Delivered, 202")
    view.tenant.wait_until_settled()
    assert {each.name for each in view.tenant.stored()} == {NOTE["name"], GUIDE["name"]}
