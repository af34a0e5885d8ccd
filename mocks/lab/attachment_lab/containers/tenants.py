"""The containers' tenants: the documentation's own is opened at start; a smoke check plays one chat in it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import httpx

from attachment_lab.clients.stack_clients import MOCKS, StackClients
from attachment_lab.errors import LabFailed, RequestRefused
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.reconciliation.records import ReconciliationVerdict
from attachment_lab.reconciliation.settling import wait_until_settled
from attachment_lab.tenant.conversation import LabConversation
from attachment_lab.tenant.credentials import TenantNames
from attachment_lab.tenant.opening import TenantOptions, open_tenant

POLL_S = 0.25
#: Two small files: the check is about the path, not about the load.
SMOKE_FILES = (("hello.txt", b"Hello from the smoke check.\n"), ("pixel.gif", b"GIF89a\x01\x00\x01\x00\x80\x00\x00;"))


def wait_for(urls: Mapping[str, str], *, timeout_s: float) -> None:
    """Until every mock answers. Raises LabFailed naming the one that does not."""
    deadline = time.monotonic() + timeout_s
    for name in MOCKS:
        while not _answers(f"{urls[name]}/_mock/health"):
            if time.monotonic() > deadline:
                raise LabFailed(f"the {name} mock at {urls[name]} does not answer within {timeout_s:g} s")
            time.sleep(POLL_S)


def open_first_tenant(settings: Mapping[str, Any], *, timeout_s: float = 60.0) -> bool:
    """Open the console's first tenant in all three mocks; False if it is open already."""
    wait_for(settings["urls"], timeout_s=timeout_s)
    to, names = StackClients(settings["urls"]), TenantNames(**settings["tenant"])
    if _is_open(to, names.name):
        return False
    open_tenant(to, names, TenantOptions(dialects=settings["dialects"]))
    return True


def smoke(settings: Mapping[str, Any], *, timeout_s: float = 90.0) -> ReconciliationVerdict:
    """Play one chat with two files through the whole chain and reconcile. Raises LabError."""
    to, names = StackClients(settings["urls"]), TenantNames(**settings["tenant"])
    reconciliation = Reconciliation(to, names)
    chat = LabConversation.open(to, names, on_sent=reconciliation.customer_sent)
    chat.accept()
    for file in SMOKE_FILES:
        chat.send(file)
    chat.end()
    wait_until_settled(reconciliation, timeout_s=timeout_s)
    chat.wrap_up(fire=False)
    return reconciliation.verdict()


def _is_open(to: StackClients, name: str) -> bool:
    try:
        for mock in MOCKS:
            to.mock(mock).get(f"/_mock/tenants/{name}")
    except RequestRefused as exc:
        if exc.status != 404:
            raise
        return False
    return True


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2.0, trust_env=False).is_success
    except httpx.TransportError:
        return False
