"""What makes a client wait, as ``/_mock`` routes: objects that a person has locked, a tenant that is busy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, jsonify

from c4c_mock.evidence import seen
from c4c_mock.model.capacity import BusyPeriod
from c4c_mock.model.cti import stored_reference
from c4c_mock.model.locks import PersonsLock
from c4c_mock.routes.administration_forms import check
from c4c_mock.tenant import C4CTenant
from mock_kit.control import json_object
from mock_kit.faults.kinds import is_int, is_number
from mock_kit.http.problem import FieldError
from mock_kit.mock import Mock

Reply = tuple[Response, int]
_LOCK_MEMBERS = ("user", "object_id", "external_reference_id", "refusals", "for_s")
_BUSY_MEMBERS = ("status", "for_s", "times")
_PERSON = "MARY"
_MOST_SECONDS = 366 * 86_400.0
"""A lock or a busy period lasts a year at most, in seconds of virtual time."""


def add_limits(bp: Blueprint, mock: Mock[C4CTenant]) -> None:
    """Routes for persons' locks and for busy periods; each takes ``?tenant=``."""
    _add_locks(bp, mock)
    _add_busy(bp, mock)


def _add_locks(bp: Blueprint, mock: Mock[C4CTenant]) -> None:
    @bp.get("/locks")
    def list_locks() -> Reply:
        """The locks of persons, with the number of writers rejected; and what is being written right now."""
        locks = mock.current_tenant().locks
        return jsonify(persons=locks.persons(), writers=locks.writers()), 200

    @bp.post("/locks")
    def add_lock() -> Reply:
        """``{"user"?, "object_id"? | "external_reference_id"?, "refusals"?, "for_s"?}``: a person edits an object."""
        tenant = mock.current_tenant()
        lock = _lock_of(tenant, json_object())
        seen("lock-by-person")
        tenant.locks.add_person(lock)
        return jsonify(lock.to_dict()), 201

    @bp.delete("/locks")
    def remove_locks() -> Reply:
        """Remove the locks of all persons."""
        mock.current_tenant().locks.release_persons()
        return Response(), 204


def _add_busy(bp: Blueprint, mock: Mock[C4CTenant]) -> None:
    @bp.get("/busy")
    def show_busy() -> Reply:
        """The busy period, over or not; null without one."""
        return jsonify(busy=mock.current_tenant().busy.to_dict()), 200

    @bp.post("/busy")
    def begin_busy() -> Reply:
        """``{"status"?, "for_s"?, "times"?}``: every request is rejected for a while."""
        tenant = mock.current_tenant()
        period = _period_of(tenant, json_object())
        seen("busy")
        tenant.busy.begin(period)
        return jsonify(busy=period.to_dict()), 201

    @bp.delete("/busy")
    def end_busy() -> Reply:
        """The tenant accepts requests again."""
        mock.current_tenant().busy.end()
        return Response(), 204


def _lock_of(tenant: C4CTenant, body: Mapping[str, Any]) -> PersonsLock:
    errors = [*_unknown_members(body, _LOCK_MEMBERS), *_for_errors(body), *_count_errors(body, "refusals")]
    user, reference = body.get("user", _PERSON), body.get("external_reference_id")
    object_id = body.get("object_id") or ""
    if not isinstance(user, str) or not 0 < len(user) <= 40:
        errors.append(FieldError("user", "1 to 40 characters", "Name the person who edits the object.", user))
    if reference is not None and object_id:
        remedy = "Leave one of the two out; without both every object is locked."
        errors.append(FieldError("object_id", "object_id or external_reference_id", remedy, object_id))
    elif reference is not None:
        object_id = _activity_with(tenant, reference)
        if not object_id:
            remedy = "Let the agent accept the chat first, or leave it out: then every object is locked."
            errors.append(FieldError("external_reference_id", "that of an activity of this tenant", remedy, reference))
    elif object_id and not _is_root(tenant, object_id):
        remedy = "GET the activity and take its ObjectID; a part is locked with its activity."
        errors.append(FieldError("object_id", "the ObjectID of an activity", remedy, object_id))
    check(errors)
    return PersonsLock(user=user, object_id=object_id, refusals=body.get("refusals"), until=_end_of(tenant, body))


def _activity_with(tenant: C4CTenant, reference: object) -> str:
    roots = (row for row in tenant.rows.everything() if row.parent_id is None)
    return next((row.object_id for row in roots if stored_reference(tenant.rows, row) == reference != ""), "")


def _is_root(tenant: C4CTenant, object_id: object) -> bool:
    return any(row.object_id == object_id and row.parent_id is None for row in tenant.rows.everything())


def _period_of(tenant: C4CTenant, body: Mapping[str, Any]) -> BusyPeriod:
    errors = [*_unknown_members(body, _BUSY_MEMBERS), *_for_errors(body), *_count_errors(body, "times")]
    status = body.get("status", 503)
    if status not in {429, 503} or isinstance(status, bool):
        errors.append(FieldError("status", "429 or 503", "Other answers: plan a fault of kind status.", status))
    if body.get("for_s") is None and body.get("times") is None:
        errors.append(FieldError("for_s", "for_s, times or both", 'Say when it ends, e.g. {"for_s": 600}.'))
    check(errors)
    return BusyPeriod(status=status, until=_end_of(tenant, body), times=body.get("times"))


def _end_of(tenant: C4CTenant, body: Mapping[str, Any]) -> datetime | None:
    lasts_s = body.get("for_s")
    return None if lasts_s is None else tenant.clock.now() + timedelta(seconds=lasts_s)


def _unknown_members(body: Mapping[str, Any], known: tuple[str, ...]) -> list[FieldError]:
    expected = f"one of {', '.join(known)}"
    return [FieldError(n, expected, "Remove it.", v) for n, v in body.items() if n not in known]


def _for_errors(body: Mapping[str, Any]) -> list[FieldError]:
    lasts_s = body.get("for_s")
    if lasts_s is None or (is_number(lasts_s) and 0 < lasts_s <= _MOST_SECONDS):
        return []
    expected = f"seconds of the tenant's time, above 0 and at most {_MOST_SECONDS:.0f}, or null"
    return [FieldError("for_s", expected, "Correct it or leave it out.", lasts_s)]


def _count_errors(body: Mapping[str, Any], name: str) -> list[FieldError]:
    count = body.get(name)
    if count is None or is_int(count, 1):
        return []
    return [FieldError(name, "a whole number >= 1, or null for no limit", "Correct it or leave it out.", count)]
