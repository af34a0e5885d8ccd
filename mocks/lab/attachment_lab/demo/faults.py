"""The faults of ``attachment-lab demo --fault``: what breaks, where, and the expected result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.tenant.conversation import SentFile
from mock_kit.faults.kinds import KINDS


@dataclass(frozen=True, kw_only=True)
class DemoFault:
    """A fault that affects one file.

    Attributes:
        phase: None = the kind's default.
        expected: the expected result, for people.
        times: number of requests that it affects; None = until it is removed.
    """

    mock: Literal["cmi", "c4c"]
    kind: str
    expected: str
    phase: Literal["after"] | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    times: int | None = 1

    @property
    def needs_fault_proxy(self) -> bool:
        """Whether it is a wire fault, which needs a stack with fault proxies."""
        return KINDS[self.kind].layer == "wire"


#: The request that carries a file, by mock; ``{id}`` stands for the attachment's id at CMI.
REQUESTS = {
    "cmi": {"method": "GET", "path": "*/attachments/{id}*"},
    "c4c": {"method": "POST", "path": "*Attachment*"},
}

#: A file that no longer exists: the customer's channel has deleted it.
GONE = DemoFault(
    mock="cmi",
    kind="status",
    params={"status": 404},
    expected="the file is gone from CMI; the service reports it and continues",
    times=None,
)
FAULTS: dict[str, DemoFault] = {
    "flip-byte": DemoFault(
        mock="cmi",
        kind="flip_byte",
        params={"offset": 0},
        expected="one byte changes on the way out of CMI; the reconciliation must notice",
    ),
    "cmi-down": DemoFault(
        mock="cmi",
        kind="status",
        params={"status": 503, "headers": {"Retry-After": "1"}},
        expected="CMI is busy once; the service retries",
    ),
    "c4c-down": DemoFault(
        mock="c4c",
        kind="status",
        params={"status": 503, "headers": {"Retry-After": "1"}},
        expected="C4C is busy once; the service retries",
    ),
    "lost-answer": DemoFault(
        mock="c4c",
        kind="status",
        phase="after",
        params={"status": 504},
        expected="C4C stores the file but its answer is lost; no second copy may appear",
    ),
    "cut": DemoFault(
        mock="cmi",
        kind="cut",
        params={"after_bytes": 1000},
        expected="the download breaks off in the middle; the service retries",
    ),
    "packed": DemoFault(
        mock="cmi",
        kind="packed",
        params={"coding": "gzip"},
        expected="a gateway compresses the download without being asked; the service decompresses it",
    ),
    "sign-in-page": DemoFault(
        mock="cmi",
        kind="sign_in_page",
        expected="a sign-in page is returned in place of the file; the service detects that and retries",
    ),
    "short-file": DemoFault(
        mock="cmi",
        kind="truncate_body",
        params={"keep_bytes": 1, "content_length": "fixed"},
        expected="the download ends early with a right Content-Length; the service compares with the listed size",
    ),
    "redirect": DemoFault(
        mock="cmi",
        kind="redirect",
        params={"to": "signed"},
        expected="CMI redirects to a pre-signed address; the service follows without its credentials",
    ),
    "reset": DemoFault(
        mock="c4c",
        kind="lost_answer",
        expected="C4C stores the file, then the connection is reset; no second copy may appear",
    ),
}


def plan(
    to: StackClients,
    tenant: str,
    fault: DemoFault,
    on: SentFile,
    *,
    activity: str | None = None,
    uploads_before: int = 0,
) -> str:
    """Set the fault for one file; returns its id.

    Args:
        activity: ObjectID of the chat activity to which a C4C fault is limited; several chats may be in progress.
        uploads_before: files of the chat that are uploaded before this one: an upload's address does not name its file,
            and the files of one activity are uploaded one after the other, in the order of the chat.
    """
    match = dict(REQUESTS[fault.mock])
    path = f"*{activity}{match['path']}" if activity and fault.mock == "c4c" else match["path"]
    match["path"] = path.replace("{id}", on.id)
    how = {"times": fault.times, "phase": fault.phase, "params": dict(fault.params)}
    how["skip"] = uploads_before if fault.mock == "c4c" else 0
    return str(to.control(fault.mock, tenant).plan(match, fault.kind, **how)["id"])


def slow_down(to: StackClients, tenant: str, delay_s: float, *, times: int | None) -> list[tuple[str, str]]:
    """Add latency to the next ``times`` downloads and uploads, None = to all; returns the faults as (mock, id)."""
    params = {"delay_s": round(delay_s, 3)}
    found = []
    for mock, request in REQUESTS.items():
        match = request | {"path": request["path"].replace("{id}", "")}
        found.append((mock, str(to.control(mock, tenant).plan(match, "latency", times=times, params=params)["id"])))
    return found
