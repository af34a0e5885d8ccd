"""Which changes may be sent: attachments of the one named test activity, and nothing else in the tenant."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote, urlsplit

from attachment_lab.probe.permits import NotPermitted, Permits, PermitUse
from attachment_lab.probe.target import ProbeTarget

ROOT = "/sap/c4c/odata/v1"
#: The set whose one member may be written to. A test activity is a chat activity.
SERVICE, ACTIVITIES, ATTACHMENTS = "chatactivity", "ChatActivityCollection", "ChatActivityAttachmentCollection"
_NAVIGATION = re.compile(r"[A-Za-z]+Attachment[A-Za-z]*")
_OWN = re.compile(rf"/{SERVICE}/(?P<set>[A-Za-z]+)\('(?P<id>[^']+)'\)")
_BATCH_PART = re.compile(rb"^([A-Z]+) [^\s]+ HTTP/1\.1\r?$", re.MULTILINE)


def check_write(target: ProbeTarget, permits: Permits, used: PermitUse, *, method: str, url: str, body: bytes) -> None:
    """Raise NotPermitted unless a run may make this change."""
    if not permits.writes:
        raise NotPermitted(f"{method} is a change, and this run is read-only; --allow-writes permits some")
    path = unquote(urlsplit(url).path).removeprefix(ROOT)
    if urlsplit(url).netloc != urlsplit(target.c4c_url).netloc or path == unquote(urlsplit(url).path):
        raise NotPermitted(f"{method} {path}: changes are allowed in C4C's chatactivity service only")
    if method == "POST":
        _check_post(target, path, body)
    elif method in {"PATCH", "DELETE"}:
        _check_own(permits, used, method, path)
    else:
        raise NotPermitted(f"{method} is never sent")


def _check_post(target: ProbeTarget, path: str, body: bytes) -> None:
    activity = f"/{SERVICE}/{ACTIVITIES}('{target.test_activity}')/"
    if path.startswith(activity) and _NAVIGATION.fullmatch(path.removeprefix(activity)):
        return
    if path == f"/{SERVICE}/$batch":
        if set(_BATCH_PART.findall(body)) == {b"GET"}:
            return
        raise NotPermitted("a $batch of this run contains reads only")
    if re.fullmatch(rf"/{SERVICE}/[A-Za-z]*Attachment[A-Za-z]*Collection", path):
        if _parent_of(body) == target.test_activity:
            return
        raise NotPermitted("an attachment is created below the test activity only")
    raise NotPermitted(f"POST {path} is outside the test activity")


def _check_own(permits: Permits, used: PermitUse, method: str, path: str) -> None:
    found = _OWN.fullmatch(path)
    if found is None or "Attachment" not in found["set"] or found["id"] not in used.created:
        raise NotPermitted(f"{method} {path}: only what this run created may be touched")
    if method == "DELETE" and not permits.clean_up:
        raise NotPermitted("nothing is deleted without --clean-up")


def _parent_of(body: bytes) -> str:
    try:
        document = json.loads(body)
    except ValueError:
        return ""
    return str(document.get("ParentObjectID", "")) if isinstance(document, dict) else ""
