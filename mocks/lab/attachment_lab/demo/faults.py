"""The faults that ``attachment-lab demo --fault`` offers: what breaks, where, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.tenant.conversation import SentFile


@dataclass(frozen=True, kw_only=True)
class DemoFault:
    """A fault for one file's journey.

    Attributes:
        path: glob on the request's path; ``{id}`` stands for the attachment's id at CMI.
        phase: None = the kind's natural one.
        needs_fault_proxy: a wire fault, which only a stack through the fault proxies can have.
        story: what a spectator should expect.
        times: how often it strikes; None = until it is taken back.
    """

    mock: Literal["cmi", "c4c"]
    kind: str
    method: str
    path: str
    story: str
    phase: Literal["after"] | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    needs_fault_proxy: bool = False
    times: int | None = 1


CMI_DOWNLOAD = "*/attachments/{id}*"
C4C_UPLOAD = "*Attachment*"

#: A file that is gone for good: the customer's channel has deleted it.
GONE = DemoFault(
    mock="cmi",
    kind="status",
    method="GET",
    path=CMI_DOWNLOAD,
    params={"status": 404},
    story="the file is gone from CMI; the service reports it and goes on",
    times=None,
)
FAULTS: dict[str, DemoFault] = {
    "flip-byte": DemoFault(
        mock="cmi",
        kind="flip_byte",
        method="GET",
        path=CMI_DOWNLOAD,
        params={"offset": 0},
        story="one byte changes on the way out of CMI; the reconciliation must notice",
    ),
    "cmi-down": DemoFault(
        mock="cmi",
        kind="status",
        method="GET",
        path=CMI_DOWNLOAD,
        params={"status": 503, "headers": {"Retry-After": "1"}},
        story="CMI is busy once; the service comes back",
    ),
    "c4c-down": DemoFault(
        mock="c4c",
        kind="status",
        method="POST",
        path=C4C_UPLOAD,
        params={"status": 503, "headers": {"Retry-After": "1"}},
        story="C4C is busy once; the service comes back",
    ),
    "lost-answer": DemoFault(
        mock="c4c",
        kind="status",
        method="POST",
        path=C4C_UPLOAD,
        phase="after",
        params={"status": 504},
        story="C4C stores the file but its answer is lost; no second copy may appear",
    ),
    "cut": DemoFault(
        mock="cmi",
        kind="cut",
        method="GET",
        path=CMI_DOWNLOAD,
        params={"after_bytes": 1000},
        needs_fault_proxy=True,
        story="the download breaks off in the middle; the service comes back",
    ),
    "packed": DemoFault(
        mock="cmi",
        kind="packed",
        method="GET",
        path=CMI_DOWNLOAD,
        params={"coding": "gzip"},
        story="a gateway packs the download though nobody asked; the service unpacks it",
    ),
    "sign-in-page": DemoFault(
        mock="cmi",
        kind="sign_in_page",
        method="GET",
        path=CMI_DOWNLOAD,
        story="a sign-in page answers in CMI's place; the service sees that it is not the file and comes back",
    ),
    "short-file": DemoFault(
        mock="cmi",
        kind="truncate_body",
        method="GET",
        path=CMI_DOWNLOAD,
        params={"keep_bytes": 1, "content_length": "fixed"},
        story="the download ends early with a right Content-Length; the service compares with the listed size",
    ),
    "redirect": DemoFault(
        mock="cmi",
        kind="redirect",
        method="GET",
        path=CMI_DOWNLOAD,
        params={"to": "signed"},
        story="CMI redirects to a pre-signed address; the service follows without its credentials",
    ),
    "reset": DemoFault(
        mock="c4c",
        kind="lost_answer",
        method="POST",
        path=C4C_UPLOAD,
        needs_fault_proxy=True,
        story="C4C stores the file, then the connection is reset; no second copy may appear",
    ),
}


def plan(to: StackClients, tenant: str, fault: DemoFault, on: SentFile, *, activity: str | None = None) -> str:
    """Set the fault for one file; returns its id.

    ``activity``: ObjectID of the chat activity that alone is struck at C4C, where several chats are on their way.
    """
    path = f"*{activity}{fault.path}" if activity and fault.mock == "c4c" else fault.path
    match = {"method": fault.method, "path": path.replace("{id}", on.id)}
    body: dict[str, Any] = {"match": match, "kind": fault.kind, "times": fault.times, "params": dict(fault.params)}
    if fault.phase:
        body["phase"] = fault.phase
    return str(to.mock(fault.mock).post("/_mock/faults", body, tenant=tenant)["id"])
