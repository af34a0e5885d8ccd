"""What a run may do. By default it only reads, on a tenant that its owner has listed as a test tenant.

Every host counts as production unless ``ATTACHMENT_PROBE_TEST_HOSTS`` lists it. No name, pattern or edition
distinguishes a customer's test tenant from the live one, so the owner lists each host: patterns are refused, and CMI,
whose host several tenants share, is listed as ``host/tenant``. Changes are permitted to attachments of the one named
test activity, and to nothing else in the tenant.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from attachment_lab.errors import WrongUse
from attachment_lab.probe.target import PREFIX, ProbeTarget, System

#: Accounts that a wrong password can be tried on.
ACCOUNTS = ("cmi", "c4c")


class NotPermitted(WrongUse):
    """The run is not allowed to do this; nothing was sent."""


@dataclass(frozen=True, kw_only=True)
class Permits:
    """What the user has allowed.

    Attributes:
        writes: attachments may be added to the one test activity.
        clean_up: what this run added there may be deleted again.
        tries_on: the account on which ONE wrong password may be tried; None = on none.
        production: a host that is not listed as a test tenant may be probed.
    """

    writes: bool = False
    clean_up: bool = False
    tries_on: System | None = None
    production: bool = False


@dataclass
class PermitUse:
    """Which permits this run has used.

    Attributes:
        wrong_passwords: tried so far; never more than one.
        created: ObjectIDs of attachments that this run created, oldest first.
    """

    wrong_passwords: int = 0
    created: list[str] = field(default_factory=list)


def check_site(target: ProbeTarget, permits: Permits) -> None:
    """Raise NotPermitted for a host that counts as production, before anything is sent."""
    unlisted = [system for system in target.systems if target.site(system) not in target.test_hosts]
    if not unlisted or permits.production:
        return
    sites = ", ".join(f"{target.site(system)} ({system})" for system in unlisted)
    raise NotPermitted(
        f"not listed as a test tenant, so it counts as production: {sites}. If it is a test tenant, add it to "
        f"{PREFIX}TEST_HOSTS (exact names with commas between; CMI as host/tenant); "
        "--force-production probes it nevertheless"
    )


def check_permits(target: ProbeTarget, permits: Permits) -> None:
    """Raise WrongUse for permits that contradict each other or are incomplete."""
    if permits.writes and not target.test_activity:
        raise WrongUse(
            f"--allow-writes needs one named test activity: --test-activity OBJECTID or {PREFIX}TEST_ACTIVITY, "
            "the ObjectID of a chat activity for tests"
        )
    if permits.clean_up and not permits.writes:
        raise WrongUse("--clean-up deletes what --allow-writes created: give both")
    if permits.tries_on and permits.tries_on not in target.systems:
        raise WrongUse(f"--allow-wrong-password {permits.tries_on}: this run does not probe that system")


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
