"""Stand-in for the orchestration layer: records the calls it receives and answers as the dialect says.

Documented: the three regional hosts, the keys and headers of each workflow, that email-analysis works on
subject or body and ignores attachments. What the real one checks and answers is not published. The
stand-in checks the derived contract and does nothing with it: it fetches nothing and uploads nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from threading import Lock
from typing import Any

from mock_kit.http.problem import FieldError
from mock_kit.http.refusals import MalformedRequest
from mock_kit.tenants.clock import Clock, stamp
from mock_kit.tenants.ids import Ids, normal_id
from orchestration_mock.model.bounded import BoundedDict
from orchestration_mock.model.forms import Form

#: Region → host. No address is published for the data centre in Cape Town.
HOSTS = {
    "eu-c1": "cc-workflows-eu-c1.cc.sinch.com",
    "na-w2": "cc-workflows-na-w2.cc.sinch.com",
    "au-s2": "cc-workflows-au-s2.cc.sinch.com",
}
#: Required keys of each workflow's body, and its documented headers. Further keys are accepted.
BODIES: dict[str, tuple[str, ...]] = {
    "chat-attachments": ("cmi_url", "cmi_user", "sap_v1", "contact_id"),
    "email-analysis": ("cmi_url", "cmi_user", "contact_id", "from", "to", "created"),
}
HEADERS: dict[str, tuple[str, ...]] = {
    "chat-attachments": ("x-cmi-api-key", "x-cmi-password", "x-sap-v1-password"),
    "email-analysis": ("x-cmi-api-key", "x-cmi-password"),
}
RESULTS = ("stored", "skipped", "failed")
KEPT_CALLS = 1000
KEPT_RESULTS = 1000


@dataclass(frozen=True, kw_only=True)
class WorkflowCall:
    """One accepted call; header values are not kept.

    Attributes:
        analysed: for email-analysis, whether there was a subject or a body; else None.
    """

    id: str
    workflow: str
    region: str
    at: str
    contact_id: str
    cmi_url: str
    cmi_user: str
    headers_present: tuple[str, ...]
    keys_present: tuple[str, ...]
    analysed: bool | None = None


@dataclass(kw_only=True)
class Workflows:
    """What one tenant's integrations have sent to the orchestration layer."""

    clock: Clock
    ids: Ids
    dialect: Mapping[str, Any]
    _calls: deque[WorkflowCall] = field(default_factory=lambda: deque(maxlen=KEPT_CALLS))
    _results: BoundedDict[str, list[dict[str, Any]]] = field(default_factory=lambda: BoundedDict(KEPT_RESULTS))
    _lock: Lock = field(default_factory=Lock)

    def calls(self) -> list[dict[str, Any]]:
        """The accepted calls, oldest first."""
        with self._lock:
            return [asdict(call) for call in self._calls]

    def saved(self) -> dict[str, Any]:
        """Calls and prepared results as plain JSON, for a snapshot."""
        with self._lock:
            return {"calls": [asdict(call) for call in self._calls], "results": dict(self._results)}

    def load(self, saved: Mapping[str, Any]) -> None:
        """Replace both by what ``saved`` returned."""
        listed = ("headers_present", "keys_present")
        calls = [WorkflowCall(**(each | {name: tuple(each[name]) for name in listed})) for each in saved["calls"]]
        with self._lock:
            self._calls.clear()
            self._calls.extend(calls)
            self._results.clear()
            self._results.update(saved["results"])

    def prepare(self, contact_id: str, body: object) -> list[dict[str, Any]]:
        """Set the files of a conversation in the synchronous answer. Raises ``Invalid`` or ``MalformedRequest``.

        ``{"attachments": [{"name", "status": "stored|skipped|failed", "reason"?}]}``
        """
        form = Form(body)
        found = []
        for item in form.items("attachments"):
            inner = Form(item, at="attachments")
            found.append({"name": inner.text("name"), "status": inner.choice("status", RESULTS, "stored")})
            found[-1] |= {"reason": inner.text("reason", "")} if inner.has("reason") else {}
            form.take_errors(inner, "attachments")
        form.done("The results")
        with self._lock:
            self._results[normal_id(contact_id) or contact_id] = found
        return found

    def take(self, workflow: str, host: str, headers: Mapping[str, str], body: object) -> tuple[int, dict[str, Any]]:
        """Record a call; status and body of the answer. Raises ``MalformedRequest`` with every field that is wrong."""
        if not isinstance(body, Mapping):
            raise MalformedRequest("The body must be a JSON object.")
        errors = [*_header_errors(workflow, headers), *_body_errors(workflow, body)]
        if errors:
            raise MalformedRequest(f"This call of {workflow} is incomplete.", *errors)
        analysed = bool(body.get("subject") or body.get("body")) if workflow == "email-analysis" else None
        call = WorkflowCall(
            id=self.ids.uuid("workflow"),
            workflow=workflow,
            region=next(region for region, name in HOSTS.items() if name == host),
            at=stamp(self.clock.now()),
            contact_id=normal_id(str(body["contact_id"])) or str(body["contact_id"]),
            cmi_url=str(body["cmi_url"]),
            cmi_user=str(body["cmi_user"]),
            headers_present=HEADERS[workflow],
            keys_present=tuple(body),
            analysed=analysed,
        )
        with self._lock:
            self._calls.append(call)
        return self._answer(call)

    def _answer(self, call: WorkflowCall) -> tuple[int, dict[str, Any]]:
        if self.dialect["workflow_answer"] == "sync":
            return 200, self._done(call)
        if self.dialect["workflow_answer"] == "execution":
            arn = f"arn:aws:states:eu-central-1:000000000000:execution:{call.workflow}:{call.id.lower()}"
            return 200, {"executionArn": arn, "startDate": call.at}
        return 202, {"status": "accepted", "job_id": call.id}

    def _done(self, call: WorkflowCall) -> dict[str, Any]:
        if call.analysed is not None:
            return {"status": "done", "contact_id": call.contact_id, "analysed": call.analysed}
        with self._lock:
            files = self._results.get(call.contact_id, [])
        return {"status": "done", "contact_id": call.contact_id, "attachments": files}


def _header_errors(workflow: str, headers: Mapping[str, str]) -> list[FieldError]:
    present = {name.lower() for name, value in headers.items() if value}
    return [
        FieldError(name, "a header with a value", f"add {name} to the JSON's headers")
        for name in HEADERS[workflow]
        if name not in present
    ]


def _body_errors(workflow: str, body: Mapping[str, Any]) -> list[FieldError]:
    errors = []
    for name in BODIES[workflow]:
        value, wanted = body.get(name), "an object" if name == "sap_v1" else "a string"
        if name == "to" and isinstance(value, list) and value:  # several recipients
            continue
        if not value or not isinstance(value, dict if name == "sap_v1" else str):
            errors.append(FieldError(name, wanted, f"add {name} to the JSON's body"))
    sap = body.get("sap_v1")
    if isinstance(sap, dict) and workflow == "chat-attachments":
        errors += [
            FieldError(f"sap_v1.{name}", "a string", f"add {name} to sap_v1")
            for name in ("url", "user")
            if not isinstance(sap.get(name), str)
        ]
    return errors
