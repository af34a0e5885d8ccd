"""Real outages between real hosts: workers die or freeze, networks part, disks fill, versions change; the laws hold.

Every test has a tenant of its own; the chain ledger's laws are checked at its end: nothing lost, nothing twice, every
byte equal. Needs a Docker engine and the images; skips with one line without them, unless REQUIRE_DOCKER=1.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from attachment_lab.containers.engine import docker
from attachment_lab.containers.stack import TransferStack
from attachment_lab.tenant import Chat, Tenant
from attachment_lab.worlds import WorldOptions

pytestmark = [
    pytest.mark.street,
    pytest.mark.docker,
    pytest.mark.outage,
    pytest.mark.timeout(1200),
    pytest.mark.xdist_group("docker"),
]

WORKERS = ("worker-1", "worker-2")
LEASE_TTL_S = 15
PATIENCE_S = 300
ROLLING_CHATS = int(os.environ.get("ROLLING_CHATS", "200"))
#: A lease must have run out, and the clock that says so is the wall's: longer than that, an outage is a dead worker's.
LONGER_THAN_A_LEASE_S = 2 * LEASE_TTL_S + 10


def a_chat(tenant: Tenant, count: int = 4, size_bytes: int = 40_000) -> Chat:
    return tenant.chat(files=[(f"file {number}.bin", os.urandom(size_bytes)) for number in range(count)])


def slow_uploads(tenant: Tenant, delay_s: float = 1.5) -> None:
    """C4C takes its time, so that whatever happens next happens in the middle of an upload."""
    tenant.fault(mock="c4c", kind="latency", path="*Attachment*", method="POST", times=None, delay_s=delay_s)


def wait_for_an_upload(stack: TransferStack, tenant: Tenant) -> None:
    """Until a worker has begun to send a file, or has sent one."""

    def begun() -> bool:
        return any(
            each.state in {"uploading", "stored"} for transfer in tenant.transfers() for each in transfer.attachments
        )

    stack.wait_for(begun, lambda: "no upload has begun", timeout_s=PATIENCE_S)


@contextmanager
def whole_again(stack: TransferStack, *services: str) -> Iterator[None]:
    """Whatever the test did, these run and are healthy afterwards."""
    try:
        yield
    finally:
        for service in services:
            docker("unpause", stack.container(service), check=False)
            docker("update", "--restart", "unless-stopped", stack.container(service), check=False)
            docker("start", stack.container(service), check=False)
        stack.wait_until_healthy(*services)


def test_a_worker_that_is_killed_for_good_is_replaced_by_the_other(transfer_stack: TransferStack) -> None:
    with whole_again(transfer_stack, *WORKERS), transfer_stack.tenant() as tenant:
        slow_uploads(tenant)
        chats = [a_chat(tenant, count=3) for _ in range(4)]
        for chat in chats:
            chat.end()
        wait_for_an_upload(transfer_stack, tenant)
        victim = transfer_stack.container("worker-1")
        docker("update", "--restart", "no", victim)
        docker("kill", "--signal", "KILL", victim)
        tenant.wait_until_settled(timeout_s=PATIENCE_S)
        assert len(tenant.stored()) == 12
        assert transfer_stack.containers()["worker-1"]["State"]["Running"] is False


def test_a_worker_that_freezes_and_wakes_up_later_files_nothing_twice(transfer_stack: TransferStack) -> None:
    with whole_again(transfer_stack, *WORKERS), transfer_stack.tenant() as tenant:
        slow_uploads(tenant)
        for _ in range(4):
            a_chat(tenant, count=3).end()
        wait_for_an_upload(transfer_stack, tenant)
        docker("pause", transfer_stack.container("worker-1"))
        # The other one takes over what is left; then the frozen one wakes up with an upload in its hands.
        tenant.wait_until_settled(timeout_s=PATIENCE_S)
        docker("unpause", transfer_stack.container("worker-1"))
        transfer_stack.wait_until_healthy("worker-1")
        assert len(tenant.stored()) == 12


def test_a_network_that_parts_in_the_middle_of_an_upload_loses_and_doubles_nothing(
    transfer_stack: TransferStack,
) -> None:
    network = transfer_stack.network("street")
    with whole_again(transfer_stack, *WORKERS), transfer_stack.tenant() as tenant:
        slow_uploads(tenant, delay_s=2)
        a_chat(tenant, count=4, size_bytes=2_000_000).end()
        wait_for_an_upload(transfer_stack, tenant)
        for worker in WORKERS:
            docker("network", "disconnect", "--force", network, transfer_stack.container(worker))
        try:
            transfer_stack.wait_for(
                lambda: any(each.state == "waiting" for each in tenant.transfers()) or _nobody_moves(tenant),
                lambda: "the transfer does not notice that C4C is gone",
                timeout_s=PATIENCE_S,
            )
        finally:
            for worker in WORKERS:
                docker("network", "connect", network, transfer_stack.container(worker))
        tenant.wait_until_settled(timeout_s=PATIENCE_S)
        assert len(tenant.stored()) == 4


def test_postgresql_that_is_restarted_hard_keeps_everything_that_was_accepted(transfer_stack: TransferStack) -> None:
    with whole_again(transfer_stack, "postgres", *WORKERS), transfer_stack.tenant() as tenant:
        slow_uploads(tenant, delay_s=0.5)
        for _ in range(6):
            a_chat(tenant, count=2).end()
        wait_for_an_upload(transfer_stack, tenant)
        docker("restart", "--time", "0", transfer_stack.container("postgres"))
        transfer_stack.wait_until_healthy("postgres")
        tenant.wait_until_settled(timeout_s=PATIENCE_S)
        assert len(tenant.stored()) == 12


def test_a_disk_that_is_full_holds_a_file_up_and_loses_nothing(transfer_stack: TransferStack) -> None:
    # CMI gives no length, so a file goes through the worker's spool: the disk that is full here.
    options = WorldOptions(dialects={"cmi": {"length_known": False}, "orchestration": {"allow_real_network": True}})
    fill = (
        "i=0; while head -c 4000000 /dev/zero >>/tmp/full.$i 2>/dev/null; do :; done; head -c 1 /dev/zero >>/tmp/full"
    )
    with whole_again(transfer_stack, *WORKERS), transfer_stack.tenant(options) as tenant:
        for worker in WORKERS:
            transfer_stack.exec(worker, "sh", "-c", f"{fill} || true")
        try:
            chat = a_chat(tenant, count=2, size_bytes=300_000)
            chat.end()
            transfer_stack.wait_for(
                lambda: any(each.state == "waiting" and each.reason for each in tenant.transfers()),
                lambda: f"no transfer waits with a reason: {tenant.transfers()}",
                timeout_s=PATIENCE_S,
            )
            assert tenant.stored() == []
        finally:
            for worker in WORKERS:
                transfer_stack.exec(worker, "sh", "-c", "rm -f /tmp/full*")
        tenant.wait_until_settled(timeout_s=PATIENCE_S)
        assert len(tenant.stored()) == 2


def test_a_token_issuer_whose_clock_is_wrong_is_refused_in_words_and_heals_when_it_is_right(
    transfer_stack: TransferStack,
) -> None:
    with transfer_stack.tenant() as tenant:
        oauth = tenant.mock("orchestration")
        oauth.post("/_mock/oauth", {"clock_skew_s": 3600}, world=tenant.name)
        fired = a_chat(tenant, count=1).end()
        assert fired is not None
        transfer_stack.wait_for(
            lambda: all(each.state == "failed" for each in tenant.ledger.handovers(fired.event_id)),
            lambda: "the event is not refused",
            timeout_s=PATIENCE_S,
        )
        assert [each.status for each in tenant.ledger.handovers(fired.event_id)] == [401]
        oauth.post("/_mock/oauth", {"clock_skew_s": 0}, world=tenant.name)
        (delivery,) = fired.delivery_ids
        oauth.post(f"/_mock/deliveries/{delivery}/redeliver", {}, world=tenant.name)
        tenant.wait_until_settled(timeout_s=PATIENCE_S)
        assert len(tenant.stored()) == 1


def test_a_token_issuer_that_is_ahead_by_less_than_the_leeway_is_believed(transfer_stack: TransferStack) -> None:
    with transfer_stack.tenant() as tenant:
        tenant.mock("orchestration").post("/_mock/oauth", {"clock_skew_s": 20}, world=tenant.name)
        a_chat(tenant, count=1).end()
        tenant.wait_until_settled(timeout_s=PATIENCE_S)
        assert len(tenant.stored()) == 1


def test_a_rolling_update_during_200_chats_loses_and_doubles_nothing(transfer_stack: TransferStack) -> None:
    tag, old = f"next-{uuid.uuid4().hex[:8]}", transfer_stack.options.tag
    _new_version(old, tag)
    services = ("api-1", "api-2", *WORKERS)
    try:
        with transfer_stack.tenant() as tenant, ThreadPoolExecutor(max_workers=1) as customers:
            rest = customers.submit(_chats, tenant, ROLLING_CHATS)
            for service in services:
                _roll(transfer_stack, service, tag)
            assert rest.result() == ROLLING_CHATS
            tenant.wait_until_settled(timeout_s=3 * PATIENCE_S)
            assert len(tenant.stored()) == ROLLING_CHATS
            images = {name: transfer_stack.containers()[name]["Config"]["Image"] for name in services}
            assert set(images.values()) == {f"attachment-transfer:{tag}"}
    finally:
        for service in services:
            _roll(transfer_stack, service, old)
        docker("rmi", "-f", f"attachment-transfer:{tag}", check=False)


def _chats(tenant: Tenant, count: int) -> int:
    for number in range(count):
        tenant.chat(files=[(f"photo {number}.jpg", b"\xff\xd8\xff" + number.to_bytes(4, "big") * 500)]).end()
    return count


def _new_version(old: str, new: str) -> None:
    """Another image of the same program: it differs by a label, so every container is made anew."""
    made = docker("create", "--label", f"version={new}", f"attachment-transfer:{old}").strip()
    try:
        docker("commit", "--change", f"LABEL version={new}", made, f"attachment-transfer:{new}")
    finally:
        docker("rm", made)


def _roll(stack: TransferStack, service: str, tag: str) -> None:
    """One container after the other: the old one drains and goes, the new one comes and becomes healthy."""
    stack.compose("up", "-d", "--no-deps", service, tag=tag)
    stack.wait_until_healthy(service)


def _nobody_moves(tenant: Tenant) -> bool:
    return all(each.is_at_rest for each in tenant.transfers())
