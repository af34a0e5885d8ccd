"""Real outages between real hosts: workers die or freeze, networks part, disks fill, clocks differ.

Every test has a tenant of its own; the reconciliation's invariants are checked at its end: nothing lost, nothing twice,
every byte equal. The stack is one of its own (``compose.outages.yml``): a lease of 3 s, an upload of 25 s at most.
Needs a Docker engine and the images; skips with one line without them, unless REQUIRE_DOCKER=1.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from instrument.building import build, install_packages
from instrument.outages import (
    PATIENCE_S,
    WORKERS,
    a_chat,
    cut_off,
    kill_for_good,
    rounds_of,
    slow_uploads,
    takeovers_of,
    victim_and_survivor,
    wait_for_an_upload,
    whole_again,
)

from attachment_lab.containers.compose_stack import ComposeStack, ComposeStackOptions
from attachment_lab.containers.engine import docker
from attachment_lab.containers.fixtures import asking_docker
from attachment_lab.reconciliation.records import DeliveryRecord
from attachment_lab.tenant.opening import TenantOptions
from attachment_lab.testing.lab import LabTenant

pytestmark = [
    pytest.mark.stack,
    pytest.mark.docker,
    pytest.mark.outage,
    pytest.mark.timeout(1200),
    pytest.mark.xdist_group("docker-outages"),
]

ROOT = Path(__file__).resolve().parents[2]
HOUR_S = 3600
#: A worker that dies is found dead after two leases (3 s each), its upload ended after 25 s; this lies between.
LATE_COMMIT_S = 23
#: C4C asks for it in a Retry-After.
ASKED_TO_WAIT_S = 20
FAKETIME = f"""{install_packages("libfaketime")}
RUN mkdir /faketime && cp /changed/usr/lib/*/faketime/libfaketime.so.1 /faketime
FROM attachment-transfer:local
COPY --from=packages /faketime/libfaketime.so.1 /usr/lib/libfaketime.so.1
"""


@pytest.fixture(scope="module")
def stack() -> Iterator[ComposeStack]:
    with asking_docker():
        stack = ComposeStack(ROOT, ComposeStackOptions(files=["e2e/compose.outages.yml"])).__enter__()
    try:
        yield stack
    finally:
        stack.stop()


@pytest.fixture
def skew_worker_1(stack: ComposeStack) -> Iterator[Callable[[int], None]]:
    """Starts worker-1 anew with a clock that is so many seconds ahead (Debian's libfaketime in an image of its own)."""
    name = f"attachment-transfer:faketime-{uuid.uuid4().hex[:8]}"
    build(FAKETIME, name)

    def skew(off_s: int) -> None:
        variables = {
            "WORKER_1_IMAGE": name,
            "WORKER_1_PRELOAD": "/usr/lib/libfaketime.so.1",
            "WORKER_1_CLOCK": f"{off_s:+d}",
        }
        stack.compose("up", "-d", "--no-deps", "worker-1", variables=variables)
        stack.wait_until_healthy("worker-1")
        seen_s = [float(stack.exec(worker, "python3", "-c", "import time; print(time.time())")) for worker in WORKERS]
        assert abs(seen_s[0] - seen_s[1] - off_s) < 60

    yield skew
    stack.compose("up", "-d", "--no-deps", "worker-1")
    stack.wait_until_healthy("worker-1")
    docker("rmi", "-f", name, check=False)


def test_a_worker_that_is_killed_for_good_is_replaced_by_the_other(stack: ComposeStack) -> None:
    with whole_again(stack, *WORKERS), stack.tenant() as tenant:
        slow_uploads(tenant, delay_s=2)
        for _ in range(4):
            a_chat(tenant, count=3).end()
        wait_for_an_upload(stack, tenant)
        victim, survivor = victim_and_survivor(stack)
        before = takeovers_of(stack, survivor)
        kill_for_good(stack, victim)
        tenant.wait_until_settled(timeout_s=PATIENCE_S)
        assert len(tenant.stored()) == 12
        assert takeovers_of(stack, survivor) > before
        assert stack.containers()[victim]["State"]["Running"] is False


def test_a_worker_that_freezes_with_half_a_file_sent_files_nothing_twice_when_it_wakes(stack: ComposeStack) -> None:
    with whole_again(stack, *WORKERS), stack.tenant() as tenant:
        # The first download drips, and what has come is sent on: when the worker freezes, C4C has half of the body.
        tenant.fault(mock="cmi", kind="drip", path="*attachment*", bytes_per_s=1_000_000)
        a_chat(tenant, count=1, size_bytes=6_000_000).end()
        wait_for_an_upload(stack, tenant)
        victim, survivor = victim_and_survivor(stack)
        before = takeovers_of(stack, survivor)
        docker("pause", stack.container(victim))
        # The other takes over, and meets the lock that C4C holds on the activity as long as the body is not there.
        stack.wait_for(
            lambda: any(each.state == "waiting" and "lock" in str(each.reason) for each in tenant.transfers()),
            lambda: f"the survivor has not met the lock: {tenant.transfers()}",
            timeout_s=PATIENCE_S,
        )
        assert takeovers_of(stack, survivor) > before
        # It wakes with the rest of the body in its hands.
        docker("unpause", stack.container(victim))
        tenant.wait_until_settled(timeout_s=PATIENCE_S)
        stack.wait_until_healthy(victim)
        stack.wait_for(
            lambda: not any(rounds_of(stack, each) for each in WORKERS),
            lambda: "the worker that woke up still carries",
            timeout_s=PATIENCE_S,
        )
        assert len(tenant.stored()) == 1


def test_a_network_that_parts_in_the_middle_of_an_upload_loses_and_doubles_nothing(stack: ComposeStack) -> None:
    with stack.tenant() as tenant:
        slow_uploads(tenant, delay_s=4)
        a_chat(tenant, count=4, size_bytes=2_000_000).end()
        wait_for_an_upload(stack, tenant)
        with cut_off(stack, "c4c"):
            stack.wait_for(
                lambda: any(each.state == "waiting" and each.reason for each in tenant.transfers()),
                lambda: f"the transfer does not notice that C4C is gone: {tenant.transfers()}",
                timeout_s=PATIENCE_S,
            )
        tenant.wait_until_settled(timeout_s=PATIENCE_S)
        assert len(tenant.stored()) == 4


def test_postgresql_that_is_restarted_hard_keeps_everything_that_was_accepted(stack: ComposeStack) -> None:
    with whole_again(stack, "postgres", *WORKERS), stack.tenant() as tenant:
        slow_uploads(tenant, delay_s=0.5)
        for _ in range(6):
            a_chat(tenant, count=2).end()
        wait_for_an_upload(stack, tenant)
        docker("restart", "--time", "0", stack.container("postgres"))
        stack.wait_until_healthy("postgres")
        tenant.wait_until_settled(timeout_s=PATIENCE_S)
        assert len(tenant.stored()) == 12


def test_a_workers_disk_that_is_full_holds_a_file_up_and_loses_nothing(stack: ComposeStack) -> None:
    # CMI gives no length, so a file goes through the worker's spool: the disk that is full here.
    options = TenantOptions(dialects={"cmi": {"length_known": False}})
    with whole_again(stack, *WORKERS), stack.tenant(options) as tenant:
        for worker in WORKERS:
            stack.exec(worker, "sh", "-c", "cat /dev/zero >/tmp/full 2>/dev/null || true")
        try:
            chat = a_chat(tenant, count=2, size_bytes=300_000)
            chat.end()
            stack.wait_for(
                lambda: any(each.state == "waiting" and each.reason for each in tenant.transfers()),
                lambda: f"no transfer waits with a reason: {tenant.transfers()}",
                timeout_s=PATIENCE_S,
            )
            assert tenant.stored() == []
        finally:
            for worker in WORKERS:
                stack.exec(worker, "rm", "-f", "/tmp/full")
        tenant.wait_until_settled(timeout_s=PATIENCE_S)
        assert len(tenant.stored()) == 2


def test_a_database_whose_disk_is_full_refuses_at_the_door_and_keeps_what_it_accepted(stack: ComposeStack) -> None:
    with whole_again(stack, "postgres", *WORKERS), stack.tenant() as tenant:
        slow_uploads(tenant, delay_s=1)
        for _ in range(3):
            a_chat(tenant, count=2).end()
        wait_for_an_upload(stack, tenant)
        stack.exec("disk", "sh", "-c", "cat /dev/zero >/data/full 2>/dev/null || true")
        try:
            refused = refused_deliveries(tenant, stack)
        finally:
            stack.exec("disk", "rm", "-f", "/data/full")
        stack.wait_until_healthy("postgres", "api-1", "api-2", *WORKERS)
        for delivery in refused:
            tenant.mock("orchestration").post(f"/_mock/deliveries/{delivery}/redeliver", {}, tenant=tenant.name)
        transfers = tenant.wait_until_settled(timeout_s=PATIENCE_S)
        assert [each.outcome for each in transfers] == ["stored"] * len(transfers)


def refused_deliveries(tenant: LabTenant, stack: ComposeStack, *, most: int = 60) -> list[str]:
    """Chats end until the service has refused one; ids of the deliveries that were refused, never with a 2xx or 4xx."""
    refused: list[str] = []
    for _ in range(most):
        fired = a_chat(tenant, count=1).end()
        assert fired is not None
        answers = answered(tenant, stack, fired.event_id)
        if any(each.state == "failed" for each in answers):
            assert {each.status for each in answers} == {503}
            refused.extend(fired.delivery_ids)
            if len(refused) == 3:
                return refused
    pytest.fail(f"{most} chats were accepted on a disk that is full")


def answered(tenant: LabTenant, stack: ComposeStack, event_id: str) -> list[DeliveryRecord]:
    """How the service answered the deliveries of an event."""

    def at_rest() -> bool:
        found = tenant.reconciliation.deliveries(event_id)
        return bool(found) and all(each.state in {"delivered", "failed"} for each in found)

    stack.wait_for(at_rest, lambda: f"no answer to {event_id}", timeout_s=PATIENCE_S)
    return tenant.reconciliation.deliveries(event_id)


@pytest.mark.parametrize("off_s", [-HOUR_S, HOUR_S], ids=["behind", "ahead"])
def test_a_worker_whose_clock_is_an_hour_off_dies_and_its_late_upload_is_not_repeated(
    stack: ComposeStack, skew_worker_1: Callable[[int], None], off_s: int
) -> None:
    with whole_again(stack, *WORKERS), stack.tenant() as tenant:
        skew_worker_1(off_s)
        # On a slow machine C4C may be quicker than the takeover, which shows nothing: then once more.
        chats = 1
        while not taken_over_while_c4c_works(stack, tenant):
            assert chats < 3, "C4C was quicker than the takeover, three times"
            tenant.wait_until_settled(timeout_s=PATIENCE_S)
            chats += 1
        tenant.wait_until_settled(timeout_s=PATIENCE_S)
        stack.wait_for(
            lambda: len(ended_uploads(tenant)) == chats,
            lambda: "C4C has not ended the dead worker's upload",
            timeout_s=PATIENCE_S,
        )
        assert len(tenant.stored()) == chats


def taken_over_while_c4c_works(stack: ComposeStack, tenant: LabTenant) -> bool:
    """Worker-1 dies in the middle of an upload and worker-2 takes over; whether C4C still worked on the upload then."""
    before = len(ended_uploads(tenant))
    docker("stop", stack.container("worker-2"))
    docker("start", stack.container("worker-1"))
    stack.wait_until_healthy("worker-1")
    slow_uploads(tenant, delay_s=LATE_COMMIT_S, times=1)
    a_chat(tenant, count=1).end()
    wait_for_an_upload(stack, tenant)
    kill_for_good(stack, "worker-1")
    docker("start", stack.container("worker-2"))
    stack.wait_until_healthy("worker-2")
    stack.wait_for(lambda: takeovers_of(stack, "worker-2") == 1, lambda: "nobody took over", timeout_s=PATIENCE_S)
    return len(ended_uploads(tenant)) == before


def exchanges(tenant: LabTenant) -> list[dict[str, Any]]:
    """What C4C has answered, as its journal has it; what is under way is not in it yet."""
    found: list[dict[str, Any]] = tenant.mock("c4c").get("/_mock/journal", tenant=tenant.name)["exchanges"]
    return found


def ended_uploads(tenant: LabTenant) -> list[dict[str, Any]]:
    """The uploads that a planned fault struck and that C4C is done with."""
    return [each for each in exchanges(tenant) if each["fault"] and each["method"] == "POST"]


@pytest.mark.parametrize("off_s", [-HOUR_S, HOUR_S], ids=["behind", "ahead"])
def test_two_workers_whose_clocks_are_an_hour_apart_try_again_when_it_is_time(
    stack: ComposeStack, skew_worker_1: Callable[[int], None], off_s: int
) -> None:
    with whole_again(stack, *WORKERS), stack.tenant() as tenant:
        skew_worker_1(off_s)
        # The one whose clock is behind puts off what the other may then find due at once.
        first, second = WORKERS if off_s < 0 else WORKERS[::-1]
        docker("stop", stack.container(second))
        wait = {"Retry-After": str(ASKED_TO_WAIT_S)}
        tenant.fault(mock="c4c", kind="status", path="*Attachment*", method="POST", times=6, status=503, headers=wait)
        for _ in range(6):
            a_chat(tenant, count=1).end()
        stack.wait_for(lambda: len(ended_uploads(tenant)) == 6, lambda: "C4C has not refused six", timeout_s=PATIENCE_S)
        assert rounds_of(stack, first) == 0
        docker("start", stack.container(second))
        transfers = tenant.wait_until_settled(timeout_s=PATIENCE_S)
        assert [each.outcome for each in transfers] == ["stored"] * 6
        posts = [each for each in exchanges(tenant) if each["method"] == "POST"]
        for url in {each["url"] for each in posts}:
            refused, accepted = (datetime.fromisoformat(each["at"]) for each in posts if each["url"] == url)
            assert ASKED_TO_WAIT_S - 1 < (accepted - refused).total_seconds() < ASKED_TO_WAIT_S + 60


def test_a_token_issuer_whose_clock_is_wrong_is_refused_in_words_and_heals_when_it_is_right(
    stack: ComposeStack,
) -> None:
    with stack.tenant() as tenant:
        oauth = tenant.mock("orchestration")
        oauth.post("/_mock/oauth", {"clock_skew_s": 3600}, tenant=tenant.name)
        fired = a_chat(tenant, count=1).end()
        assert fired is not None
        assert [each.status for each in answered(tenant, stack, fired.event_id)] == [401]
        oauth.post("/_mock/oauth", {"clock_skew_s": 0}, tenant=tenant.name)
        (delivery,) = fired.delivery_ids
        oauth.post(f"/_mock/deliveries/{delivery}/redeliver", {}, tenant=tenant.name)
        tenant.wait_until_settled(timeout_s=PATIENCE_S)
        assert len(tenant.stored()) == 1


def test_a_token_issuer_that_is_ahead_by_less_than_the_leeway_is_believed(stack: ComposeStack) -> None:
    with stack.tenant() as tenant:
        tenant.mock("orchestration").post("/_mock/oauth", {"clock_skew_s": 20}, tenant=tenant.name)
        a_chat(tenant, count=1).end()
        tenant.wait_until_settled(timeout_s=PATIENCE_S)
        assert len(tenant.stored()) == 1
