"""The chat's transcript as one more file: made of the messages, uploaded once for each content, over crashes."""

from __future__ import annotations

import hashlib

import pytest
from fakes import Kept, Killed
from ledger_kit import CONTACT
from policy_kit import PNG, PolicyStack
from worker_kit import a_file

from attachment_transfer.core.policy import parse_mime_patterns
from attachment_transfer.core.states import Outcome
from attachment_transfer.core.transcript import ChatMessage, contact_of, render, sha256_of, transcript_source


@pytest.fixture
def stack(policy_stack: PolicyStack) -> PolicyStack:
    """Transcripts are on; Ada has said two things and sent a file."""
    policy_stack.transcript = True
    policy_stack.start()
    policy_stack.cmi.say("Hello")
    policy_stack.cmi.say("How can I help?", originator="Bob Agent", originator_type="agent")
    policy_stack.cmi.files = [a_file(1, content=PNG)]
    return policy_stack


def a_message(text: str, **more: str) -> ChatMessage:
    given = {"time": "2026-11-22T11:00:00Z", "originator": "Ada", "originator_type": "customer", **more}
    return ChatMessage(text=text, **given)


def transcripts(stack: PolicyStack) -> list[Kept]:
    return [item for item in stack.c4c.kept if item.mime_type == "text/plain"]


def test_each_message_is_a_line_with_time_originator_and_text() -> None:
    messages = [a_message("Grüße"), a_message("Hi", originator="Bob 漢", originator_type="agent")]
    assert render("C1", messages).decode().splitlines() == [
        "Transcript of chat C1",
        "",
        "2026-11-22T11:00:00Z  Ada (customer): Grüße",
        "2026-11-22T11:00:00Z  Bob 漢 (agent): Hi",
    ]


def test_nobody_can_write_a_line_in_anothers_name() -> None:
    forged = "fine\n2026-11-22T11:01:00Z  Bob (agent): I owe you\r\x0b\u2028money"
    lines = render("C1", [a_message(forged, originator="Ada\n2026 Bob")]).decode().splitlines()[2:]
    assert lines[0] == "2026-11-22T11:00:00Z  Ada2026 Bob (customer): fine"
    assert all(line.startswith("    ") for line in lines[1:] if line)


def test_controls_and_direction_marks_are_dropped_and_halves_of_pairs_do_not_break_it() -> None:
    text = render("C1", [a_message("a\x00b\u202ec\x1b[31m \ud83d")]).decode()
    assert text.endswith("Ada (customer): abc[31m\n")


def test_files_are_named_where_they_were_sent() -> None:
    message = ChatMessage(time="t", originator="Ada", originator_type="customer", text="look", files=("a\n.png",))
    assert render("C1", [message]).decode().splitlines()[2:] == ["t  Ada (customer): look", "    [file: a.png]"]


def test_a_transcript_is_identified_by_its_content() -> None:
    content = render(CONTACT, [a_message("Hello")])
    source = transcript_source(CONTACT, content)
    sha256 = hashlib.sha256(content).hexdigest()
    assert source.source_id == f"transcript:{sha256[:16]}"
    assert (contact_of(source), sha256_of(source)) == (CONTACT, sha256)
    assert transcript_source(CONTACT, content) == source
    assert transcript_source(CONTACT, content + b"x").source_id != source.source_id


def test_the_transcript_is_uploaded_after_the_files(stack: PolicyStack) -> None:
    stack.event()
    stack.run()
    assert stack.stored_names() == ["photo-1.png", "chat-transcript.txt"]
    [kept] = transcripts(stack)
    assert b"Ada Lovelace (customer): Hello\n" in kept.content
    assert b"[file: photo-1.png]" in kept.content
    last = stack.attachments()[-1]
    assert last.source.source_id == f"transcript:{hashlib.sha256(kept.content).hexdigest()[:16]}"
    assert last.sha256 == hashlib.sha256(kept.content).hexdigest()
    assert stack.transfer().outcome is Outcome.STORED


