"""What an answer of C4C means, as data: status × operation → error. Texts of an answer only refine a row.

C4C's error statuses are not published, so each row is what HTTP says about the status (RFC 9110), sorted by what the
service may do next. The first row that covers a status counts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from attachment_transfer.core.errors import (
    AccessDenied,
    AttachmentRefused,
    CredentialRefused,
    NeighbourBusy,
    NeighbourUnavailable,
    OutcomeUnknown,
    RedirectedUpload,
    TransferError,
    UnexpectedAnswer,
    UploadQuestioned,
)


class Operation(StrEnum):
    """The kind of a request."""

    READ = "read"
    UPLOAD = "upload"


class CsrfTokenMissing(TransferError):
    """C4C wants a CSRF token of this user (business users; technical users are exempt). Nothing was written."""

    code = "csrf-required"


class NotShown(UnexpectedAnswer):
    """404: C4C does not show the object; after a create it may not be committed yet."""


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What one status means for one operation.

    Attributes:
        error: what is raised; None: the answer is a success.
        words: the message; ``{status}`` is replaced by the status. C4C's text is appended where ``quotes`` is set.
        remedy: None: the error's own one, or, for :class:`UploadQuestioned`, one that repeats what C4C said.
        may_exist: the object may exist at C4C although the answer is an error.
        may_be_lock: a lock text in the answer turns it into :class:`NeighbourBusy`.
        quotes: the error document is read, and its text is a part of the message.
        names_target: the host of ``Location`` is a part of the message.
    """

    error: type[TransferError] | None
    words: str = "C4C answered {status}"
    remedy: str | None = None
    may_exist: bool = False
    may_be_lock: bool = False
    quotes: bool = False
    names_target: bool = False


MIME_REMEDY = "Check C4C's allowed MIME types; then retry the transfer."
#: Words by which a text says itself that the type of the file is the cause.
SAYS_TYPE = re.compile(
    r"(?i)\bmime\b|mime.?typ|(?:file|content|document).?type|dateityp|tipo de archivo|type de fichier"
)

_PAGE_REMEDY = (
    "Open the C4C address with the technical user: a sign-in page or a proxy answers in its place. Correct the "
    "address or the proxy, then retry the transfer."
)
_BY_HAND = "Attach a file to this activity in C4C by hand, with the same user: C4C shows the obstacle. "
_CONFLICT_REMEDY = f"{_BY_HAND}Then retry the transfer."
_ACTIVITY_REMEDY = "Check that the activity still exists in C4C and that the user may see it; then retry the transfer."
_SIZE_REMEDY = (
    "The file is too large for C4C or for a proxy before it. Raise that limit, or lower "
    "ATTACHMENT_TRANSFER_MAX_ATTACHMENT_BYTES so that such files are refused at once; then retry the transfer."
)

_FINE = Meaning(error=None)
_CREDENTIAL = Meaning(
    error=CredentialRefused, words="C4C refused the user or password of the request (sap_v1.user, x-sap-v1-password)"
)
_DENIED = Meaning(
    error=AccessDenied, words="C4C answered 403: the service is not ticked in the arrangement, or a right is missing"
)
_BUSY = Meaning(error=NeighbourBusy)
_AWAY = Meaning(error=NeighbourUnavailable)
_UNKNOWN = Meaning(error=OutcomeUnknown, words="C4C answered {status} to an upload", may_exist=True)
_ODD_READ = Meaning(error=UnexpectedAnswer, may_be_lock=True, quotes=True)
_READ_OFF = Meaning(
    error=UnexpectedAnswer,
    words="C4C answered {status} to a read: a redirect{target}, and the service follows none",
    remedy=_PAGE_REMEDY,
    names_target=True,
)
_UPLOAD_OFF = Meaning(
    error=RedirectedUpload,
    words="C4C answered {status} to an upload: a redirect{target}, which is not followed",
    names_target=True,
)
# 301, 302 and 303 may come after the POST was carried out (RFC 9110, 15.4.2 to 15.4.4: the client goes on with GET).
_UPLOAD_DONE_AND_OFF = Meaning(
    error=RedirectedUpload,
    words="C4C answered {status} to an upload: a redirect{target}, which is not followed; the file may have been kept",
    remedy=f"{_PAGE_REMEDY} The service looks for the file before it sends it again.",
    may_exist=True,
    names_target=True,
)
_CONFLICT = Meaning(
    error=UploadQuestioned,
    words="C4C answered {status} to an upload: it conflicts with the present state of the activity",
    remedy=_CONFLICT_REMEDY,
    may_be_lock=True,
    quotes=True,
)
_CHANGED = Meaning(
    error=UploadQuestioned,
    words="C4C answered {status} to an upload: a condition is missing or not met, and the service sent none",
    remedy=f"A proxy before C4C may have added a condition (If-Match). {_CONFLICT_REMEDY}",
    may_be_lock=True,
    quotes=True,
)

