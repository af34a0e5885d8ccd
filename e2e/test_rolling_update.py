"""A new version comes, container by container, while chats go on ending: nothing is lost, nothing doubled."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from instrument.outages import PATIENCE_S, WORKERS, rounds_of, slow_uploads

from attachment_lab.containers.engine import OWNER_LABEL, docker, owner
from attachment_lab.containers.stack import TransferStack
from attachment_lab.tenant import Tenant

pytestmark = [
    pytest.mark.street,
    pytest.mark.docker,
    pytest.mark.outage,
    pytest.mark.timeout(1200),
    pytest.mark.xdist_group("docker"),
]

SERVICES = ("api-1", "api-2", *WORKERS)
#: At least so many chats for each container that is replaced, and at least so many of them before the new one is there.
CHATS_PER_CONTAINER, OVERLAPPING = 50, 10


def test_a_rolling_update_during_200_chats_loses_and_doubles_nothing(transfer_stack: TransferStack) -> None:
    tag, old = f"next-{uuid.uuid4().hex[:8]}", transfer_stack.options.tag
    new_version(old, tag)
    try:
        with transfer_stack.tenant() as tenant, ThreadPoolExecutor(max_workers=1) as operator:
            slow_uploads(tenant, delay_s=0.3)
            ended = 0
            for service in SERVICES:
                before = transfer_stack.containers()[service]["Id"]
                # A worker is told to stop while it carries.
                while service in WORKERS and not rounds_of(transfer_stack, service):
                    end_a_chat(tenant, ended)
                    ended += 1
                rolling = operator.submit(roll, transfer_stack, service, tag)
                during = overlapping = 0
                while not rolling.done() or during < CHATS_PER_CONTAINER:
                    end_a_chat(tenant, ended + during)
                    during += 1
                    overlapping += not rolling.done()
                    if during >= CHATS_PER_CONTAINER:
                        wait([rolling], timeout=1)  # from here on one a second, until the new one is healthy
                assert overlapping >= OVERLAPPING, f"{service}: only {overlapping} chats ended while it was replaced"
                rolling.result()
                assert transfer_stack.containers()[service]["Id"] != before
                ended += during
            tenant.wait_until_settled(timeout_s=3 * PATIENCE_S)
            assert ended >= 200
            assert len(tenant.stored()) == ended
            images = {name: transfer_stack.containers()[name]["Config"]["Image"] for name in SERVICES}
            assert set(images.values()) == {f"attachment-transfer:{tag}"}
    finally:
        for service in SERVICES:
            roll(transfer_stack, service, old)
        docker("rmi", "-f", f"attachment-transfer:{tag}", check=False)


def end_a_chat(tenant: Tenant, number: int) -> None:
    """One small photo, and the chat ends; Contact Pro hands it over while a container goes or comes."""
    tenant.chat(files=[(f"photo {number}.jpg", b"\xff\xd8\xff" + number.to_bytes(4, "big") * 500)]).end()


def new_version(old: str, new: str) -> None:
    """Another image of the same program: it differs by a label, so every container is made anew."""
    made = docker("create", "--label", f"version={new}", f"attachment-transfer:{old}").strip()
    try:
        docker("commit", "--change", f"LABEL version={new} {OWNER_LABEL}={owner()}", made, f"attachment-transfer:{new}")
    finally:
        docker("rm", made)


def roll(stack: TransferStack, service: str, tag: str) -> None:
    """The old container drains and goes, the new one comes and becomes healthy."""
    stack.compose("up", "-d", "--no-deps", service, variables={"TAG": tag})
    stack.wait_until_healthy(service)
