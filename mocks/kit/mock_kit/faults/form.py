"""Reads a fault from the body of ``POST /_mock/faults``; every mistake is named with its remedy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from mock_kit.faults import Fault
from mock_kit.faults.kinds import fault_errors, is_int, is_number
from mock_kit.http.problem import FieldError, bad_request

_MATCH_NAMES = {"method", "path", "host"}
_CORRECT = "Correct the value or leave it out."

#: Member → (check, expectation in words).
_MEMBERS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "id": (lambda value: isinstance(value, str) and 0 < len(value) <= 64, "text of 1 to 64 characters"),
    "kind": (lambda value: isinstance(value, str), "the name of a kind"),
    "phase": (lambda value: value in {None, "before", "after"}, '"before" or "after"'),
    "match": (lambda value: isinstance(value, dict), "an object with method, path, host (globs)"),
    "params": (lambda value: isinstance(value, dict), "an object"),
    "times": (lambda value: value is None or is_int(value, 0), "a whole number >= 0; 0 or null: until removed"),
    "skip": (lambda value: is_int(value, 0), "a whole number >= 0"),
    "probability": (lambda value: is_number(value) and value <= 1, "a number from 0 to 1"),
    "seed": (is_int, "a whole number"),
    "expires_at": (lambda value: _moment(value) is not None, "a date and time with an offset, ISO 8601"),
    "expires_in_s": (is_number, "seconds >= 0 of the tenant's time"),
}


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo is not None else None


def read_fault(body: Mapping[str, Any], now: datetime) -> Fault:
    """The fault that ``body`` describes; ``now`` is the tenant's time. Problem 400 with every mistake."""
    errors = [
        FieldError(name, f"one of {', '.join(_MEMBERS)}", "Remove it; parameters go into params.", value)
        for name, value in body.items()
        if name not in _MEMBERS
    ]
    for name, (ok, expected) in _MEMBERS.items():
        if name in body and not ok(body[name]):
            errors.append(FieldError(name, expected, _CORRECT, body[name]))
    if not errors:
        errors = _match_errors(body.get("match", {}))
        errors += fault_errors(body.get("kind", ""), body.get("phase"), body.get("params", {}))
    if errors:
        raise bad_request("This is no fault that can be planned.", *errors)
    given = {name: value for name, value in body.items() if not name.startswith("expires_")}
    return Fault(**given, expires_at=_expiry(body, now))


def _match_errors(match: Mapping[str, Any]) -> list[FieldError]:
    wrong = {
        name: value
        for name, value in match.items()
        if name not in _MATCH_NAMES or not isinstance(value, str) or not value
    }
    expected = "method, path or host with a text"
    return [FieldError(f"match.{name}", expected, _CORRECT, value) for name, value in wrong.items()]


def _expiry(body: Mapping[str, Any], now: datetime) -> datetime | None:
    if "expires_in_s" in body:
        return now + timedelta(seconds=body["expires_in_s"])
    return _moment(body.get("expires_at"))