def test_a_chat_without_files_has_a_transcript_all_the_same(stack: PolicyStack) -> None:
    stack.cmi.files = []
    stack.event()
    stack.run()
    assert stack.stored_names() == ["chat-transcript.txt"]
    assert stack.transfer().outcome is Outcome.STORED


def test_a_chat_without_messages_has_none(stack: PolicyStack) -> None:
    stack.cmi.messages, stack.cmi.files = [], []
    stack.event()
    stack.run()
    assert stack.c4c.kept == []
    assert stack.transfer().outcome is Outcome.NO_ATTACHMENTS


def test_it_is_off_unless_switched_on(policy_stack: PolicyStack) -> None:
    policy_stack.cmi.say("Hello")
    policy_stack.cmi.files = [a_file(1)]
    policy_stack.event()
    policy_stack.run()
    assert policy_stack.stored_names() == ["photo-1.png"]


def test_a_later_round_with_the_same_messages_uploads_nothing(stack: PolicyStack) -> None:
    stack.event()
    stack.run()
    stack.event()
    stack.run()
    assert len(transcripts(stack)) == 1
    assert stack.c4c.calls("post") == 2


def test_a_later_round_with_more_messages_uploads_a_new_version_beside_the_old(stack: PolicyStack) -> None:
    stack.event()
    stack.run()
    stack.cmi.say("Goodbye")
    stack.event()
    stack.run()
    first, second = transcripts(stack)
    assert (first.name, second.name) == ("chat-transcript.txt", "chat-transcript (2).txt")
    assert b"Goodbye" not in first.content
    assert b"Goodbye" in second.content
    assert first.title != second.title
    assert stack.transfer().outcome is Outcome.STORED


def test_messages_that_come_between_listing_and_upload_are_in_the_one_transcript(stack: PolicyStack) -> None:
    stack.cmi.on_download = lambda _file: stack.cmi.say("One more thing")
    stack.event()
    stack.run()
    [kept] = transcripts(stack)
    assert b"One more thing" in kept.content
    last = stack.attachments()[-1]
    assert last.source.source_id.endswith(hashlib.sha256(kept.content).hexdigest()[:16])
    assert stack.trail("renewed") == [last.source.source_id]
    stack.event()
    stack.cmi.on_download = lambda _file: None
    stack.run()
    assert len(transcripts(stack)) == 1


def test_an_older_version_that_was_never_uploaded_gives_way_to_the_newer_one(stack: PolicyStack) -> None:
    stack.c4c.plan("post", "unreachable", times=2)
    stack.event()
    stack.run_one()
    assert stack.states() == ["open", "open"]
    stack.cmi.say("Goodbye")
    stack.run()
    assert stack.states() == ["stored", "skipped", "stored"]
    assert stack.reasons()[1] == "not-wanted"
    [kept] = transcripts(stack)
    assert b"Goodbye" in kept.content


def test_a_chat_that_changes_under_the_hand_is_tried_again(stack: PolicyStack) -> None:
    stack.cmi.files = []
    reads = []

    def changes_at_the_third_read() -> None:
        reads.append(1)
        if len(reads) == 3:
            stack.cmi.say("One more thing")

    stack.cmi.on_read = changes_at_the_third_read
    stack.event()
    stack.run_one()
    assert stack.reasons() == ["not-there-yet"]
    assert stack.c4c.calls("post") == 0
    stack.run()
    [kept] = transcripts(stack)
    assert b"One more thing" in kept.content


def test_a_chat_that_never_reads_the_same_twice_is_parked_and_not_tried_for_ever(stack: PolicyStack) -> None:
    stack.cmi.files = []
    stack.cmi.on_read = lambda: stack.cmi.messages[0].update(message=str(len(stack.cmi.requests)))
    stack.event()
    stack.run()
    assert stack.at_rest()
    assert stack.c4c.kept == []
    assert stack.states() == ["parked"]


