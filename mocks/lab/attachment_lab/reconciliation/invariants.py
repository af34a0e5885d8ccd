"""The invariants of the chain, checked on plain records: no I/O, no clock.

| invariant          | says                                                                                   |
|--------------|----------------------------------------------------------------------------------------|
| delivered    | every event that Contact Pro fired was taken by the service                              |
| conservation | attachments in = stored + skipped + reported failed, each of the latter with a reason    |
| integrity    | C4C holds the bytes that the customer sent, and so does CMI; see content_change.py       |
| once         | exactly one C4C object per stored attachment                                             |
| no orphan    | nothing at any hop that has no origin at the hop before                                  |
| secrecy      | no secret in any journal, log or database                                                |

Chats whose event has not been fired are out of scope: no transfer is due for them yet.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

from attachment_lab.names import short, shown
from attachment_lab.reconciliation.content_change import (
    CMI_TO_SERVICE,
    CUSTOMER_TO_CMI,
    SERVICE_TO_C4C,
    change_of,
    differs,
)
from attachment_lab.reconciliation.delivery_words import why_of_delivery
from attachment_lab.reconciliation.records import (
    C4cFile,
    ChainRecords,
    Leak,
    ReconciliationVerdict,
    SourceFile,
    Violation,
)
from attachment_lab.tenant.service_api import AttachmentRecord, TransferRecord

CONTACT_PRO_TO_SERVICE = "Contact Pro → service"

#: The service creates these itself from the chat's messages; CMI lists no such attachment.
TRANSCRIPT = "transcript:"


def judge(records: ChainRecords) -> ReconciliationVerdict:
    """Check every invariant; violations are in the order of the table above."""
    found = [violation for invariant in INVARIANTS for violation in invariant(records)]
    return ReconciliationVerdict(violations=tuple(found), records=records)


def events_are_delivered(records: ChainRecords) -> Iterator[Violation]:
    """A failed delivery is repaired by a later one for the same chat (a redelivery, another event)."""
    delivered = {each.chat for each in records.deliveries if each.state == "delivered"}
    for each in records.deliveries:
        if each.chat in delivered:
            continue
        why = why_of_delivery(each) or "the service gave no answer yet"
        fact = f"event {each.event} is {each.state}: {why}"
        yield Violation(invariant="delivered", file=f"chat {each.chat}", hop=CONTACT_PRO_TO_SERVICE, fact=fact)


def attachments_are_conserved(records: ChainRecords) -> Iterator[Violation]:
    """Each source attachment of a delivered chat has an outcome, and a reason unless it is stored."""
    carried, transfers = _carried(records), {each.chat: each for each in records.transfers}
    for chat in sorted(_delivered_chats(records) - set(transfers)):
        lost = "the event was delivered, but the service has no transfer for this chat"
        yield Violation(invariant="conservation", file=f"chat {chat}", hop=CONTACT_PRO_TO_SERVICE, fact=lost)
    for source in _sources(records):
        transfer = transfers.get(source.chat)
        if transfer is None:
            continue
        fact = _unaccounted(carried.get(source.id), transfer)
        if fact:
            yield Violation(invariant="conservation", file=shown(source.name), hop=CMI_TO_SERVICE, fact=fact)


def contents_are_equal(records: ChainRecords) -> Iterator[Violation]:
    """Compares with what the customer sent; a violation names the hop where the bytes changed, and why."""
    for source in records.sources:
        if source.cmi_sha256 is not None and source.cmi_sha256 != source.sha256:
            fact = (
                f"CMI holds {source.cmi_size_bytes:,} bytes (sha256 {short(source.cmi_sha256)}), "
                f"the customer sent {source.size_bytes:,} bytes (sha256 {short(source.sha256)})"
            )
            yield Violation(invariant="integrity", file=shown(source.name), hop=CUSTOMER_TO_CMI, fact=fact)
    for source, mine, theirs in wrong_contents(records):
        change = change_of(source, mine, theirs, records.exchanges)
        fact = f"{differs(source, theirs)}; {change.cause}"
        yield Violation(invariant="integrity", file=shown(source.name), hop=change.hop, fact=fact)


def wrong_contents(records: ChainRecords) -> list[tuple[SourceFile, AttachmentRecord, C4cFile]]:
    """Attachments of which C4C holds other bytes than the customer sent; a parked file without object is left out."""
    objects, carried = _objects(records), _carried(records)
    found = []
    for source in _sources(records):
        mine = carried.get(source.id)
        theirs = objects.get(mine.object_id) if mine and mine.object_id else None
        if mine is not None and theirs is not None and not source.equals(theirs):
            found.append((source, mine, theirs))
    return found


def each_is_stored_once(records: ChainRecords) -> Iterator[Violation]:
    """A stored attachment has one object; no object belongs to two attachments; there is no second copy."""
    objects, claims = _objects(records), _claims(records)
    for mine in _carried(records).values():
        if mine.state == "stored" and mine.object_id not in objects:
            text = f"as object {mine.object_id}" if mine.object_id else "without naming an object"
            fact = f"the service reports it stored {text}, C4C holds no such object"
            yield Violation(invariant="once", file=shown(mine.name), hop=SERVICE_TO_C4C, fact=fact)
    for object_id, count in claims.items():
        if count > 1:
            names = {m.name for m in _carried(records).values() if m.object_id == object_id}
            fact = f"{count} attachments claim the one C4C object {object_id}"
            files = ", ".join(sorted(shown(name) for name in names))
            yield Violation(invariant="once", file=files, hop=SERVICE_TO_C4C, fact=fact)
    for extra in _unclaimed(records):
        original = _original(extra, records)
        if original:
            fact = f"C4C holds it more than once: objects {original.object_id} and {extra.object_id}"
            yield Violation(invariant="once", file=shown(extra.name), hop=SERVICE_TO_C4C, fact=fact)


def nothing_is_orphaned(records: ChainRecords) -> Iterator[Violation]:
    """Objects without a source, transfers without a chat, attachments that CMI does not list."""
    for extra in _unclaimed(records):
        if not _original(extra, records):
            fact = f"C4C object {extra.object_id} has no source attachment"
            yield Violation(invariant="no orphan", file=shown(extra.name), hop=SERVICE_TO_C4C, fact=fact)
    fired = {each.chat for each in records.deliveries}
    known = {source.id for source in records.sources}
    for transfer in records.transfers:
        if transfer.chat not in fired:
            fact = f"transfer {transfer.id} belongs to no chat whose event was fired"
            yield Violation(invariant="no orphan", file=f"chat {transfer.chat}", hop=CONTACT_PRO_TO_SERVICE, fact=fact)
        for mine in transfer.attachments:
            if mine.source_id not in known and not mine.source_id.startswith(TRANSCRIPT):
                fact = f"transfer {transfer.id} carries it, but CMI has no attachment {mine.source_id}"
                yield Violation(invariant="no orphan", file=shown(mine.name), hop=CMI_TO_SERVICE, fact=fact)


def secrets_are_kept(records: ChainRecords) -> Iterator[Violation]:
    """One violation per secret and place."""
    for leak in records.leaks:
        yield _leaked(leak)


INVARIANTS: tuple[Callable[[ChainRecords], Iterator[Violation]], ...] = (
    events_are_delivered,
    attachments_are_conserved,
    contents_are_equal,
    each_is_stored_once,
    nothing_is_orphaned,
    secrets_are_kept,
)


def _leaked(leak: Leak) -> Violation:
    return Violation(invariant="secrecy", file=leak.where, hop=leak.where, fact=f"{leak.what} can be read here")


def _delivered_chats(records: ChainRecords) -> set[str]:
    return {each.chat for each in records.deliveries if each.state == "delivered" and each.chat}


def _sources(records: ChainRecords) -> list[SourceFile]:
    """Only those for which a transfer is due."""
    asked = _delivered_chats(records)
    return [source for source in records.sources if source.chat in asked]


def _carried(records: ChainRecords) -> dict[str, AttachmentRecord]:
    return {mine.source_id: mine for transfer in records.transfers for mine in transfer.attachments}


def _objects(records: ChainRecords) -> dict[str | None, C4cFile]:
    return {each.object_id: each for each in records.objects}


def _claims(records: ChainRecords) -> Counter[str]:
    return Counter(m.object_id for m in _carried(records).values() if m.object_id)


def _unclaimed(records: ChainRecords) -> list[C4cFile]:
    """Objects that the technical user created and no transfer names; those of other users do not count."""
    claims = _claims(records)
    ours = (each for each in records.objects if each.created_by in {None, records.technical_user})
    return [each for each in ours if each.object_id not in claims]


def _original(extra: C4cFile, records: ChainRecords) -> C4cFile | None:
    """A claimed object of the same activity and content: then the extra one is a copy."""
    claims = _claims(records)
    alike: dict[tuple[str | None, str, str], C4cFile] = defaultdict()
    for each in records.objects:
        if each.object_id in claims:
            alike[(each.external_reference, each.sha256, each.name)] = each
    return alike.get((extra.external_reference, extra.sha256, extra.name))


def _unaccounted(mine: AttachmentRecord | None, transfer: TransferRecord) -> str | None:
    """Why this attachment's outcome is unknown; None when it is known."""
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
