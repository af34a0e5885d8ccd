"""One mock for each client's suite, and the client's program."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.register_assert_rewrite("client_suite")

from client_kit import HERE, ClientTenant, NodeClient, generate, require_client, running_tenant  # noqa: E402
from client_suite import Client  # noqa: E402


@pytest.fixture(scope="class")
def tenant(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClientTenant]:
    """A tenant of a mock that runs as a process, for one client; skipped where that is not installed."""
    require_client(HERE / str(request.cls.folder))
    with running_tenant(tmp_path_factory.mktemp("c4c")) as tenant:
        yield tenant


@pytest.fixture(scope="class")
def client(request: pytest.FixtureRequest, tenant: ClientTenant) -> Iterator[Client]:
    """The program in the folder that the suite names; where it generates code, from this mock's metadata."""
    folder = HERE / str(request.cls.folder)
    if (folder / "generate.sh").exists():
        generate(folder, tenant.metadata())
    program = NodeClient(folder, tenant.environment)
    try:
        yield program
    finally:
        program.close()


@pytest.fixture(autouse=True)
def _on_contract(on_contract: object) -> None:
    """Live traffic is checked in every test here."""
