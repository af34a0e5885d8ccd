"""Pytest fixtures over Testcontainers (extra ``containers``), offered by the plugin.

``compose_stack`` (session), ``c4c_container``, ``cmi_container``, ``contact_pro_container``, ``ledger_postgres``.
Where no Docker engine answers, they skip with one line; with ``REQUIRE_DOCKER=1`` they fail. A container that does not
start on an engine that answers always fails. The end of the logs is added to the report of a failed test.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from attachment_lab.containers.compose_stack import ComposeStack, ComposeStackOptions
    from attachment_lab.containers.mocks import C4CContainer, CMIContainer, ContactProContainer, LedgerPostgres


@pytest.fixture(scope="session")
def compose_stack_root(pytestconfig: pytest.Config) -> Path:
    """The folder with docker-compose.yml; override it where that is not pytest's root."""
    return pytestconfig.rootpath


@pytest.fixture(scope="session")
def compose_stack_options() -> ComposeStackOptions | None:
    """How the session's stack differs from the compose file."""
    return None


@pytest.fixture(scope="session")
def compose_stack(
    compose_stack_root: Path, compose_stack_options: ComposeStackOptions | None
) -> Iterator[ComposeStack]:
    """The whole stack in containers, once per session."""
    with asking_docker():
        from attachment_lab.containers.compose_stack import ComposeStack  # noqa: PLC0415 - the extra may be absent

        stack = ComposeStack(compose_stack_root, compose_stack_options).__enter__()
    try:
        yield stack
    finally:
        stack.stop()


@pytest.fixture
def c4c_container() -> Iterator[C4CContainer]:
    """C4C's mock in a container."""
    yield from _started("C4CContainer")


@pytest.fixture
def cmi_container() -> Iterator[CMIContainer]:
    """CMI's mock in a container."""
    yield from _started("CMIContainer")


@pytest.fixture
def contact_pro_container() -> Iterator[ContactProContainer]:
    """Contact Pro's mock in a container."""
    yield from _started("ContactProContainer")


@pytest.fixture
def ledger_postgres() -> Iterator[LedgerPostgres]:
    """PostgreSQL for the service's ledger in a container."""
    yield from _started("LedgerPostgres")


def _started(name: str) -> Iterator[Any]:
    with asking_docker():
        from attachment_lab.containers import mocks  # noqa: PLC0415 - the extra may be absent

        container = getattr(mocks, name)().start()
    yield container
    container.stop()


@contextmanager
def asking_docker() -> Iterator[None]:
    """Skip (or, with REQUIRE_DOCKER=1, fail) with one line where engine, image or library are missing.

    A failure on an engine that answers fails the test, with the end of the containers' output.
    """
    from attachment_lab.containers.engine import ContainersFailed, NoEngine  # noqa: PLC0415

    try:
        yield
    except ContainersFailed as exc:
        pytest.fail(str(exc), pytrace=False)
    except (NoEngine, ImportError) as exc:
        if os.environ.get("REQUIRE_DOCKER") == "1":
            pytest.fail(str(exc), pytrace=False)
        pytest.skip(str(exc).splitlines()[0])


def logs_of(item: pytest.Item) -> list[tuple[str, str]]:
    """(title, end of the log) of every container that a test used."""
    used: dict[str, Any] = getattr(item, "funcargs", {})
    found = []
    for name, value in used.items():
        if name.endswith("_container") or name == "ledger_postgres":
            found.append((f"log of {name}", value.log_tail()))
        elif hasattr(value, "compose") and hasattr(value, "logs"):
            found.append((f"logs of the stack ({name})", value.logs(lines=25)))
    return found
