"""Objects in C4C: in the right activity, under the right name, once, and each with an origin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from attachment_lab.names import shown
from attachment_lab.reconciliation.content_change import CMI_TO_SERVICE, SERVICE_TO_C4C
from attachment_lab.reconciliation.invariants import remedies
from attachment_lab.reconciliation.invariants.matched import CONTACT_PRO_TO_SERVICE, MatchedRecords
from attachment_lab.reconciliation.matching import TRANSCRIPT, MatchedFile, misplaced_from
from attachment_lab.reconciliation.naming import comparable, objection_to_name, objection_to_type
from attachment_lab.reconciliation.records import C4cFile, Violation

_MISPLACED_REMEDY = (
    "Find the activity by the event's contact id alone, once for each transfer; "
    "remove the object from that activity in C4C, where another customer's agent can open it."
)


def files_are_in_their_activity(matched: MatchedRecords) -> Iterator[Violation]:
    """The object's activity (its external reference) is the chat that the customer sent the file in."""
    chats = {each.chat for each in matched.records.sources}
    own_objects = {each.object_id for each in matched.records.objects}
    for each in matched.matches.files:
        if each.theirs is None or each.is_at_home:
            continue
        if each.source.chat in chats or each.theirs.object_id in own_objects:
            yield _misplaced(each.source.chat, each.source.name, each.theirs, matched)
    sources = [each.source for each in matched.matches.files]
    for extra in matched.matches.extra:
        source = None if matched.matches.original_of(extra) else misplaced_from(extra, sources)
        if source is not None and (source.chat in chats or extra.object_id in own_objects):
            yield _misplaced(source.chat, source.name, extra, matched)


def _misplaced(chat: str, name: str, theirs: C4cFile, matched: MatchedRecords) -> Violation:
    where = theirs.external_reference
    there = f"in the activity of {matched.about(where)}" if where else "in an activity without a chat"
    fact = f"sent in chat {chat}, but C4C holds it as object {theirs.object_id} {there}"
    return Violation(invariant="destination", file=shown(name), hop=SERVICE_TO_C4C, fact=fact, remedy=_MISPLACED_REMEDY)


def names_and_types_are_kept(matched: MatchedRecords) -> Iterator[Violation]:
    """Name and type in C4C are the customer's, through the rules of naming.py; names in an activity are distinct."""
    for each in matched.stored():
        if each.theirs is None:
            continue
        objection = objection_to_name(each.source.name, each.theirs.name)
        if objection:
            fact = f"C4C holds it under the name {shown(each.theirs.name)}: {objection}"
            yield _at_c4c("naming", each.source.name, fact, remedies.NAMING)
        kind = objection_to_type(each.source.content_type, each.source.sniffed_type, each.theirs.mime_type)
        if kind:
            yield _at_c4c("naming", each.source.name, kind, remedies.TYPE)
    yield from _indistinct(matched)


def _indistinct(matched: MatchedRecords) -> Iterator[Violation]:
    """Two files of one activity with one name: an agent cannot tell them apart."""
    named: dict[tuple[str, str], MatchedFile] = {}
    for each in matched.stored():
        if each.theirs is None or not each.is_at_home:
            continue
        key = (each.source.chat, comparable(each.theirs.name))
        first = named.setdefault(key, each)
        if first is not each and first.theirs is not None:
            fact = f"objects {first.theirs.object_id} and {each.theirs.object_id} of one activity have this one name"
            remedy = 'Give the second file a distinct name, such as "image (2).jpg".'
            yield _at_c4c("naming", each.theirs.name, fact, remedy)


def each_is_stored_once(matched: MatchedRecords) -> Iterator[Violation]:
    """A stored attachment has one object; no object belongs to two attachments; there is no second copy."""
    records = matched.records
    in_c4c = {each.object_id for each in (*records.objects, *records.other_objects)}
    carried = [mine for transfer in records.known_transfers for mine in transfer.attachments]
    for mine in carried:
        if mine.state == "stored" and mine.object_id not in in_c4c:
            text = f"as object {mine.object_id}" if mine.object_id else "without naming an object"
            fact = f"the service reports it stored {text}, C4C holds no such object"
            yield _at_c4c("once", mine.name, fact, remedies.NAME_OBJECT)
    for object_id, count in Counter(mine.object_id for mine in carried if mine.object_id).items():
        if count > 1:
            files = ", ".join(sorted({mine.name for mine in carried if mine.object_id == object_id}))
            yield _at_c4c("once", files, f"{count} attachments claim the one C4C object {object_id}", remedies.ONCE)
    for extra in matched.extra():
        original = matched.matches.original_of(extra)
        if original is not None and original.theirs is not None:
            fact = f"C4C holds it more than once: objects {original.theirs.object_id} and {extra.object_id}"
            yield _at_c4c("once", extra.name, fact, remedies.ONCE)


def nothing_is_orphaned(matched: MatchedRecords) -> Iterator[Violation]:
    """Objects without a source, transfers without a chat, attachments that CMI does not list."""
    records = matched.records
    sources = [each.source for each in matched.matches.files]
    for extra in matched.extra():
        if not matched.matches.original_of(extra) and not misplaced_from(extra, sources):
            yield _at_c4c("no orphan", extra.name, _no_source(extra, matched), remedies.NO_ORPHAN)
    fired = {each.chat for each in records.deliveries}
    known = {source.id for source in records.sources}
    for transfer in records.known_transfers:
        if transfer.chat not in fired:
            fact = f"transfer {transfer.id} belongs to no chat whose event was fired"
            yield _orphan(f"chat {transfer.chat}", CONTACT_PRO_TO_SERVICE, fact)
        for mine in transfer.attachments:
            if mine.source_id not in known and not mine.source_id.startswith(TRANSCRIPT):
                fact = f"transfer {transfer.id} carries it, but CMI has no attachment {mine.source_id}"
                yield _orphan(shown(mine.name), CMI_TO_SERVICE, fact)


def _no_source(extra: C4cFile, matched: MatchedRecords) -> str:
    """An object whose bytes no customer sent: with the file that it may be a damaged copy of, by its name."""
    alike = [
        each
        for each in matched.matches.files
        if each.source.chat == extra.external_reference and objection_to_name(each.source.name, extra.name) is None
    ]
    fact = f"C4C object {extra.object_id} has no source attachment"
    if not alike or alike[0].theirs is None:
        return fact
    intact = alike[0].theirs.object_id
    return f"{fact}: no customer sent these {extra.size_bytes:,} bytes; by its name a damaged copy of object {intact}"


def _at_c4c(invariant: str, name: str, fact: str, remedy: str) -> Violation:
    return Violation(invariant=invariant, file=shown(name), hop=SERVICE_TO_C4C, fact=fact, remedy=remedy)


def _orphan(file: str, hop: str, fact: str) -> Violation:
    return Violation(invariant="no orphan", file=file, hop=hop, fact=fact, remedy=remedies.NO_ORPHAN)
