"""Plans, lists and removes faults for the Faults page: parses the form once and names every wrong field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from attachment_lab.clients.stack_clients import MOCKS
from attachment_lab.faults.forms import FORMS
from attachment_lab.faults.locations import BY_ID, Location, location_of, misplaced
from attachment_lab.reconciliation.reading import Reconciliation
from mock_kit.faults.kinds import KINDS, fault_errors, is_int, is_number
from mock_kit.http.problem import FieldError

MEMBERS = ("location", "kind", "params", "phase", "times", "skip", "expires_in_s")


class InvalidFault(Exception):
    """The form cannot be used; one error per field."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__("; ".join(f"{each.field}: expected {each.expected}" for each in errors))
        self.errors = errors


@dataclass(frozen=True, kw_only=True)
class FaultForm:
    """A checked fault of the page. ``plan`` is the body for the mock."""

    location: Location
    plan: Mapping[str, Any]


def read_form(body: Mapping[str, Any], *, fault_proxy: bool) -> FaultForm:
    """``{"location", "kind", "params", "phase"?, "times"?, "skip"?, "expires_in_s"?}``. Raises InvalidFault."""
    errors = [
        FieldError(name, f"one of {', '.join(MEMBERS)}", "Remove it.", body[name])
        for name in body
        if name not in MEMBERS
    ]
    location = BY_ID.get(str(body.get("location")))
    kind, params = str(body.get("kind")), body.get("params", {})
    if location is None:
        wanted = f"one of {', '.join(BY_ID)}"
        errors.append(FieldError("location", wanted, "Choose where it strikes.", body.get("location")))
    elif (wrong := misplaced(location, kind, fault_proxy=fault_proxy)) is not None:
        errors.append(wrong)
    if isinstance(params, dict):
        errors += fault_errors(kind, body.get("phase"), params)
    else:
        errors.append(FieldError("params", "an object", "Send the kind's parameters.", params))
    errors += _counting_errors(body)
    if errors or location is None:
        raise InvalidFault(errors)
    plan = {"match": location.match, "kind": kind, "params": params, "times": body.get("times", 1)}
    kept = {name: body[name] for name in ("phase", "skip", "expires_in_s") if body.get(name) is not None}
    return FaultForm(location=location, plan=plan | kept)


def _counting_errors(body: Mapping[str, Any]) -> list[FieldError]:
    times, skip, expires = body.get("times", 1), body.get("skip"), body.get("expires_in_s")
    errors = []
    if times is not None and not is_int(times, 0):
        errors.append(
            FieldError("times", "a whole number >= 0; 0: until removed", "Correct it or choose “until removed”.", times)
        )
    if skip is not None and not is_int(skip, 0):
        errors.append(FieldError("skip", "a whole number >= 0", "Correct it.", skip))
    if expires is not None and not (is_number(expires) and expires > 0):
        errors.append(
            FieldError("expires_in_s", "seconds > 0 of the stack's time", "Correct it or leave it out.", expires)
        )
    return errors


def plan_fault(reconciliation: Reconciliation, form: FaultForm) -> dict[str, Any]:
    """Plan it in its mock; returns it as ``planned`` lists it. Raises RequestRefused."""
    if form.location.id == "token":
        reconciliation.service.token()  # or the fault would strike the console's own next request
    return shown(reconciliation.control(form.location.mock).plan(**form.plan), form.location.mock)


def planned(reconciliation: Reconciliation) -> list[dict[str, Any]]:
    """Every fault of the tenant, spent ones included."""
    return [shown(each, mock) for mock in MOCKS for each in reconciliation.control(mock).faults()]


def shown(fault: Mapping[str, Any], mock: str) -> dict[str, Any]:
    """A fault as the page shows it; one that was planned elsewhere is described by its match."""
    location, form = location_of(fault, mock), FORMS.get(fault["kind"])
    match = " ".join(str(fault["match"][name]) for name in ("method", "path") if fault["match"].get(name))
    return {
        "id": fault["id"],
        "mock": mock,
        "hop": location.hop if location else mock,
        "where": location.title if location else match or "every request",
        "kind": form.title if form else fault["kind"],
        "detail": _detail(fault),
        "phase": fault["phase"],
        "applied": fault["applied"],
        "remaining": fault["remaining"],
        "expires_at": fault["expires_at"],
        "layer": fault["layer"],
        "warning": fault.get("warning", ""),
    }


def _detail(fault: Mapping[str, Any]) -> str:
    """The parameters that say something, in one line: those that differ from the kind's defaults."""
    kind = KINDS.get(fault["kind"])
    usual = {name: param.default for name, param in kind.params.items()} if kind else {}
    params = {
        name: value
        for name, value in fault["params"].items()
        if value not in ("", {}, None) and value != usual.get(name)
    }
    if fault["kind"] == "status":
        headers = "".join(f", {name}: {value}" for name, value in params.get("headers", {}).items())
        wait = f", Retry-After {params['retry_after_s']} s" if "retry_after_s" in params else ""
        return f"{params['status']}{wait}{' as a date' if wait and 'retry_after_form' in params else ''}{headers}"
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in params.items())
