"""Which files are carried, as data: a pure decision from what is declared, and again from what the first bytes show.

A file that is not wanted (by its originator) is skipped. A file that is not allowed (size, type) is parked for a
person. The other files are carried in both cases.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

from attachment_transfer.core.answers.sniffing import UNKNOWN, effective_type, plain_type, sniff, synonyms
from attachment_transfer.core.errors import Reason
from attachment_transfer.core.model import SourceAttachment

_PART = r"[a-z0-9!#$&^_.+*-]{1,127}"
_PATTERN = re.compile(rf"{_PART}/{_PART}")

_TYPE_REMEDY = (
    "If files of this type are wanted, change ATTACHMENT_TRANSFER_MIME_ALLOW or ATTACHMENT_TRANSFER_MIME_DENY, "
    "then retry the transfer."
)
_SIZE_REMEDY = "Raise ATTACHMENT_TRANSFER_MAX_ATTACHMENT_BYTES if C4C takes files of this size."


class BadMimePattern(ValueError):
    """Not a MIME pattern such as ``image/*`` or ``application/pdf``."""


@dataclass(frozen=True)
class MimePattern:
    """``type/subtype`` in lower case; ``*`` matches any characters. Raises :class:`BadMimePattern`."""

    text: str

    def __post_init__(self) -> None:
        if not _PATTERN.fullmatch(self.text):
            raise BadMimePattern(f"{self.text!r}: write TYPE/SUBTYPE, e.g. image/* or application/pdf")

    def covers(self, mime: str) -> bool:
        """True for ``mime`` and every other word for the same type."""
        return any(fnmatchcase(word, self.text) for word in synonyms(mime))


def parse_mime_patterns(text: str) -> tuple[MimePattern, ...]:
    """Read ``image/*,application/pdf``; empty text gives none."""
    return tuple(MimePattern(part.strip().lower()) for part in text.split(",") if part.strip())


@dataclass(frozen=True)
class TakeFile:
    """Carry this file."""


@dataclass(frozen=True)
class SkipFile:
    """This file is not wanted."""

    reason: Reason


@dataclass(frozen=True)
class RefuseFile:
    """This file must not be carried; a person may change that."""

    reason: Reason


Verdict = TakeFile | SkipFile | RefuseFile


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The rules. Only the size rule applies to the service's own transcript, which is switched on on purpose.

    Attributes:
        max_bytes: size of the largest file that is carried.
        allowed: types that are carried; empty means all.
        denied: types that are not, whatever ``allowed`` says.
        originators: whose files are carried, in CMI's words and lower case; empty means all.
    """

    max_bytes: int
    allowed: tuple[MimePattern, ...] = ()
    denied: tuple[MimePattern, ...] = ()
    originators: tuple[str, ...] = ()

    def by_declaration(self, source: SourceAttachment) -> Verdict:
        """Decide from what CMI lists. ``application/octet-stream`` says nothing: the bytes decide."""
        if self.originators and not source.is_transcript and source.originator_type.lower() not in self.originators:
            return SkipFile(_not_wanted(source.originator_type))
        declared = plain_type(source.content_type)
        if not source.is_transcript and declared != UNKNOWN and (objection := self._objection(declared)):
            return RefuseFile(_type_refused(f"it is declared as {declared}, which {objection}"))
        return self._by_size(source.declared_size_bytes or 0)

    def by_content(self, source: SourceAttachment, *, head: bytes, size_bytes: int) -> Verdict:
        """Decide from the first bytes and the real size."""
        declared, sniffed = plain_type(source.content_type), sniff(head)
        effective = effective_type(declared, sniffed)
        if not source.is_transcript and (objection := self._objection(effective)):
            return RefuseFile(
                _type_refused(f"its first bytes are {effective} (declared: {declared}), which {objection}")
            )
        return self._by_size(size_bytes)

    def _objection(self, mime: str) -> str | None:
        if any(pattern.covers(mime) for pattern in self.denied):
            return "is denied"
        if self.allowed and not any(pattern.covers(mime) for pattern in self.allowed):
            return "is not among the allowed types"
        return None

    def _by_size(self, size_bytes: int) -> Verdict:
        if size_bytes <= self.max_bytes:
            return TakeFile()
        message = f"the file has {size_bytes} bytes, the service carries at most {self.max_bytes}"
        return RefuseFile(Reason(code="attachment-refused", message=message, remedy=_SIZE_REMEDY))


def _not_wanted(originator: str) -> Reason:
    return Reason(
        code="originator-not-wanted",
        message=f"files of the originator {originator!r} are not carried",
        remedy="Nothing to do, unless ATTACHMENT_TRANSFER_ORIGINATORS should list this originator.",
    )


def _type_refused(message: str) -> Reason:
    return Reason(code="type-refused", message=message, remedy=_TYPE_REMEDY)
