"""Error responses of the control API: ``application/problem+json`` (RFC 9457) that says what is expected."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

PROBLEM_TYPE = "application/problem+json"
_ABSENT = object()


@dataclass(frozen=True)
class FieldError:
    """One thing that is wrong with a request.

    Attributes:
        field: where, as a path: ``match.path``, ``?tenant``.
        expected: what is accepted, in words.
        remedy: what to do about it, as an instruction.
        value: what was found; left out where nothing was. Never a secret.
    """

    field: str
    expected: str
    remedy: str
    value: Any = _ABSENT

    def to_dict(self) -> dict[str, Any]:
        """As JSON; ``value`` only if there was one."""
        texts = {"expected": self.expected, "remedy": self.remedy}
        found = {} if self.value is _ABSENT else {"value": self.value}
        return {"field": self.field} | found | texts


class Problem(Exception):
    """An error response; a route raises it, the kit renders it."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        errors: Iterable[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {title}: {detail}")
        self.status = status
        self.title = title
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})

    def to_dict(self) -> dict[str, Any]:
        """The members of the problem document."""
        texts = {"title": self.title, "status": self.status, "detail": self.detail}
        return {"type": "about:blank"} | texts | {"errors": [error.to_dict() for error in self.errors]}

    def body(self) -> bytes:
        """The document as bytes."""
        return json.dumps(self.to_dict(), default=repr).encode() + b"\n"

    def header_list(self) -> list[tuple[str, str]]:
        """The reply's headers, for a body as ``body`` gives it."""
        own = [("Content-Type", PROBLEM_TYPE), ("Content-Length", str(len(self.body())))]
        return own + list(self.headers.items())


def bad_request(detail: str, *errors: FieldError) -> Problem:
    """400 with the fields that are wrong."""
    return Problem(400, "The request cannot be understood", detail, errors)
