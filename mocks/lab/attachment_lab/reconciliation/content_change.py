"""Where and why C4C's bytes differ from those that the customer sent. Pure: no I/O, no clock.

The customer's bytes decide, never the service's report: a service that digests damaged bytes agrees with C4C. The
mocks' journals show the cause. Decisions, first row that fits:

| CMI's answers to the file's downloads                | hop                     | cause             |
|------------------------------------------------------|-------------------------|-------------------|
| one has the digest of what C4C holds                 | CMI → service           | in that answer    |
| another file's has that digest                       | service → C4C           | files mixed up    |
| one is damaged; the service's digest is not the file's | CMI → service         | in that answer    |
| all carried the file, or no journal is known         | by the service's digest | fault of an upload |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from attachment_lab.names import short
from attachment_lab.reconciliation.file_trace import FileExchange
from attachment_lab.reconciliation.records import C4cFile, SourceFile
from attachment_lab.tenant.service_api import AttachmentRecord

CUSTOMER_TO_CMI = "customer → CMI"
CMI_TO_SERVICE = "CMI → service"
SERVICE_TO_C4C = "service → C4C"
CMI_TO_C4C = "CMI → C4C"

#: Faults that delay an answer and change none of its bytes.
HARMLESS = {"latency", "drip"}
_PAGES = {"text/html", "application/json", "application/xml"}


@dataclass(frozen=True, kw_only=True)
class Change:
    """Where bytes changed, and why: a clause that follows a semicolon."""

    hop: str
    cause: str


def change_of(
    source: SourceFile, mine: AttachmentRecord | None, theirs: C4cFile, exchanges: Sequence[FileExchange]
) -> Change:
    """The change between ``source`` and ``theirs``, which differ.

    Args:
        mine: what the service says of it; None where that is not visible: then the journals alone decide.
        exchanges: of the journals, any chat's.
    """
    answers = [each for each in exchanges if each.mock == "cmi" and each.act == "download"]
    same = [each for each in answers if each.sha256 == theirs.sha256 and each.size_bytes == theirs.size_bytes]
    own = [each for each in same if each.source_id in {source.id, None}]
    if own:
        return Change(hop=CMI_TO_SERVICE, cause=_of_answer(source, own[-1]))
    if same:
        return Change(hop=SERVICE_TO_C4C, cause=f"these are the bytes of attachment {same[-1].source_id}")
    damaged = [each for each in answers if each.source_id == source.id and _is_damaged(source, each)]
    digest = mine.sha256 if mine else None
    if damaged and digest != source.sha256:
        return Change(hop=CMI_TO_SERVICE, cause=_of_answer(source, damaged[-1]))
    return _by_the_service(source, theirs, digest, exchanges)


def differs(source: SourceFile, theirs: C4cFile) -> str:
    """Both contents in words, with digests only where size and type are equal."""
    stored, sent = _content(theirs), _content(source)
    if stored == sent:
        stored, sent = f"{stored} (sha256 {short(theirs.sha256)})", f"{sent} (sha256 {short(source.sha256)})"
    return f"C4C holds {stored}, the customer sent {sent}"


def _by_the_service(
    source: SourceFile, theirs: C4cFile, digest: str | None, exchanges: Sequence[FileExchange]
) -> Change:
    """CMI's answers are good or unknown: the service's own digest shows whether reading or writing changed them."""
    uploads = [each for each in exchanges if each.act == "upload" and each.object_id == theirs.object_id]
    kinds = [kind for each in uploads for kind in _striking(each)]
    if digest in {None, source.sha256} and kinds:
        return Change(hop=SERVICE_TO_C4C, cause=f"the upload was changed by the planned {_faults(kinds)}")
    if digest is not None and digest != source.sha256:
        return Change(hop=CMI_TO_SERVICE, cause="changed between CMI and the service")
    if digest is None:
        whole = [each for each in exchanges if each.act == "download" and each.source_id == source.id and each.is_good]
        if not whole:
            return Change(hop=CMI_TO_C4C, cause="changed between CMI and C4C")
        return Change(hop=SERVICE_TO_C4C, cause="CMI's answers carried the file whole, so the service changed it")
    return Change(hop=SERVICE_TO_C4C, cause="changed between the service and C4C")


def _is_damaged(source: SourceFile, answer: FileExchange) -> bool:
    """Whether this answer cannot have delivered the customer's bytes unchanged."""
    if not 200 <= answer.status < 300:
        return False
    return bool(_striking(answer)) or not answer.whole or answer.sha256 != source.sha256


def _of_answer(source: SourceFile, answer: FileExchange) -> str:
    """What is wrong with CMI's answer."""
    kinds, shape = _striking(answer), _shape(source, answer)
    if kinds:
        packed = f" ({shape})" if answer.coding else ""
        return f"CMI's answer was changed by the planned {_faults(kinds)}{packed}"
    return f"CMI's answer {shape or 'carried other bytes than CMI holds'}"


def _shape(source: SourceFile, answer: FileExchange) -> str:
    """How the answer differs from the file, by what CMI sent; empty when only its digest differs."""
    if answer.coding not in {"", "identity"}:
        return f"was packed: Content-Encoding {answer.coding}"
    if answer.sha256 == source.sha256:
        return ""
    if answer.sniffed_type in _PAGES and answer.sniffed_type != source.sniffed_type:
        return f"was {answer.sniffed_type}, not the file"
    if answer.size_bytes < source.size_bytes:
        return f"ended after {answer.size_bytes:,} bytes"
    return ""


def _striking(exchange: FileExchange) -> list[str]:
    return [kind for kind in exchange.fault_kinds if kind not in HARMLESS]


def _faults(kinds: Sequence[str]) -> str:
    named = list(dict.fromkeys(kinds))
    return f"fault{'s' if len(named) > 1 else ''} {' and '.join(named)}"


def _content(content: SourceFile | C4cFile) -> str:
    return f"{content.size_bytes:,} bytes {content.sniffed_type}".rstrip()
