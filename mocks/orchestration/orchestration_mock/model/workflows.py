"""The orchestration layer's own stand-in: it records what it is sent and answers as the dialect says.

What the real one checks and answers is not published. The stand-in checks the derived contract (bearer
token, three headers, the documented keys) and does nothing with it: it fetches nothing and uploads
nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Any

from mock_kit.clock import Clock
from mock_kit.ids import Ids
from orchestration_mock.model.contact import normal_id, stamp
from orchestration_mock.model.errors import FieldError, Invalid, Malformed

#: Documented keys of each workflow's body, and its documented headers. Further keys are let through.
BODIES: dict[str, tuple[str, ...]] = {
    "chat-attachments": ("cmi_url", "cmi_user", "sap_v1", "contact_id"),
    "email-analysis": ("cmi_url", "cmi_user", "contact_id"),
}
HEADERS: dict[str, tuple[str, ...]] = {
    "chat-attachments": ("x-cmi-api-key", "x-cmi-password", "x-sap-v1-password"),
    "email-analysis": ("x-cmi-api-key", "x-cmi-password"),
}
KEPT_CALLS = 1000


@dataclass(frozen=True, kw_only=True)
class Call:
    """One accepted call; header values are not kept."""

    id: str
    workflow: str
    at: str
    contact_id: str
    cmi_url: str
    cmi_user: str
    headers_present: tuple[str, ...]


class Workflows:
    """What one tenant's integrations have sent to the orchestration layer."""

    def __init__(self, *, clock: Clock, ids: Ids, dialect: Mapping[str, Any]) -> None:
        self._clock = clock
        self._ids = ids
        self._dialect = dialect
        self._calls: deque[Call] = deque(maxlen=KEPT_CALLS)
        self._lock = Lock()

    def calls(self) -> list[dict[str, Any]]:
        """The accepted calls, oldest first."""
        with self._lock:
            return [asdict(call) for call in self._calls]

    def take(self, workflow: str, headers: Mapping[str, str], body: object) -> tuple[int, dict[str, Any]]:
        """Status and body of the answer. Raises ``Invalid`` or ``Malformed``."""
        if not isinstance(body, Mapping):
            raise Malformed("The body must be a JSON object.")
        errors = [*_header_errors(workflow, headers), *_body_errors(workflow, body)]
        if errors:
            raise Invalid(f"This call of {workflow} is incomplete.", tuple(errors))
        now = stamp(self._clock.now())
        call = Call(
            id=self._ids.uuid("workflow"),
            workflow=workflow,
            at=now,
            contact_id=normal_id(str(body["contact_id"])) or str(body["contact_id"]),
            cmi_url=str(body["cmi_url"]),
            cmi_user=str(body["cmi_user"]),
            headers_present=HEADERS[workflow],
        )
        with self._lock:
            self._calls.append(call)
        return self._answer(call)

    def _answer(self, call: Call) -> tuple[int, dict[str, Any]]:
        if self._dialect["workflow_answer"] == "sync":
            return 200, {"status": "done", "contact_id": call.contact_id, "attachments": []}
        if self._dialect["workflow_answer"] == "execution":
            arn = f"arn:aws:states:eu-central-1:000000000000:execution:{call.workflow}:{call.id.lower()}"
            return 200, {"executionArn": arn, "startDate": call.at}
        return 202, {"status": "accepted", "job_id": call.id}


def _header_errors(workflow: str, headers: Mapping[str, str]) -> list[FieldError]:
    present = {name.lower() for name, value in headers.items() if value}
    return [
        FieldError(field=name, expected="a header with a value", remedy=f"add {name} to the JSON's headers")
        for name in HEADERS[workflow]
        if name not in present
    ]


def _body_errors(workflow: str, body: Mapping[str, Any]) -> list[FieldError]:
    errors = []
    for name in BODIES[workflow]:
        fine = isinstance(body.get(name), dict if name == "sap_v1" else str)
        if not fine or not body[name]:
            expected = "an object" if name == "sap_v1" else "a string"
            errors.append(FieldError(field=name, expected=expected, remedy=f"add {name} to the JSON's body"))
    sap = body.get("sap_v1")
    if isinstance(sap, dict) and workflow == "chat-attachments":
        errors += [
            FieldError(field=f"sap_v1.{name}", expected="a string", remedy=f"add {name} to sap_v1")
            for name in ("url", "user")
            if not isinstance(sap.get(name), str)
        ]
    return errors
