"""A stack in place of a tenant: the same requests, answered by mocks on this machine."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from urllib.parse import urlsplit

from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.probe.target import PREFIX, SYSTEMS, ProbeTarget
from attachment_lab.tenant.conversation import LabConversation, Sendable
from attachment_lab.tenant.credentials import ENDPOINT, SCOPE, TenantNames

CUSTOMER = {"name": "Wilhelmina Rehearsal", "email": "wilhelmina@rehearsal.example"}
SAYING = "This message must not be stored."
SETTLED_S = 60
FILES: tuple[Sendable, ...] = (
    ("Wilhelminas passport.png", b"\x89PNG\r\n\x1a\n" + bytes(2000)),
    ("Wilhelminas letter.txt", b"Dear Sirs, I did not get my parcel.\n"),
)


def prepare_rehearsal(to: StackClients, names: TenantNames, files: Sequence[Sendable] = FILES) -> tuple[str, str]:
    """An ended chat of two legs with files and an activity, and a completed test activity: (contact id, ObjectID)."""
    chat = LabConversation.open(to, names, customer=CUSTOMER)
    chat.accept()
    chat.say(SAYING)
    for each in files[:1]:
        chat.send(each)
    chat.add_leg()
    chat.say("Now with a colleague.")
    for each in files[1:]:
        chat.send(each)
    chat.end(fire=False)
    chat.wrap_up(fire=False)
    activity = completed_chat(to, names)
    for mock in ("cmi", "c4c"):  # a dialect may delay when written data becomes visible
        to.control(mock, names.name).advance(SETTLED_S)
    return chat.guid, activity


def completed_chat(to: StackClients, names: TenantNames) -> str:
    """A completed chat activity for tests; returns its ObjectID."""
    payload = {
        "Type": "CHAT",
        "EventType": "INBOUND",
        "ExternalReferenceID": secrets.token_hex(16).upper(),
        "Email": "nobody@rehearsal.example",
    }
    made = to.c4c.post("/_mock/cti", {**payload, "Action": "ACCEPT"}, tenant=names.name)
    to.c4c.post("/_mock/cti", {**payload, "Action": "END"}, tenant=names.name)
    return str(made["activity"]["object_id"])


def rehearsal_target(to: StackClients, names: TenantNames, contact_id: str, activity: str) -> ProbeTarget:
    """The tenant as its owner would describe it, with a map of its hosts to this machine."""
    return ProbeTarget(
        systems=SYSTEMS,
        cmi_url=names.cmi_url,
        cmi_api_key=names.api_key,
        cmi_user=names.cmi_user,
        cmi_password=names.cmi_password,
        contact_id=contact_id,
        c4c_url=names.c4c_url,
        c4c_user=names.c4c_user,
        c4c_password=names.c4c_password,
        token_url=names.token_url,
        client_id=names.client_id,
        client_secret=names.client_secret,
        scope=SCOPE,
        endpoint_url=ENDPOINT,
        test_hosts=(f"{names.cmi_host}/{names.tenant_path}", names.c4c_host, *_hosts(names.token_url, ENDPOINT)),
        test_activity=activity,
        loopback_map=loopback_map(to, names),
    )


def loopback_map(to: StackClients, names: TenantNames) -> str:
    """The process that answers for each of the tenant's hosts."""
    token_host, endpoint_host = _hosts(names.token_url, ENDPOINT)
    processes = {
        names.cmi_host: to.cmi,
        names.c4c_host: to.c4c,
        token_host: to.orchestration,
        endpoint_host: to.service,
    }
    return ",".join(f"{host}={calls.base_url}" for host, calls in processes.items())


def environment(target: ProbeTarget) -> dict[str, str]:
    """The target as the variables that describe it, for a command in another process."""
    named = {name: value for name, value in vars(target).items() if name not in {"systems", "test_hosts"} and value}
    variables = {f"{PREFIX}{name.upper()}": str(value) for name, value in named.items()}
    return variables | {f"{PREFIX}TEST_HOSTS": ",".join(target.test_hosts)}


def _hosts(*urls: str) -> tuple[str, ...]:
    return tuple(str(urlsplit(url).hostname) for url in urls)