#: (statuses, meaning of a read, meaning of an upload)
ANSWERS: tuple[tuple[Container[int], Meaning, Meaning], ...] = (
    ((200, 201), _FINE, _FINE),
    ((204,), Meaning(error=UnexpectedAnswer, words="C4C answered 204 (no content) to a read"), _FINE),
    (range(200, 300), Meaning(error=UnexpectedAnswer), _UNKNOWN),
    ((304,), Meaning(error=UnexpectedAnswer), _UNKNOWN),
    ((307, 308), _READ_OFF, _UPLOAD_OFF),
    (range(300, 400), _READ_OFF, _UPLOAD_DONE_AND_OFF),
    ((401,), _CREDENTIAL, _CREDENTIAL),
    ((403,), _DENIED, _DENIED),
    (
        (404,),
        Meaning(error=NotShown),
        Meaning(
            error=NotShown,
            words="C4C answered 404 to an upload: it does not show the activity",
            remedy=_ACTIVITY_REMEDY,
            quotes=True,
        ),
    ),
    ((408,), _AWAY, _UNKNOWN),
    ((409,), _ODD_READ, _CONFLICT),
    ((412, 428), _ODD_READ, _CHANGED),
    (
        (413,),
        _ODD_READ,
        Meaning(
            error=AttachmentRefused,
            words="C4C answered 413: the file is too large",
            remedy=_SIZE_REMEDY,
            quotes=True,
        ),
    ),
    (
        (415,),
        _ODD_READ,
        Meaning(
            error=AttachmentRefused,
            words="C4C answered 415: it does not take the type of the file",
            remedy=MIME_REMEDY,
            quotes=True,
        ),
    ),
    ((423, 429), _BUSY, _BUSY),
    ((503,), _BUSY, _UNKNOWN),
    (range(400, 500), _ODD_READ, Meaning(error=UploadQuestioned, may_be_lock=True, quotes=True)),
    (range(500, 600), _AWAY, _UNKNOWN),
)
_NO_STATUS = Meaning(error=UnexpectedAnswer, words="C4C answered {status}, which is no status of HTTP")


def meaning_of(status: int, operation: Operation) -> Meaning:
    """The row for ``status``. A status that HTTP does not have says nothing about an upload: it may exist."""
    for statuses, read, upload in ANSWERS:
        if status in statuses:
            return read if operation is Operation.READ else upload
    return _NO_STATUS if operation is Operation.READ else _UNKNOWN


#: Of one text, and of all texts of one document: a refusal is a sentence.
_READ_CHARACTERS = 2_000
_READ_CHARACTERS_IN_ALL = 64_000


class LockWords:
    """Distinguishes a lock from other errors: by the documented English text, in other languages by word stems.

    C4C answers in its user's language. Many languages have one word for "locked by a user" and for "barred" (German
    ``gesperrt``, Spanish ``bloqueado``): a text about a file type or a virus is never taken for a lock by the stems.
    The words are entries of the dialect. Raises ``re.error`` for a word that is no regular expression.

    Args:
        pattern: the documented text; counts anywhere in a text.
        words: stems that mean a lock, as regular expressions; case does not matter.
        not_words: a text with one of these is no lock by ``words``.
    """

    def __init__(self, pattern: str, *, words: Sequence[str], not_words: Sequence[str]) -> None:
        self._pattern = re.compile(pattern)
        self._words = _any_of(words)
        self._not_words = _any_of(not_words)

    def found(self, texts: Iterable[str]) -> bool:
        """True if one of the texts reports a lock. Each text is checked by itself."""
        left = _READ_CHARACTERS_IN_ALL
        for text in texts:
            read = text[: min(left, _READ_CHARACTERS)]
            left -= len(read)
            if self._tells(unicodedata.normalize("NFC", read)):
                return True
        return False

    def _tells(self, text: str) -> bool:
        if self._pattern.search(text):
            return True
        return bool(self._words.search(text)) and not self._not_words.search(text)


def _any_of(words: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{word})" for word in words), re.IGNORECASE)
