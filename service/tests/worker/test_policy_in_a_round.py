"""The policy on its way through a round: per file, before the upload's intent, and the rest goes on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fakes import File, Killed
from policy_kit import EXE, PNG, PolicyStack
from worker_kit import a_file

from attachment_transfer.core.policy import parse_mime_patterns
from attachment_transfer.core.states import Outcome
from attachment_transfer.ledger import views
from attachment_transfer.worker.inspection import peeked


def test_a_file_of_an_originator_that_is_not_wanted_is_skipped_and_the_rest_goes_on(
    policy_stack: PolicyStack,
) -> None:
    stack = policy_stack
    stack.with_policy(originators=("customer",))
    stack.cmi.files = [a_file(1, originator="system"), a_file(2), a_file(3, originator="agent")]
    stack.event()
    stack.run()
    assert stack.states() == ["skipped", "stored", "skipped"]
    assert stack.reasons() == ["originator-not-wanted", None, "originator-not-wanted"]
    assert stack.transfer().outcome is Outcome.STORED
    assert not [request for request in stack.cmi.requests if request.url.path.endswith(("f1", "f3"))]
    assert stack.trail("skipped") == ["originator-not-wanted"] * 2


@pytest.mark.off_contract(judge="requests", reason="CMI says a word here that it has not")
def test_an_originators_word_that_no_column_holds_is_cut_and_skipped(policy_stack: PolicyStack) -> None:
    stack = policy_stack
    stack.with_policy(originators=("customer",))
    stack.cmi.files = [a_file(1, originator="x" * 400), a_file(2)]
    stack.event()
    stack.run()
    assert stack.states() == ["skipped", "stored"]
    assert stack.attachments()[0].source.originator_type == "x" * 16


def test_a_chat_whose_files_nobody_wants_needs_no_activity(policy_stack: PolicyStack) -> None:
    stack = policy_stack
    stack.with_policy(originators=("customer",))
    stack.c4c.references.clear()
    stack.cmi.files = [a_file(1, originator="system")]
    stack.event()
    assert stack.run() == 1
    assert stack.transfer().outcome is Outcome.NO_ATTACHMENTS
    assert stack.c4c.requests == []


def test_a_declared_type_that_is_denied_is_parked_without_a_download(policy_stack: PolicyStack) -> None:
    stack = policy_stack
    stack.with_policy(denied=parse_mime_patterns("application/x-msdownload"))
    stack.cmi.files = [a_file(1, content_type="application/x-msdownload"), a_file(2)]
    stack.event()
    stack.run()
    assert stack.states() == ["parked", "stored"]
    assert stack.reasons()[0] == "type-refused"
    assert stack.transfer().outcome is Outcome.PARTLY_STORED
    assert not [request for request in stack.cmi.requests if request.url.path.endswith("f1")]


def test_a_disguised_program_is_parked_before_any_intent_is_written(policy_stack: PolicyStack) -> None:
    stack = policy_stack
    stack.with_policy(denied=parse_mime_patterns("application/x-msdownload"))
    stack.cmi.files = [a_file(1, name="photo.png", content=EXE), a_file(2, content=PNG)]
    stack.event()
    stack.run()
    assert stack.states() == ["parked", "stored"]
    first = stack.attachments()[0]
    assert first.reason is not None
    assert "MIME_DENY" in first.reason.remedy
    assert first.attempts == 0
    assert len(stack.intents()) == 1
    assert stack.c4c.calls("post") == 1


def test_however_many_files_are_refused_in_a_row_the_rest_goes_on(policy_stack: PolicyStack) -> None:
    stack = policy_stack
    stack.with_policy(denied=parse_mime_patterns("application/x-msdownload"))
    stack.cmi.files = [a_file(number, content=EXE) for number in range(1, 8)] + [a_file(8, content=PNG)]
    stack.event()
    stack.run()
    assert stack.states() == ["parked"] * 7 + ["stored"]
    assert stack.transfer().outcome is Outcome.PARTLY_STORED


def test_a_file_whose_bytes_fit_reaches_c4c_whole(policy_stack: PolicyStack) -> None:
    stack = policy_stack
    stack.with_policy(allowed=parse_mime_patterns("image/*"))
    stack.cmi.files = [a_file(1, content=PNG + b"x" * 900_000), a_file(2, content=PNG, length=False)]
    stack.event()
    stack.run()
    assert stack.states() == ["stored", "stored"]
    assert [item.content for item in stack.c4c.kept] == [PNG + b"x" * 900_000, PNG]


def test_an_empty_file_is_carried(policy_stack: PolicyStack) -> None:
    stack = policy_stack
    stack.with_policy(allowed=parse_mime_patterns("image/*"))
    stack.cmi.files = [File(id="f1", name="empty.png", content=b"")]
    stack.event()
    stack.run()
    assert stack.states() == ["stored"]


def test_a_refused_file_is_carried_once_the_rule_is_changed_and_the_transfer_retried(
    policy_stack: PolicyStack,
) -> None:
    stack = policy_stack
    stack.with_policy(allowed=parse_mime_patterns("application/pdf"))
    stack.cmi.files = [a_file(1, content=PNG)]
    stack.event()
    stack.run()
    assert stack.transfer().outcome is Outcome.FAILED
    stack.with_policy(allowed=parse_mime_patterns("application/pdf,image/*"))
    views.retry(stack.engine, stack.transfer().id, enqueue=stack.enqueue, now_s=stack.clock.now_s())
    stack.run()
    assert stack.transfer().outcome is Outcome.STORED
    assert len(stack.c4c.kept) == 1


def test_a_skipped_file_is_looked_at_again_with_the_next_event(policy_stack: PolicyStack) -> None:
    stack = policy_stack
    stack.with_policy(originators=("agent",))
    stack.cmi.files = [a_file(1)]
    stack.event()
    stack.run()
    assert stack.states() == ["skipped"]
    stack.event()
    stack.run()
    assert stack.states() == ["skipped"]
    stack.with_policy(originators=("agent", "customer"))
    stack.event()
    stack.run()
    assert stack.states() == ["stored"]


def test_what_may_be_at_c4c_already_is_looked_for_before_a_new_rule_applies(policy_stack: PolicyStack) -> None:
    stack = policy_stack
    stack.cmi.files = [a_file(1, content=PNG)]
    stack.c4c.plan("post", "lost")
    stack.event()
    stack.run_one()
    assert stack.states() == ["ambiguous"]
    stack.with_policy(originators=("agent",))
    stack.run()
    assert stack.states() == ["stored"]
    assert stack.c4c.calls("post") == 1


def test_an_upload_that_never_came_to_be_falls_under_the_new_rule(policy_stack: PolicyStack) -> None:
    stack = policy_stack
    stack.cmi.files = [a_file(1, content=PNG)]
    stack.c4c.plan("post", "cut")
    stack.event()
    stack.run_one()
    stack.with_policy(originators=("agent",))
    stack.run()
    assert stack.states() == ["skipped"]
    assert stack.c4c.kept == []
    assert not [intent for intent in stack.intents() if intent["closed_at_s"] is None]


def test_a_worker_that_dies_at_the_look_leaves_no_intent_behind(policy_stack: PolicyStack) -> None:
    stack = policy_stack
    stack.cmi.files = [a_file(1, content=PNG)]

    def dies(_file: File) -> None:
        stack.cmi.on_download = lambda _file: None
        raise Killed

    stack.cmi.on_download = dies
    stack.event()
    stack.die()
    assert stack.intents() == []
    stack.run()
    assert stack.states() == ["stored"]
    assert len(stack.c4c.kept) == 1


@pytest.mark.parametrize("piece_bytes", [1, 100, 512, 70_000])
def test_only_the_first_pieces_are_read_to_see_what_a_file_is(piece_bytes: int) -> None:
    content = bytes(range(256)) * 1_000
    given = []

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(content), piece_bytes):
            given.append(content[start : start + piece_bytes])
            yield given[-1]

    head, rest = peeked(pieces())
    assert head == content[:512]
    assert sum(len(piece) for piece in given) < 512 + piece_bytes
    assert b"".join(rest) == content


def test_a_source_shorter_than_the_head_is_seen_whole() -> None:
    head, rest = peeked([b"ab", b"", b"c"])
    assert head == b"abc"
    assert b"".join(rest) == b"abc"
