"""The faults of ``attachment-lab demo --fault``: what breaks, where, and the expected result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.tenant.conversation import SentFile


@dataclass(frozen=True, kw_only=True)
class DemoFault:
    """A fault that affects one file.

    Attributes:
        path: glob for the request's path; ``{id}`` stands for the attachment's id at CMI.
        phase: None = the kind's default.
        needs_fault_proxy: a wire fault; it needs a stack with fault proxies.
        expected: the expected result, for people.
        times: number of requests that it affects; None = until it is removed.
    """

    mock: Literal["cmi", "c4c"]
    kind: str
    method: str
    path: str
    expected: str
    phase: Literal["after"] | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    needs_fault_proxy: bool = False
    times: int | None = 1


CMI_DOWNLOAD = "*/attachments/{id}*"
C4C_UPLOAD = "*Attachment*"

#: A file that no longer exists: the customer's channel has deleted it.
GONE = DemoFault(
    mock="cmi",
    kind="status",
    method="GET",
    path=CMI_DOWNLOAD,
    params={"status": 404},
    expected="the file is gone from CMI; the service reports it and continues",
    times=None,
)
FAULTS: dict[str, DemoFault] = {
    "flip-byte": DemoFault(
        mock="cmi",
        kind="flip_byte",
        method="GET",
        path=CMI_DOWNLOAD,
        params={"offset": 0},
        expected="one byte changes on the way out of CMI; the reconciliation must notice",
    ),
    "cmi-down": DemoFault(
        mock="cmi",
        kind="status",
        method="GET",
        path=CMI_DOWNLOAD,
        params={"status": 503, "headers": {"Retry-After": "1"}},
        expected="CMI is busy once; the service retries",
    ),
    "c4c-down": DemoFault(
        mock="c4c",
        kind="status",
        method="POST",
        path=C4C_UPLOAD,
        params={"status": 503, "headers": {"Retry-After": "1"}},
        expected="C4C is busy once; the service retries",
    ),
    "lost-answer": DemoFault(
        mock="c4c",
        kind="status",
        method="POST",
        path=C4C_UPLOAD,
        phase="after",
        params={"status": 504},
        expected="C4C stores the file but its answer is lost; no second copy may appear",
    ),
    "cut": DemoFault(
        mock="cmi",
        kind="cut",
        method="GET",
        path=CMI_DOWNLOAD,
        params={"after_bytes": 1000},
        needs_fault_proxy=True,
        expected="the download breaks off in the middle; the service retries",
    ),
    "packed": DemoFault(
        mock="cmi",
        kind="packed",
        method="GET",
        path=CMI_DOWNLOAD,
        params={"coding": "gzip"},
        expected="a gateway compresses the download without being asked; the service decompresses it",
    ),
    "sign-in-page": DemoFault(
        mock="cmi",
        kind="sign_in_page",
        method="GET",
        path=CMI_DOWNLOAD,
        expected="a sign-in page is returned in place of the file; the service detects that and retries",
    ),
    "short-file": DemoFault(
        mock="cmi",
        kind="truncate_body",
        method="GET",
        path=CMI_DOWNLOAD,
        params={"keep_bytes": 1, "content_length": "fixed"},
        expected="the download ends early with a right Content-Length; the service compares with the listed size",
    ),
    "redirect": DemoFault(
        mock="cmi",
        kind="redirect",
        method="GET",
        path=CMI_DOWNLOAD,
        params={"to": "signed"},
        expected="CMI redirects to a pre-signed address; the service follows without its credentials",
    ),
    "reset": DemoFault(
        mock="c4c",
        kind="lost_answer",
        method="POST",
        path=C4C_UPLOAD,
        needs_fault_proxy=True,
        expected="C4C stores the file, then the connection is reset; no second copy may appear",
    ),
}


def plan(to: StackClients, tenant: str, fault: DemoFault, on: SentFile, *, activity: str | None = None) -> str:
    """Set the fault for one file; returns its id.

    ``activity``: ObjectID of the chat activity to which a C4C fault is limited; several chats may be in progress.
    """
    path = f"*{activity}{fault.path}" if activity and fault.mock == "c4c" else fault.path
    match = {"method": fault.method, "path": path.replace("{id}", on.id)}
    how = {"times": fault.times, "phase": fault.phase, "params": dict(fault.params)}
    return str(to.control(fault.mock, tenant).plan(match, fault.kind, **how)["id"])


def slow_down(to: StackClients, tenant: str, delay_s: float, *, times: int | None) -> list[tuple[str, str]]:
    """Add latency to the next ``times`` downloads and uploads, None = to all; returns the faults as (mock, id)."""
    params = {"delay_s": round(delay_s, 3)}
    return [
        (mock, str(to.control(mock, tenant).plan(match, "latency", times=times, params=params)["id"]))
        for mock, match in (
            ("cmi", {"method": "GET", "path": CMI_DOWNLOAD.replace("{id}", "")}),
            ("c4c", {"method": "POST", "path": C4C_UPLOAD}),
        )
    ]
