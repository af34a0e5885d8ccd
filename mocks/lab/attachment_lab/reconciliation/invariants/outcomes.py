"""Events and outcomes: taken, accounted for, reported truly."""

from __future__ import annotations

from collections.abc import Iterator

from attachment_lab.names import shown
from attachment_lab.reconciliation.content_change import CMI_TO_SERVICE, SERVICE_TO_C4C
from attachment_lab.reconciliation.delivery_words import why_of_delivery
from attachment_lab.reconciliation.invariants import remedies
from attachment_lab.reconciliation.invariants.matched import CONTACT_PRO_TO_SERVICE, MatchedRecords
from attachment_lab.reconciliation.matching import MatchedFile
from attachment_lab.reconciliation.missing_file import where_it_was_lost
from attachment_lab.reconciliation.records import ChainRecords, SourceFile, Violation
from attachment_lab.tenant.service_api import AttachmentRecord, TransferRecord

SERVICE = "service"


def events_are_delivered(matched: MatchedRecords) -> Iterator[Violation]:
    """A failed delivery is repaired by a later one for the same chat (a redelivery, another event)."""
    for each in matched.records.deliveries:
        if each.chat in matched.delivered_chats:
            continue
        why = why_of_delivery(each) or "the service gave no answer yet"
        fact = f"event {each.event} is {each.state}: {why}"
        yield _of_chat("delivered", each.chat, fact, remedies.DELIVER)


def attachments_are_conserved(matched: MatchedRecords) -> Iterator[Violation]:
    """Each source attachment of a delivered chat has an outcome: the expected one, and a reason unless it is stored."""
    yield from _lost_chats(matched)
    for each in matched.files():
        fact = None if matched.records.transfers is None else _unaccounted(each, matched)
        if fact:
            yield _conservation(each, CMI_TO_SERVICE, fact, remedies.ACCOUNT)
        else:
            yield from _unexpected(each, matched)


def _lost_chats(matched: MatchedRecords) -> Iterator[Violation]:
    if matched.records.transfers is None:
        return
    known = {each.chat for each in matched.records.transfers}
    for chat in sorted(matched.delivered_chats - known):
        lost = "the event was delivered, but the service has no transfer for this chat"
        yield _of_chat("conservation", chat, lost, remedies.LOST_EVENT)


def _unaccounted(each: MatchedFile, matched: MatchedRecords) -> str | None:
    """Why this attachment's outcome is unknown by the service's own view; None when it is known."""
    transfers = {transfer.chat: transfer for transfer in matched.records.known_transfers}
    transfer = transfers.get(each.source.chat)
    return _unknown_outcome(each.mine, transfer) if transfer else None


def _unknown_outcome(mine: AttachmentRecord | None, transfer: TransferRecord) -> str | None:
    if not transfer.is_at_rest:
        return f"transfer {transfer.id} is still {transfer.state}"
    if mine is None:
        if transfer.outcome in {None, "stored", "no_attachments"} or not transfer.reason:
            return f"not accounted for: transfer {transfer.id} ended as {transfer.outcome} without it"
        return None
    if mine.state == "stored":
        return None
    if mine.state in {"skipped", "parked"}:
        # A transfer that found no activity, for example, has one reason for all its attachments.
        return None if mine.reason or transfer.reason else f"{mine.state} without a reason"
    return f"left {mine.state} by transfer {transfer.id}, which is {transfer.state}"


def missing_files(records: ChainRecords) -> list[SourceFile]:
    """Files that C4C must hold and does not."""
    found = MatchedRecords(records).files()
    return [each.source for each in found if each.theirs is None and records.expectation(each.source).storing == "must"]


def _unexpected(each: MatchedFile, matched: MatchedRecords) -> Iterator[Violation]:
    """The scenario or the policy decides the outcome, and C4C holds another. Destination is judged elsewhere."""
    expected = matched.records.expectation(each.source)
    because = f" because {expected.why}" if expected.why else ""
    if expected.storing == "must" and each.theirs is None:
        hop, how = where_it_was_lost(each.source, matched.records.exchanges)
        fact = f"C4C does not hold it, and it must be stored{because}; {how}"
        yield _conservation(each, hop, fact, remedies.CARRY)
    if expected.storing == "must_not" and each.theirs is not None:
        fact = f"C4C holds it as object {each.theirs.object_id}, and it must not be stored{because}"
        yield _conservation(each, SERVICE_TO_C4C, fact, remedies.DO_NOT_CARRY)


def _conservation(each: MatchedFile, hop: str, fact: str, remedy: str) -> Violation:
    return Violation(invariant="conservation", file=shown(each.source.name), hop=hop, fact=fact, remedy=remedy)


def _of_chat(invariant: str, chat: str | None, fact: str, remedy: str) -> Violation:
    return Violation(invariant=invariant, file=f"chat {chat}", hop=CONTACT_PRO_TO_SERVICE, fact=fact, remedy=remedy)


def reports_are_true(matched: MatchedRecords) -> Iterator[Violation]:
    """Reported as stored: nothing is parked or open. Reported as failed: C4C does not hold it."""
    for transfer in matched.records.known_transfers:
        open_files = [each for each in transfer.attachments if each.state not in {"stored", "skipped"}]
        if transfer.outcome == "stored" and open_files:
            named = ", ".join(f"{shown(each.name)} is {each.state}" for each in open_files)
            fact = f"transfer {transfer.id} is reported as stored, but {named}"
            file = f"chat {transfer.chat}"
            yield Violation(invariant="honesty", file=file, hop=SERVICE, fact=fact, remedy=remedies.HONEST)
    for each in matched.stored():
        if each.mine is None or not each.is_equal or not each.is_at_home or each.theirs is None:
            continue
        if each.mine.state in {"parked", "skipped"}:
            why = f" ({each.mine.reason})" if each.mine.reason else ""
            fact = f"the service reports it {each.mine.state}{why}, but C4C holds it whole as {each.theirs.object_id}"
            remedy = "Retry the transfer: the object is adopted."
            yield Violation(
                invariant="honesty", file=shown(each.source.name), hop=SERVICE_TO_C4C, fact=fact, remedy=remedy
            )
