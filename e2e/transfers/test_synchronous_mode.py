"""The synchronous mode: the answer to Contact Pro holds the result per file, if it comes in time."""

from __future__ import annotations

import pytest

from attachment_lab.testing.lab import LabTenant

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]


@pytest.mark.own_stack(service_environment={"ATTACHMENT_TRANSFER_SYNC_WAIT_S": "8"})
def test_the_answer_to_contact_pro_names_every_file(tenant: LabTenant) -> None:
    tenant.chat(files=[("a.txt", b"first"), ("b.txt", b"second")]).end()
    tenant.wait_until_settled()
    (delivery,) = tenant.mock("orchestration").get("/_mock/deliveries", tenant=tenant.name)
    assert delivery["status"] == 200
    assert "a.txt" in delivery["response_body"]
    assert "b.txt" in delivery["response_body"]


@pytest.mark.own_stack(service_environment={"ATTACHMENT_TRANSFER_SYNC_WAIT_S": "1"})
def test_what_takes_longer_is_answered_202_and_goes_on(tenant: LabTenant) -> None:
    tenant.fault(mock="cmi", kind="latency", path="*/attachments/*", method="GET", delay_s=3.0)
    tenant.chat(files=[("a.txt", b"first")]).end()
    (transfer,) = tenant.wait_until_settled()
    (delivery,) = tenant.mock("orchestration").get("/_mock/deliveries", tenant=tenant.name)
    assert delivery["status"] == 202
    assert transfer.outcome == "stored"
