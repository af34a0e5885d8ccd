"""Secrets are looked for where they must not be: database, its log, logs, metrics, journals, process list, a crash."""

from __future__ import annotations

import base64
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from attachment_lab.stack.processes import listeners
from attachment_lab.testing.lab import LabTenant

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]


def canaries(tenant: LabTenant) -> dict[str, bytes]:
    """Every secret of the test's tenant, and the forms in which it travels."""
    names = tenant.names
    plain = {
        "CMI API key": names.api_key,
        "CMI password": names.cmi_password,
        "C4C password": names.c4c_password,
        "client secret": names.client_secret,
        "bearer token": tenant.reconciliation.service.token(),
    }
    basic = {
        "CMI Basic": f"{names.cmi_user}:{names.cmi_password}",
        "C4C Basic": f"{names.c4c_user}:{names.c4c_password}",
        "client Basic": f"{names.client_id}:{names.client_secret}",
    }
    found = {what: text.encode() for what, text in plain.items()}
    found |= {f"{what} in base64": base64.b64encode(text.encode()) for what, text in basic.items()}
    return found


def places(tenant: LabTenant) -> Iterator[tuple[str, bytes]]:
    """Everything that outlives a request, by name."""
    stack = tenant.lab.stack
    for file in sorted(stack.run_dir.glob("*")):
        if file.is_file():
            yield file.name, file.read_bytes()
    for mock in ("orchestration", "cmi", "c4c"):
        for what in ("journal", "faults", "evidence"):
            answer = httpx.get(f"{stack.urls[mock]}/_mock/{what}", params={"tenant": tenant.name}, timeout=30)
            yield f"{mock} {what}", answer.content
    deliveries = httpx.get(f"{stack.urls['orchestration']}/_mock/deliveries", params={"tenant": tenant.name})
    yield "deliveries", deliveries.content
    for port in (stack.ports.service, stack.ports.service + 1):
        yield f"metrics of port {port}", httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=30).content
    headers = {"Authorization": f"Bearer {tenant.reconciliation.service.token()}"}
    for transfer in tenant.transfers():
        url = f"{stack.urls['service']}/transfers/{transfer.id}"
        yield "transfer resource", httpx.get(url, headers=headers, timeout=30).content
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield f"command line of {process.parent.name}", process.read_bytes()
        except OSError:
            continue


def assert_no_canary(tenant: LabTenant) -> None:
    searched = 0
    for place, content in places(tenant):
        searched += 1
        for what, secret in canaries(tenant).items():
            assert secret not in content, f"{what} stands in {place}"
    assert searched > 15


@pytest.mark.own_stack
def test_no_secret_is_left_anywhere_while_a_transfer_waits_nor_after_a_crash_nor_at_its_end(tenant: LabTenant) -> None:
    tenant.fault(mock="c4c", kind="status", path="*/ChatActivityAttachment*", method="POST", phase="after", status=500)
    tenant.fault(mock="cmi", kind="status", path="*/chats/*", method="GET", status=503, times=1)
    chat = tenant.chat(files=[("a.txt", b"first"), ("b.txt", b"second")])
    chat.end()
    assert_no_canary(tenant)
    os.kill(listeners(tenant.lab.stack.ports.service + 1)[0], signal.SIGSEGV)
    tenant.wait_until_settled(timeout_s=120)
    assert_no_canary(tenant)


@pytest.mark.sample
def test_a_wrong_password_is_not_told_to_anybody(tenant: LabTenant) -> None:
    wrong = "canary-wrong-password-20261122"
    url = f"{tenant.lab.urls['orchestration']}/{tenant.names.tenant_path}/system-configurator/api/secrets/sap-v1-secret"
    body = {"name": "sap-v1-secret", "description": "wrong on purpose", "secret": wrong}
    assert httpx.put(url, json=body, timeout=30).is_success
    tenant.chat(files=[("a.txt", b"first")]).end()
    (transfer,) = tenant.wait_until_settled()
    assert transfer.state == "parked"
    assert "credential-refused" in (transfer.reason or "")
    for place, content in places(tenant):
        assert wrong.encode() not in content, f"the wrong password stands in {place}"
