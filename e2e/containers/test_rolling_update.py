"""The next release comes, container by container, while chats go on ending: nothing is lost, nothing doubled.

The stack starts with the program of the release before, as it was (``service/tests/kept``), and a database that it
made. The schema is migrated first, under load, then each container is replaced by this tree's program. In between both
releases run on one database. Needs a Docker engine and the images; skips with one line without them.
"""

from __future__ import annotations

import tarfile
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path

import pytest
from instrument.outages import PATIENCE_S, WORKERS, rounds_of, slow_uploads

from attachment_lab.containers.compose_stack import ComposeStack, ComposeStackOptions
from attachment_lab.containers.engine import OWNER_LABEL, docker, owner, require_images
from attachment_lab.containers.fixtures import asking_docker
from attachment_lab.testing.lab import LabTenant

pytestmark = [
    pytest.mark.stack,
    pytest.mark.docker,
    pytest.mark.outage,
    pytest.mark.timeout(1200),
    pytest.mark.xdist_group("docker-rolling"),
]

ROOT = Path(__file__).resolve().parents[2]
PROGRAM_BEFORE = ROOT / "service" / "tests" / "kept" / "step_0001.program.tar.xz"
SERVICES = ("api-1", "api-2", *WORKERS)
#: At least so many chats for each container that is replaced, and at least so many of them before the new one is there.
CHATS_PER_CONTAINER, OVERLAPPING = 50, 10

#: The same image with another program in it: Python looks there first. Nothing is fetched.
BEFORE = """FROM attachment-transfer:local
COPY service /opt/before/service
COPY contract_tests /opt/before/contract_tests
ENV PYTHONPATH=/opt/before/service:/opt/before/contract_tests
"""
#: It imports one name, which the kept program and today's both have at one place: either may run it.
_STATE = (
    "import os, pathlib; import sqlalchemy as sa; from attachment_transfer.ledger.database import open_database;"
    "engine = open_database(pathlib.Path(os.environ['DATABASE_URL_FILE']).read_text().strip());"
    "inspector = sa.inspect(engine);"
    "print(inspector.has_table('ledger_migration'),"
    " 'write_back_state' in [column['name'] for column in inspector.get_columns('transfer')])"
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComposeStack]:
    """A stack whose service is of the release before, and so is its database."""
    tag = f"before-{uuid.uuid4().hex[:8]}"
    with asking_docker():
        require_images("attachment-transfer:local")
        build_release_before(tag, tmp_path_factory.mktemp("before"))
        options = ComposeStackOptions(files=["e2e/compose.rolling.yml"], environment={"SERVICE_TAG": tag})
        stack = ComposeStack(ROOT, options).__enter__()
    try:
        yield stack
    finally:
        stack.stop()
        docker("rmi", "-f", f"attachment-transfer:{tag}", check=False)


def test_a_rolling_update_to_the_next_release_during_200_chats_loses_and_doubles_nothing(stack: ComposeStack) -> None:
    assert stack.exec("api-1", "python3", "-c", _STATE).split() == ["False", "False"]
    with stack.tenant() as tenant, ThreadPoolExecutor(max_workers=1) as operator:
        slow_uploads(tenant, delay_s=0.3)
        ended = chats_during(lambda: migrate(stack), tenant, operator, ended=0, overlapping=1)
        assert stack.exec("api-1", "python3", "-c", _STATE).split() == ["True", "True"]
        for service in SERVICES:
            before = stack.containers()[service]["Id"]
            # A worker is told to stop while it carries.
            while service in WORKERS and not rounds_of(stack, service):
                end_a_chat(tenant, ended)
                ended += 1
            rolling = partial(roll, stack, service)
            ended = chats_during(rolling, tenant, operator, ended=ended, overlapping=OVERLAPPING)
            assert stack.containers()[service]["Id"] != before
        tenant.wait_until_settled(timeout_s=3 * PATIENCE_S)
        assert ended >= 200
        assert len(tenant.stored()) == ended
        images = {name: stack.containers()[name]["Config"]["Image"] for name in SERVICES}
        assert set(images.values()) == {"attachment-transfer:local"}


def chats_during(
    work: Callable[[], None], tenant: LabTenant, operator: ThreadPoolExecutor, *, ended: int, overlapping: int
) -> int:
    """End chats until the operator's work is done, ``overlapping`` of them at least before; return all that ended."""
    working = operator.submit(work)
    during = meanwhile = 0
    while not working.done() or during < CHATS_PER_CONTAINER:
        end_a_chat(tenant, ended + during)
        during += 1
        meanwhile += not working.done()
        if during >= CHATS_PER_CONTAINER:
            wait([working], timeout=1)  # from here on one a second, until the new one is healthy
    working.result()
    assert meanwhile >= overlapping, f"only {meanwhile} chats ended meanwhile"
    return ended + during


def end_a_chat(tenant: LabTenant, number: int) -> None:
    """One small photo, and the chat ends; Contact Pro hands it over while a container goes or comes."""
    tenant.chat(files=[(f"photo {number}.jpg", b"\xff\xd8\xff" + number.to_bytes(4, "big") * 500)]).end()


def build_release_before(tag: str, folder: Path) -> None:
    """An image with the program of the release before in the place of this tree's."""
    with tarfile.open(PROGRAM_BEFORE) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", lambda entry, _folder: entry)
        archive.extractall(folder)
    (folder / "Dockerfile").write_text(BEFORE, encoding="utf-8")
    label = f"{OWNER_LABEL}={owner()}"
    docker("build", "-q", "--network", "none", "--label", label, "-t", f"attachment-transfer:{tag}", str(folder))


def migrate(stack: ComposeStack) -> None:
    """The new release's one-shot job, while the old release runs on."""
    stack.compose("up", "-d", "--no-deps", "migrate", variables={"SERVICE_TAG": "local"})
    stack.wait_until_healthy("migrate")
    assert "step 0002" in stack.logs("migrate")


def roll(stack: ComposeStack, service: str) -> None:
    """The old container drains and goes, the new one comes and becomes healthy."""
    stack.compose("up", "-d", "--no-deps", service, variables={"SERVICE_TAG": "local"})
    stack.wait_until_healthy(service)