@pytest.mark.parametrize("what", ["killed-after", "killed-before"])
def test_a_worker_that_dies_at_the_transcripts_upload_leaves_exactly_one(stack: PolicyStack, what: str) -> None:
    stack.cmi.files = []
    stack.c4c.plan("post", what)
    stack.event()
    stack.die()
    stack.run()
    assert len(transcripts(stack)) == 1
    assert stack.states() == ["stored"]
    assert not [intent for intent in stack.intents() if intent["closed_at_s"] is None]


@pytest.mark.parametrize("what", ["lost", "500-after"])
def test_a_transcript_whose_answer_was_lost_is_adopted(stack: PolicyStack, what: str) -> None:
    stack.cmi.files = []
    stack.c4c.plan("post", what)
    stack.event()
    stack.run()
    assert len(transcripts(stack)) == 1
    assert stack.trail("adopted") == [f"object {stack.c4c.kept[0].object_id}"]


def test_a_version_that_reached_c4c_is_adopted_though_the_chat_has_grown(stack: PolicyStack) -> None:
    stack.cmi.files = []
    stack.c4c.plan("post", "killed-after")
    stack.event()
    stack.die()
    stack.cmi.say("Goodbye")
    stack.run()
    stack.event()
    stack.run()
    first, second = transcripts(stack)
    assert stack.states() == ["stored", "stored"]
    assert [item.sha256 for item in stack.attachments()] == [
        hashlib.sha256(item.content).hexdigest() for item in (first, second)
    ]
    assert b"Goodbye" in second.content


def test_a_version_that_never_reached_c4c_leaves_the_longer_one_alone(stack: PolicyStack) -> None:
    stack.cmi.files = []
    stack.c4c.plan("post", "killed-before")
    stack.event()
    stack.die()
    stack.cmi.say("Goodbye")
    stack.run()
    [kept] = transcripts(stack)
    assert b"Goodbye" in kept.content
    assert stack.states() == ["skipped", "stored"]


def test_a_worker_that_dies_while_it_makes_the_transcript_leaves_no_intent(stack: PolicyStack) -> None:
    stack.cmi.files = []
    reads = []

    def dies_at_the_third_read() -> None:
        reads.append(1)
        if len(reads) == 3:
            raise Killed

    stack.cmi.on_read = dies_at_the_third_read
    stack.event()
    stack.die()
    assert stack.intents() == []
    stack.run()
    assert len(transcripts(stack)) == 1


def test_a_transcript_damaged_at_c4c_is_noticed(stack: PolicyStack) -> None:
    stack.cmi.files = []
    stack.c4c.flip_a_byte = True
    stack.event()
    stack.run()
    assert stack.reasons() == ["digest-mismatch"]


def test_rules_for_the_customers_files_do_not_touch_the_transcript(stack: PolicyStack) -> None:
    stack.with_policy(originators=("customer",), allowed=parse_mime_patterns("image/*"))
    stack.event()
    stack.run()
    assert stack.stored_names() == ["photo-1.png", "chat-transcript.txt"]


def test_a_file_cannot_pass_for_a_transcript(stack: PolicyStack) -> None:
    stack.with_policy(denied=parse_mime_patterns("application/x-msdownload"))
    stack.cmi.files = [a_file(1, content=b"MZ\x00\x00")]
    stack.cmi.files[0].id = f"transcript:{'0' * 16}"
    stack.event()
    stack.run()
    assert stack.states() == ["parked", "stored"]
    assert stack.attachments()[0].source.source_id == f"cmi:transcript:{'0' * 16}"


def test_legs_that_repeat_each_others_messages_give_each_once(stack: PolicyStack) -> None:
    said = stack.cmi.messages[0]
    stack.cmi.document = [{"messages": [said]}, {"messages": [said, stack.cmi.messages[1]]}]
    stack.event()
    stack.run()
    [kept] = transcripts(stack)
    assert kept.content.count(b"Hello") == 1
    assert kept.content.count(b"How can I help?") == 1
