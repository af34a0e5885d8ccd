"""What C4C refuses, sorted by the status of the answer.

C4CError
├── BadRequest          400  syntax, unknown property, wrong type, broken rule
├── NotAuthenticated    401  no or wrong credentials, or a locked user
├── Forbidden           403  service not ticked, CSRF token missing
├── NotFound            404  no such service, set, key or navigation
├── MethodNotAllowed    405  a verb this resource does not support
├── PreconditionFailed  412  If-Match names an older state
├── UnsupportedMedia    415  a body in a format that is not supported
├── RangeNotSatisfiable 416  bytes behind the end of a file
├── TooManyThreads           more requests at once than the tenant accepts; status by dialect
├── Busy                503  the tenant accepts no request for a while; status as planned
├── ObjectLocked        400  (by dialect) another user writes this object now
├── AttachmentRejected       an attachment that the tenant's rules refuse; status by dialect
├── ServerFault         500  recorded misbehaviour of the real system, replayed on purpose
└── NotBuilt            501  the real system does this, the mock does not (yet)
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime


class C4CError(Exception):
    """A refusal, worded as C4C words it.

    Attributes:
        status: HTTP status of the answer.
        message: text of ``error.message.value``; names the field, what was expected and what was found.
        hint: what to change, for the person reading the journal; never part of C4C's own error body.
        html: True when the real system is assumed to answer with a web page instead of an OData error.
        key: names the text in ``model/texts.py`` in every language; the stable code of the error.
        words: what that text has to name.
        bodyless: True for an answer that is a status alone.
    """

    status = 500
    html = False
    key = "server_fault"
    bodyless = False

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        status: int | None = None,
        html: bool | None = None,
        key: str = "",
        words: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.words: Mapping[str, str] = words or {}
        if html is not None:
            self.html = html
        if key:
            self.key = key
        if status is not None:
            self.status = status


class BadRequest(C4CError):
    """The request cannot be understood or breaks a rule of the model."""

    status = 400
    key = "bad_request"


class NotAuthenticated(C4CError):
    """Credentials are missing, wrong, or belong to a locked user. Answered as a web page."""

    status = 401
    key = "logon_failed"
    html = True


class Forbidden(C4CError):
    """The user is known but may not do this."""

    status = 403
    key = "forbidden"


class CsrfCheckFailed(Forbidden):
    """A session that needs a CSRF token wrote without one (or without its cookies). Its text is always English."""


class NotFound(C4CError):
    """No such service, entity set, key or navigation; a web page where no OData service is."""

    status = 404
    key = "not_found"


class MethodNotAllowed(C4CError):
    """The resource exists but does not support this verb.

    Attributes:
        allow: verbs for the ``Allow`` header.
    """

    status = 405
    key = "not_allowed"

    def __init__(self, message: str, *, allow: tuple[str, ...], status: int | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint, status=status)
        self.allow = allow


class PreconditionFailed(C4CError):
    """``If-Match`` names a state that is no longer current."""

    status = 412
    key = "precondition_failed"


class UnsupportedMedia(C4CError):
    """This resource does not support the Content-Type of the body."""

    status = 415
    key = "unsupported_media"


class RangeNotSatisfiable(C4CError):
    """The bytes that ``Range`` asks for are not in the file.

    Attributes:
        size_bytes: of the file.
    """

    status = 416
    key = "range_not_satisfiable"

    def __init__(self, message: str, *, size_bytes: int) -> None:
        super().__init__(message)
        self.size_bytes = size_bytes


class TooManyThreads(C4CError):
    """The tenant already runs as many requests at once as it accepts; status by dialect ``parallel_status``."""

    status = 503
    key = "too_many_requests"
    html = True


class Busy(C4CError):
    """The tenant accepts no request for a while; planned by ``POST /_mock/busy``.

    Attributes:
        until: the tenant's time at which it accepts requests again; None when that is not known.
    """

    status = 503
    html = True
    key = "busy"

    def __init__(self, message: str, *, status: int, until: datetime | None, hint: str = "") -> None:
        super().__init__(message, status=status, hint=hint)
        self.until = until


class ObjectLocked(C4CError):
    """Another request or a person is writing the same object; dialect ``lock_status``, ``lock_has_body``."""

    status = 400
    key = "locked"


class AttachmentRejected(C4CError):
    """The tenant's attachment rules reject the file (size, type, virus); status by dialect."""

    status = 400
    key = "refused"


class ServerFault(C4CError):
    """A failure of the real system that was seen and is replayed on purpose."""

    status = 500


class NotBuilt(C4CError):
    """The real system has this, the mock does not; 501 says so."""

    status = 501
    key = "not_built"
