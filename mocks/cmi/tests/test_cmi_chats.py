"""The life of a chat: what visitors and agents may do, and the contact that the event engine gets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest

from cmi_mock.model.chat import ChatCustomer, Queue, Status
from cmi_mock.model.chats import ChatStore, NewChat
from cmi_mock.model.event_contact import contact_of
from cmi_mock.model.file_rules import FileRules
from cmi_mock.model.gateway import GatewayLimits, Throttle
from cmi_mock.model.history import HistoryRules, allowed_legs, is_readable
from cmi_mock.model.ids import normal_id
from cmi_mock.model.rights import Grant
from cmi_mock.model.users import Logon, PasswordPolicy, User, Users
from mock_kit.http.refusals import Conflict, Invalid, MissingItem
from mock_kit.tenants.clock import Clock, stamp
from mock_kit.tenants.ids import Ids
from mock_kit.tenants.spool import Blob, Spool

NOON = datetime(2026, 11, 18, 12, 0, 0, 123456, tzinfo=UTC)
SUPPORT = Queue("AA" * 16, "Support", "support@chat.example")
SALES = Queue("BB" * 16, "Sales", "sales@chat.example")
ALICE = ChatCustomer("Alice", "alice@example.com", "+4930123")


@pytest.fixture
def clock() -> Clock:
    return Clock(lambda: NOON)


@pytest.fixture
def chats(clock: Clock) -> ChatStore:
    return ChatStore(clock, Ids("chats"))


@pytest.fixture
def blob(tmp_path: Path) -> Blob:
    with Spool(tmp_path).writer() as writer:
        writer.write(b"some bytes")
    return writer.blob


def start(chats: ChatStore, *, direct: bool = False, sub_type: str = "whatsapp") -> str:
    new = NewChat(channel_sub_type=sub_type, queue=SUPPORT, direct=direct, customer=ALICE)
    guid = chats.start(new).guid
    chats.accept(guid, None)
    return guid


def test_a_guid_is_normal_in_any_spelling() -> None:
    guid = "5AB6E20342A6EE11B3ED58961D1810CC"
    assert normal_id("5ab6e203-42a6-ee11-b3ed-58961d1810cc") == guid
    assert normal_id("{5AB6E203-42A6-EE11-B3ED-58961D1810CC}") == guid
    assert normal_id("not an id") == "not an id"


def test_a_chat_goes_from_queued_to_handled_and_never_back(chats: ChatStore) -> None:
    guid = start(chats)
    assert chats.end(guid).leg.status is Status.ENDED
    with pytest.raises(Conflict, match="Ended cannot become Accepted"):
        chats.accept(guid, None)
    assert chats.wrap_up(guid).leg.status is Status.HANDLED
    with pytest.raises(Conflict):
        chats.end(guid)


def test_wrap_up_before_the_end_is_refused(chats: ChatStore) -> None:
    with pytest.raises(Conflict, match="Accepted cannot become Handled"):
        chats.wrap_up(start(chats))


def test_an_ended_chat_takes_neither_words_nor_files(chats: ChatStore, blob: Blob) -> None:
    guid = start(chats)
    chats.end(guid)
    with pytest.raises(Conflict):
        chats.say(guid, "customer", "", "too late")
    with pytest.raises(Conflict):
        chats.attach(guid, blob, name="a.jpg", content_type="image/jpeg", originator_type="customer")


def test_a_direct_chat_takes_no_attachment(chats: ChatStore, blob: Blob) -> None:
    guid = start(chats, direct=True)
    with pytest.raises(Invalid, match="direct chats do not support attachments"):
        chats.attach(guid, blob, name="a.jpg", content_type="image/jpeg", originator_type="customer")
    assert contact_of(chats.get(guid))["queue"] is None


def test_sms_carries_text_only(chats: ChatStore) -> None:
    with pytest.raises(Invalid, match="text only"):
        chats.check_attachment(start(chats, sub_type="sms"), "customer")


def test_the_tenants_limits_hold_for_outgoing_files_only(chats: ChatStore, blob: Blob) -> None:
    chats.file_rules = FileRules(outgoing_limit_bytes=5, outgoing_types=frozenset({"pdf"}))
    guid = start(chats)
    chats.attach(guid, blob, name="a.jpg", content_type="image/jpeg", originator_type="customer")
    with pytest.raises(Invalid, match="too large"):
        chats.attach(guid, blob, name="a.pdf", content_type="application/pdf", originator_type="agent")
    chats.file_rules = FileRules(outgoing_types=frozenset({"pdf"}))
    with pytest.raises(Invalid, match="not allowed"):
        chats.attach(guid, blob, name="a.jpg", content_type="image/jpeg", originator_type="agent")
    chats.attach(guid, blob, name="A.PDF", content_type="application/pdf", originator_type="agent")
    assert [sent.name for sent in chats.get(guid).attachments] == ["a.jpg", "A.PDF"]


def test_a_transfer_starts_a_second_leg_under_the_same_guid(chats: ChatStore) -> None:
    guid = start(chats)
    first = contact_of(chats.get(guid))
    chats.say(guid, "customer", "", "one")
    second = contact_of(chats.transfer(guid, SALES, None))
    chats.say(guid, "customer", "", "two")
    assert [leg.status for leg in chats.get(guid).legs] == [Status.HANDLED, Status.QUEUED]
    assert second["guid"] == first["guid"] == guid
    assert second["id"] != first["id"]
    assert second["queue"] == {"id": SALES.id, "address": SALES.address}
    assert second["transferring_agent"] == first["agent"]
    assert [m.leg_id for m in chats.get(guid).messages] == [first["id"], second["id"]]


def test_a_transfer_needs_an_agent_who_hands_over(chats: ChatStore) -> None:
    guid = chats.start(NewChat(channel_sub_type="whatsapp", queue=SUPPORT, direct=False, customer=ALICE)).guid
    with pytest.raises(Conflict, match="must be accepted"):
        chats.transfer(guid, None, None)


def test_a_closed_contact_carries_the_moment_wrap_up_ended(chats: ChatStore, clock: Clock) -> None:
    guid = start(chats)
    clock.advance(60)
    assert contact_of(chats.end(guid))["created"] == "2026-11-18T12:00:00.123Z"
    clock.advance(30)
    assert contact_of(chats.wrap_up(guid))["created"] == "2026-11-18T12:01:30.123Z"


def test_an_inbound_contact_comes_from_the_customer_to_the_queue(chats: ChatStore) -> None:
    contact = contact_of(chats.get(start(chats)))
    assert (contact["source"], contact["destination"]) == (ALICE.address, SUPPORT.address)
    assert (contact["channel_type"], contact["direction"], contact["language"]) == ("chat", "inbound", "EN")


def test_a_moment_is_written_in_milliseconds_with_z() -> None:
    assert stamp(NOON) == "2026-11-18T12:00:00.123Z"


def test_a_given_guid_is_used_once(chats: ChatStore) -> None:
    new = NewChat(channel_sub_type="w", queue=SUPPORT, direct=False, customer=ALICE, guid="ab" * 16)
    assert chats.start(new).guid == "AB" * 16
    with pytest.raises(Invalid, match="taken"):
        chats.start(new)
    with pytest.raises(MissingItem):
        chats.get("00" * 16)


@pytest.mark.parametrize(("rule", "after_end", "after_wrap_up"), [("end", True, True), ("wrap_up", False, True)])
def test_history_appears_at_the_moment_the_dialect_names(
    chats: ChatStore, clock: Clock, rule: str, after_end: bool, after_wrap_up: bool
) -> None:
    rules = HistoryRules("end" if rule == "end" else "wrap_up")
    guid = start(chats)
    assert not is_readable(chats.get(guid), rules, clock)
    assert is_readable(chats.end(guid), rules, clock) is after_end
    assert is_readable(chats.wrap_up(guid), rules, clock) is after_wrap_up


def test_archiving_takes_its_delay_by_the_virtual_clock(chats: ChatStore, clock: Clock) -> None:
    chat = chats.end(start(chats))
    rules = HistoryRules("end", delay_s=90)
    clock.advance(89)
    assert not is_readable(chat, rules, clock)
    clock.advance(1)
    assert is_readable(chat, rules, clock)


def test_rights_are_checked_leg_by_leg(chats: ChatStore) -> None:
    guid = start(chats)
    chat = chats.transfer(guid, SALES, None)
    agent_id = chat.legs[0].agent.id if chat.legs[0].agent else ""
    none: frozenset[str] = frozenset()
    assert allowed_legs(chat, Grant(frozenset({SALES.id}), none)) == [chat.legs[1]]
    assert allowed_legs(chat, Grant(none, frozenset({agent_id}))) == [chat.legs[0]]
    assert allowed_legs(chat, Grant(none, none)) == []


def test_a_good_logon_clears_earlier_failures(clock: Clock) -> None:
    users = Users(clock, PasswordPolicy(lock_after_failures=2, min_length=1))
    users.put(User("u", "right"))
    for _ in range(3):
        assert users.log_on("u", ["wrong"]) is Logon.BAD
        assert users.log_on("u", ["right"]) is Logon.GOOD


def test_a_locked_user_is_refused_even_with_the_right_password(clock: Clock) -> None:
    users = Users(clock, PasswordPolicy(lock_after_failures=1, lock_minutes=30, min_length=1))
    users.put(User("u", "right"))
    users.log_on("u", ["wrong"])
    clock.advance(29 * 60)
    assert users.log_on("u", ["right"]) is Logon.LOCKED
    clock.advance(60)
    assert users.log_on("u", ["right"]) is Logon.GOOD


@pytest.mark.parametrize("password", ["2 short", "пароль-пароль-пароль", "costs 100 € or more, yes"])
def test_a_password_outside_the_policy_is_refused(clock: Clock, password: str) -> None:
    with pytest.raises(Invalid) as refusal:
        Users(clock, PasswordPolicy()).put(User("u", password))
    assert password not in str(refusal.value) + str(refusal.value.to_dict())


def test_a_throttle_refills_by_the_virtual_clock(clock: Clock) -> None:
    throttle = Throttle(clock, GatewayLimits(rate_per_s=0.5, burst=2))
    assert [throttle.admits() for _ in range(3)] == [True, True, False]
    clock.advance(2)
    assert [throttle.admits() for _ in range(2)] == [True, False]


@pytest.mark.parametrize(("period", "days"), [("day", 1), ("week", 5), ("month", 13)])
def test_a_quota_starts_again_with_its_calendar_period(period: Literal["day", "week", "month"], days: int) -> None:
    clock = Clock(lambda: NOON)  # a Wednesday, the 18th
    throttle = Throttle(clock, GatewayLimits(quota=2, quota_period=period))
    assert [throttle.within_quota() for _ in range(3)] == [True, True, False]
    clock.advance(days * 86_400 - 43_200 - 1)
    assert not throttle.within_quota()
    clock.advance(1)
    assert throttle.within_quota()


def test_the_gateway_counts_time_it_does_not_spend() -> None:
    limits = GatewayLimits(timeout_s=29, backend_bytes_per_s=1000)
    assert not limits.too_slow(29_000)
    assert limits.too_slow(29_001)
    assert not GatewayLimits(timeout_s=29).too_slow(10**12)


def test_users_and_attachments_print_no_secrets(chats: ChatStore, blob: Blob) -> None:
    guid = start(chats)
    sent = chats.attach(guid, blob, name="a", content_type="a/b", originator_type="customer")
    assert sent.link_token not in repr(sent)
    assert "secret-password" not in repr(User("u", "secret-password", expires=NOON + timedelta(days=1)))
