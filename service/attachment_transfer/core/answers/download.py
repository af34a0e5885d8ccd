"""Is this answer the file that CMI lists? The decisions, as two tables; the first row that fits decides.

All that is known is compared before a file may be called stored: the listing (size, type, name), the answer's head
(status, Content-Type, Content-Encoding, Content-Length, how its end is marked) and its first bytes. What these cannot
show (another file of the same size and type) is not checked here.

Sources: RFC 9110 (status 200, 202, 203, 204, 206; section 8.4 codings; section 8.6 length), RFC 9112 section 6.3 (a
body that only the close of the connection ends may be cut without a trace).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from attachment_transfer.core.answers.file_kinds import (
    document_kind,
    is_named_as,
    is_named_as_archive,
    is_named_as_signed,
)
from attachment_transfer.core.answers.sniffing import (
    UNKNOWN,
    effective_type,
    has_signature,
    sniff,
    synonyms,
)
from attachment_transfer.core.errors import (
    DownloadDoubted,
    IncompleteDownload,
    NotTheFile,
    SizeDiffers,
    UnknownCoding,
)

#: Codings that are unpacked; ``x-gzip`` is gzip (RFC 9110, section 8.4.1.3).
KNOWN_CODINGS = frozenset({"gzip", "x-gzip", "deflate"})


class ReadMethod(StrEnum):
    """How the body is read."""

    EMPTY = "empty"  # there is none, and none is listed
    STREAM = "stream"  # its length is announced: it is streamed
    SPOOL = "spool"  # its size is known only at its end
    UNPACK = "unpack"  # packed: unpacked with every check, then compared
    TWICE = "twice"  # nothing shows whether it is complete: read twice and compared


@dataclass(frozen=True, kw_only=True)
class ListedFile:
    """What CMI's listing says.

    Attributes:
        content_type: as :func:`declared_type` returns it; None where the listing has none.
        size_bytes: None where the listing has none, or is known to be wrong on this tenant.
    """

    name: str
    content_type: str | None
    size_bytes: int | None


@dataclass(frozen=True, kw_only=True)
class AnswerHead:
    """The head of the answer to the download.

    Attributes:
        content_type: as :func:`declared_type` returns it; None where there is none.
        codings: as applied, in lower case, without ``identity``.
        length_bytes: Content-Length, or None.
        framed: True if the end of the body is marked (length or chunks), so that a cut shows.
    """

    status: int
    content_type: str | None
    codings: tuple[str, ...] = ()
    length_bytes: int | None = None
    framed: bool = True


@dataclass(frozen=True, kw_only=True)
class FileBody:
    """What came, once its size is known (announced, or counted at its end)."""

    size_bytes: int
    head: bytes

    @property
    def sniffed(self) -> str:
        """Its type by its first bytes."""
        return sniff(self.head)


@dataclass(frozen=True)
class Doubt:
    """This is not the file. ``says`` makes the sentence."""

    error: type[DownloadDoubted]
    says: Callable[..., str]


@dataclass(frozen=True)
class HeadRule:
    """One row over listing and head."""

    fits: Callable[[ListedFile, AnswerHead], bool]
    then: ReadMethod | Doubt


@dataclass(frozen=True)
class BodyRule:
    """One row over listing, head and body; ``then`` None: this is the file."""

    fits: Callable[[ListedFile, AnswerHead, FileBody], bool]
    then: Doubt | None


HEAD_RULES: tuple[HeadRule, ...] = (
    HeadRule(
        lambda _, answer: answer.status not in {200, 204},
        Doubt(NotTheFile, lambda _, answer: f"CMI answered {answer.status} to a download, which is not the file"),
    ),
    HeadRule(lambda listed, answer: answer.status == 204 and listed.size_bytes == 0, ReadMethod.EMPTY),
    HeadRule(
        lambda listed, answer: answer.status == 204 and listed.size_bytes is None,
        Doubt(NotTheFile, lambda *_: "CMI answered 204 (no content) for a file whose size it does not list"),
    ),
    HeadRule(
        lambda _, answer: answer.status == 204,
        Doubt(SizeDiffers, lambda listed, _: f"CMI lists {listed.size_bytes} bytes and answered 204 (no content)"),
    ),
    HeadRule(
        lambda _, answer: len(answer.codings) > 1,
        Doubt(
            UnknownCoding, lambda _, answer: f"CMI sent the file packed more than once ({', '.join(answer.codings)})"
        ),
    ),
    HeadRule(
        lambda _, answer: bool(answer.codings) and answer.codings[0] not in KNOWN_CODINGS,
        Doubt(
            UnknownCoding,
            lambda _, answer: f"CMI sent the file packed as {answer.codings[0][:40]!r}, though none was requested",
        ),
    ),
    HeadRule(lambda _, answer: bool(answer.codings), ReadMethod.UNPACK),
    HeadRule(lambda _, answer: answer.length_bytes is not None, ReadMethod.STREAM),
    HeadRule(lambda listed, answer: answer.framed or listed.size_bytes is not None, ReadMethod.SPOOL),
    HeadRule(lambda *_: True, ReadMethod.TWICE),
)

BODY_RULES: tuple[BodyRule, ...] = (
    BodyRule(
        lambda listed, answer, body: _is_document(answer, body) and not _may_be_document(listed, answer, body),
        Doubt(
            NotTheFile,
            lambda listed, answer, body: (
                f"CMI answered with {_document_of(answer, body)} where {_described(listed)} is listed"
            ),
        ),
    ),
    BodyRule(
        lambda listed, answer, body: listed.size_bytes is None and _lacks_signature(listed, answer, body),
        Doubt(
            NotTheFile,
            lambda listed, _, body: f"the answer's first bytes are {body.sniffed} where {_described(listed)} is listed",
        ),
    ),
    BodyRule(
        lambda listed, _, body: listed.size_bytes is not None and body.size_bytes != listed.size_bytes,
        Doubt(
            SizeDiffers,
            lambda listed, _, body: f"CMI lists {listed.size_bytes} bytes and sent {body.size_bytes}",
        ),
    ),
    BodyRule(lambda *_: True, None),
)


def how_to_read(listed: ListedFile, answer: AnswerHead) -> ReadMethod:
    """Decide from listing and head. Raises NotTheFile, SizeDiffers or UnknownCoding."""
    rule = next(rule for rule in HEAD_RULES if rule.fits(listed, answer))
    if isinstance(rule.then, Doubt):
        raise rule.then.error(rule.then.says(listed, answer))
    return rule.then


def check_body(listed: ListedFile, answer: AnswerHead, body: FileBody) -> None:
    """Raise NotTheFile or SizeDiffers unless this is the file."""
    rule = next(rule for rule in BODY_RULES if rule.fits(listed, answer, body))
    if rule.then is not None:
        raise rule.then.error(rule.then.says(listed, answer, body))


def packed_is_the_file(listed: ListedFile, packed_bytes: int) -> bool:
    """True if a packed answer is the file as it is: an archive that its server calls packed (``.gz`` and its kin).

    A server that derives Content-Encoding from the name does so; then the listed size is the archive's.
    """
    return _is_archive(listed) and packed_bytes == listed.size_bytes


def unpacked_is_no_archive(listed: ListedFile, unpacked_head: bytes) -> bool:
    """The same where no size is listed: an archive is listed, and what unpacks from the answer is none."""
    return _is_archive(listed) and listed.size_bytes is None and sniff(unpacked_head) != "application/gzip"


def check_same(first: tuple[int, str], second: tuple[int, str]) -> None:
    """Compare two readings (size in bytes, sha256) of a body without a marked end. Raises IncompleteDownload."""
    if first != second:
        raise IncompleteDownload(
            f"CMI: two downloads of the file differ ({first[0]} and {second[0]} bytes), and nothing says where it ends"
        )


def type_to_send(listed: ListedFile, answer: AnswerHead, head: bytes) -> str:
    """The type that C4C gets: the listed one, or where none is listed, what the first bytes and the answer say."""
    return listed.content_type or effective_type(answer.content_type or UNKNOWN, sniff(head))


def _is_document(answer: AnswerHead, body: FileBody) -> bool:
    return body.size_bytes > 0 and (document_kind(answer.content_type) or document_kind(body.sniffed)) is not None


def _document_of(answer: AnswerHead, body: FileBody) -> str:
    return document_kind(body.sniffed) or document_kind(answer.content_type) or "a document"


def _may_be_document(listed: ListedFile, answer: AnswerHead, body: FileBody) -> bool:
    """Whether a web page, JSON or XML is what the customer sent, or the bytes show that it is none."""
    kinds = {document_kind(answer.content_type), document_kind(body.sniffed)} - {None}
    own = {kind for kind in kinds if kind and is_named_as(listed.name, kind)}
    if kinds <= own | {document_kind(listed.content_type)}:
        return True
    if _is_of_listed_type(listed, body):
        return True
    same_size = listed.size_bytes == body.size_bytes
    served_as_listed = listed.content_type is not None and answer.content_type in synonyms(listed.content_type)
    if listed.content_type is not None and listed.content_type.startswith("text/"):
        return served_as_listed or (same_size and document_kind(answer.content_type) is None)
    if listed.content_type in {None, UNKNOWN} and not is_named_as_signed(listed.name):
        return same_size
    return served_as_listed and same_size


def _is_of_listed_type(listed: ListedFile, body: FileBody) -> bool:
    """True if the first bytes have the signature of the listed type, whatever the answer calls them."""
    declared = listed.content_type
    if declared is None or document_kind(body.sniffed) is not None or body.sniffed in {UNKNOWN, "text/plain"}:
        return False
    return effective_type(declared, body.sniffed) in {declared, *synonyms(declared)}


def _lacks_signature(listed: ListedFile, answer: AnswerHead, body: FileBody) -> bool:
    """True if the listed type always begins with a signature, the bytes do not, and CMI calls them something else."""
    declared = listed.content_type
    if declared is None or not has_signature(declared) or answer.content_type in synonyms(declared):
        return False
    return body.size_bytes > 0 and not _is_of_listed_type(listed, body)


def _is_archive(listed: ListedFile) -> bool:
    packed = listed.content_type is not None and "application/gzip" in synonyms(listed.content_type)
    return packed or is_named_as_archive(listed.name)


def _described(listed: ListedFile) -> str:
    size = "" if listed.size_bytes is None else f" of {listed.size_bytes} bytes"
    return f"{listed.content_type or 'a file'}{size}"
