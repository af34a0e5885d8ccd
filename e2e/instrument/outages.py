"""What the outage tests share: chats whose uploads take their time, the worker that holds one, and a stack mended."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client.parser import text_string_to_metric_families

from attachment_lab.containers.compose_stack import ComposeStack
from attachment_lab.containers.engine import docker
from attachment_lab.containers.names import aliases
from attachment_lab.testing.lab import LabChat, LabTenant

WORKERS = ("worker-1", "worker-2")
PATIENCE_S = 300
_SCRAPE = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8105/metrics', timeout=9).read().decode())"


def a_chat(tenant: LabTenant, count: int = 4, size_bytes: int = 40_000) -> LabChat:
    """A chat in which the customer has sent files of random bytes; not ended yet."""
    return tenant.chat(files=[(f"file {number}.bin", os.urandom(size_bytes)) for number in range(count)])


def slow_uploads(tenant: LabTenant, delay_s: float, *, times: int | None = None) -> None:
    """C4C takes its time over each upload, having read it, so that what happens next happens in the middle of one."""
    tenant.fault(mock="c4c", kind="latency", path="*Attachment*", method="POST", times=times, delay_s=delay_s)


def wait_for_an_upload(stack: ComposeStack, tenant: LabTenant) -> None:
    """Until a worker sends a file."""

    def begun() -> bool:
        return any(each.state == "uploading" for transfer in tenant.transfers() for each in transfer.attachments)

    stack.wait_for(begun, lambda: f"no upload has begun: {tenant.transfers()}", timeout_s=PATIENCE_S)


def worker_metric(stack: ComposeStack, worker: str, sample: str) -> float:
    """Sum of a sample on a worker's metrics page."""
    page = stack.exec(worker, "python3", "-c", _SCRAPE)
    families = text_string_to_metric_families(page)
    return sum(each.value for family in families for each in family.samples if each.name == sample)


def rounds_of(stack: ComposeStack, worker: str) -> int:
    """How many rounds a worker holds now."""
    return int(worker_metric(stack, worker, "attachment_transfer_rounds_running"))


def takeovers_of(stack: ComposeStack, worker: str) -> int:
    """How many rounds a worker has taken over from dead ones."""
    return int(worker_metric(stack, worker, "attachment_transfer_takeovers_total"))


def victim_and_survivor(stack: ComposeStack) -> tuple[str, str]:
    """A worker that holds a round, and the other one."""
    rounds = {worker: rounds_of(stack, worker) for worker in WORKERS}
    victim = max(WORKERS, key=lambda worker: rounds[worker])
    assert rounds[victim] > 0, rounds
    return victim, next(worker for worker in WORKERS if worker != victim)


def kill_for_good(stack: ComposeStack, service: str) -> None:
    """SIGKILL, and no restart."""
    docker("update", "--restart", "no", stack.container(service))
    docker("kill", "--signal", "KILL", stack.container(service))


@contextmanager
def cut_off(stack: ComposeStack, service: str, network: str = "stack") -> Iterator[None]:
    """The service is in that network no more; afterwards it is again, under all of its names."""
    full, container = stack.network(network), stack.container(service)
    names = [word for name in (service, *aliases().get(service, ())) for word in ("--alias", name)]
    docker("network", "disconnect", "--force", full, container)
    try:
        yield
    finally:
        docker("network", "connect", *names, full, container)


@contextmanager
def whole_again(stack: ComposeStack, *services: str) -> Iterator[None]:
    """Whatever the test did, these run and are healthy afterwards."""
    try:
        yield
    finally:
        for service in services:
            docker("unpause", stack.container(service), check=False)
            docker("update", "--restart", "unless-stopped", stack.container(service), check=False)
            docker("start", stack.container(service), check=False)
        stack.wait_until_healthy(*services)
