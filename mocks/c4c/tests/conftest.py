"""A tenant of its own for each test, called by Flask's test client through the kit's frame."""

from __future__ import annotations

from pathlib import Path

import pytest
from c4c_caller import MakeTenant, TenantClient, make_client


@pytest.fixture
def make_tenant(tmp_path: Path) -> MakeTenant:
    """Makes the default tenant; keyword arguments are dialect switches."""
    return lambda **dialect: make_client(tmp_path, **dialect)


@pytest.fixture
def tenant(make_tenant: MakeTenant) -> TenantClient:
    """The default tenant with the default dialect."""
    return make_tenant()


@pytest.fixture(scope="module")
def shared_tenant(tmp_path_factory: pytest.TempPathFactory) -> TenantClient:
    """One tenant for all examples of a module."""
    return make_client(tmp_path_factory.mktemp("c4c"))


@pytest.fixture(autouse=True)
def _on_contract(on_contract: object) -> None:
    """Live traffic is checked in every test here; ``off_contract`` turns that off."""
