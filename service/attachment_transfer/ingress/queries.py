"""Queries about transfers: filters and pages, read strictly. A misspelt filter must not be ignored."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from flask import Request

from attachment_transfer.core.request_values import normalise_contact_id
from attachment_transfer.core.states import TransferState
from attachment_transfer.ingress.problems import ApiFieldError, ApiProblem
from attachment_transfer.ledger.upkeep.redrive import REDRIVABLE, Filter

MOST_PER_PAGE = 1000
PER_PAGE = 100
MOST_REDRIVEN = 1000
#: Reason codes are kebab-case; a longer text is no code of ours.
REASON_PATTERN = r"[a-z][a-z0-9\-]{0,63}"
_BODY_LIMIT_BYTES = 128 * 1024
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)

T = TypeVar("T")


class _Unusable(Exception):
    """A value that cannot be used; the message says what is expected."""


@dataclass(frozen=True, kw_only=True)
class ListQuery:
    """The query of ``GET /transfers``. Times are epoch seconds."""

    state: TransferState | None = None
    contact_id: str | None = None
    reason_code: str | None = None
    created_from_s: float | None = None
    created_before_s: float | None = None
    limit: int = PER_PAGE
    cursor: str | None = None


@dataclass(frozen=True, kw_only=True)
class AuditQuery:
    """The query of ``GET /transfers/{id}/audit``. ``after`` is the id of the last line that was read."""

    after: int = 0
    limit: int = PER_PAGE


@dataclass(frozen=True, kw_only=True)
class RedriveQuery:
    """The body of ``POST /transfers/retry``: ids, or a filter with a limit."""

    ids: tuple[str, ...] | None = None
    wanted: Filter | None = None
    limit: int = PER_PAGE


def read_list_query(request: Request) -> ListQuery:
    """Read the query string. Raises :class:`ApiProblem` 400 that names every parameter that is wrong."""
    read = _QueryReader("query", request.args, known=_LIST)
    query = ListQuery(
        state=read.get("state", _state(TransferState), None),
        contact_id=read.get("contact_id", _contact_id, None),
        reason_code=read.get("reason_code", _reason_code, None),
        created_from_s=read.get("created_from", _instant, None),
        created_before_s=read.get("created_before", _instant, None),
        limit=read.get("limit", _digits(MOST_PER_PAGE), PER_PAGE),
        cursor=read.get("cursor", _text, None),
    )
    read.finish("The query cannot be used")
    return query


def read_audit_query(request: Request) -> AuditQuery:
    """Read the query string. Raises :class:`ApiProblem` 400."""
    read = _QueryReader("query", request.args, known=("limit", "cursor"))
    query = AuditQuery(
        after=read.get("cursor", _digits(10**15, low=0, instead="the next_cursor of an earlier page"), 0),
        limit=read.get("limit", _digits(MOST_PER_PAGE), PER_PAGE),
    )
    read.finish("The query cannot be used")
    return query


def read_redrive(request: Request) -> RedriveQuery:
    """Read the JSON body. Raises :class:`ApiProblem` 400, 413 or 415."""
    body = _json_object(request)
    if "ids" in body:
        read = _QueryReader("body", body, known=("ids",))
        ids: tuple[str, ...] = read.get("ids", _ids, ())
        read.finish("The list cannot be used")
        return RedriveQuery(ids=ids)
    read = _QueryReader("body", body, known=("state", "reason_code", "contact_id", "created_before", "limit"))
    state = read.get("state", _state(REDRIVABLE), None, needed=True)
    reason_code = read.get("reason_code", _reason_code, None)
    contact_id = read.get("contact_id", _contact_id, None)
    created_before_s = read.get("created_before", _instant, None)
    limit = read.get("limit", _whole(MOST_REDRIVEN), PER_PAGE)
    read.finish("The filter cannot be used")
    wanted = Filter(
        state=state or TransferState.PARKED,
        reason_code=reason_code,
        contact_id=contact_id,
        created_before_s=created_before_s,
    )
    return RedriveQuery(wanted=wanted, limit=limit)


_LIST = ("state", "contact_id", "reason_code", "created_from", "created_before", "limit", "cursor")


class _QueryReader:
    """Reads members one by one and collects what is wrong with them."""

    def __init__(self, place: str, source: Mapping[str, Any], *, known: tuple[str, ...]) -> None:
        self._place = place
        self._source = source
        self._errors = [
            self._error(name, "unknown", f"only {', '.join(known)}", None) for name in source if name not in known
        ]

    def get(self, name: str, read: Callable[[Any], T], default: T, *, needed: bool = False) -> T:
        if name not in self._source:
            if needed:
                self._try(name, read, None, "missing")
            return default
        return self._try(name, read, self._source[name], "not usable", default)

    def _try(self, name: str, read: Callable[[Any], T], found: Any, message: str, default: T | None = None) -> T:
        try:
            return read(found)
        except _Unusable as exc:
            self._errors.append(self._error(name, message, str(exc), found))
            return default  # type: ignore[return-value]  # finish() raises before it is used

    def _error(self, name: str, message: str, expected: str, found: Any) -> ApiFieldError:
        shown = None if found is None else (found if isinstance(found, str) else json.dumps(found))[:120]
        place, remedy = f"{self._place}.{name[:64]}", f"Correct or remove it in the {self._place}."
        return ApiFieldError(field=place, message=message, expected=expected, remedy=remedy, found=shown)

    def finish(self, title: str) -> None:
        """Raise if anything was wrong."""
        if self._errors:
            said = "; ".join(f"{error.field}: {error.message}, expected {error.expected}" for error in self._errors)
            raise ApiProblem(400, title, said, self._errors)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _Unusable("a text")
    return value


def _state(allowed: Any) -> Callable[[Any], TransferState | None]:
    states = {str(state): state for state in allowed}

    def read(value: Any) -> TransferState | None:
        if not isinstance(value, str) or value not in states:
            raise _Unusable(f"one of {', '.join(states)}")
        return TransferState(states[value])

    return read


def _contact_id(value: Any) -> str | None:
    contact_id = normalise_contact_id(value) if isinstance(value, str) else None
    if contact_id is None:
        raise _Unusable("32 hex digits; either case, dashes and braces are accepted")
    return contact_id


def _reason_code(value: Any) -> str | None:
    if not isinstance(value, str) or not re.fullmatch(REASON_PATTERN, value, re.ASCII):
        raise _Unusable("a reason's code, e.g. credential-refused")
    return value


def _instant(value: Any) -> float | None:
    try:
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is None:
            raise ValueError("no offset")
        return instant.timestamp()
    except (TypeError, ValueError, OverflowError) as exc:
        raise _Unusable("a time with its offset, e.g. 2026-11-22T12:00:00Z") from exc


def _digits(high: int, *, low: int = 1, instead: str = "") -> Callable[[Any], int]:
    """A number in a query string."""

    def read(value: Any) -> int:
        if not re.fullmatch(r"[0-9]{1,16}", value, re.ASCII) or not low <= int(value) <= high:
            raise _Unusable(instead or f"a whole number from {low} to {high}")
        return int(value)

    return read


def _whole(high: int) -> Callable[[Any], int]:
    """A number in JSON, where 100 and 100.0 are the same."""

    def read(value: Any) -> int:
        whole = isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1
        if not whole or not 1 <= value <= high:
            raise _Unusable(f"a whole number from 1 to {high}")
        return int(value)

    return read


def _ids(value: Any) -> tuple[str, ...]:
    usable = isinstance(value, list) and 1 <= len(value) <= MOST_REDRIVEN
    if not usable or not all(isinstance(item, str) and _ID.fullmatch(item) for item in value):
        raise _Unusable(f"a list of 1 to {MOST_REDRIVEN} transfer ids, 32 lower-case hex digits each")
    return tuple(value)


def _json_object(request: Request) -> dict[str, Any]:
    if request.mimetype != "application/json":
        raise ApiProblem(415, "The content type must be application/json", "Send Content-Type: application/json.")
    body = request.stream.read(_BODY_LIMIT_BYTES + 1)
    if len(body) > _BODY_LIMIT_BYTES:
        raise ApiProblem(413, "The request is too large", f"At most {_BODY_LIMIT_BYTES} bytes.")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise ApiProblem(400, "The body is not JSON", "Send a JSON object.") from exc
    if not isinstance(document, dict):
        raise ApiProblem(400, "The body is no JSON object", 'Send e.g. {"state": "parked", "limit": 100}.')
    return document
