"""Contents: C4C holds the customer's bytes."""

from __future__ import annotations

from collections.abc import Iterator

from attachment_lab.names import short, shown
from attachment_lab.reconciliation.content_change import CMI_TO_SERVICE, CUSTOMER_TO_CMI, change_of, differs
from attachment_lab.reconciliation.invariants import remedies
from attachment_lab.reconciliation.invariants.matched import MatchedRecords
from attachment_lab.reconciliation.matching import MatchedFile
from attachment_lab.reconciliation.records import C4cFile, ChainRecords, SourceFile, Violation

_DAMAGED_COPY_REMEDY = (
    "Delete this object in C4C, or rename it, before the transfer is retried: an implementation deletes nothing."
)


def contents_are_equal(matched: MatchedRecords) -> Iterator[Violation]:
    """Compares with what the customer sent; a violation names the hop where the bytes changed, and why."""
    for source in matched.records.sources:
        if source.cmi_sha256 is not None and source.cmi_sha256 != source.sha256:
            fact = (
                f"CMI holds {source.cmi_size_bytes:,} bytes (sha256 {short(source.cmi_sha256)}), "
                f"the customer sent {source.size_bytes:,} bytes (sha256 {short(source.sha256)})"
            )
            yield _integrity(source, CUSTOMER_TO_CMI, fact)
    for each, theirs in _changed(matched):
        change = change_of(each.source, each.mine, theirs, matched.records.exchanges)
        fact = f"{differs(each.source, theirs)}; {change.cause}"
        remedy = ""
        if each.mine is not None and each.mine.state == "parked":
            fact = f"object {theirs.object_id} is a damaged copy, rightly reported failed ({each.mine.reason}): {fact}"
            remedy = _DAMAGED_COPY_REMEDY
        yield _integrity(each.source, change.hop, fact, remedy)


def _integrity(source: SourceFile, hop: str, fact: str, remedy: str = "") -> Violation:
    remedy = remedy or remedies.KEEP_BYTES.get(hop, remedies.KEEP_BYTES[CMI_TO_SERVICE])
    return Violation(invariant="integrity", file=shown(source.name), hop=hop, fact=fact, remedy=remedy)


def wrong_contents(records: ChainRecords) -> list[tuple[SourceFile, C4cFile]]:
    """Attachments of which C4C holds other bytes than the customer sent; a file without object is left out."""
    return [(each.source, theirs) for each, theirs in _changed(MatchedRecords(records))]


def _changed(matched: MatchedRecords) -> Iterator[tuple[MatchedFile, C4cFile]]:
    for each in matched.files():
        if each.theirs is not None and not each.is_equal:
            yield each, each.theirs
