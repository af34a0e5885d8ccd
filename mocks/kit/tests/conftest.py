"""The toy mock, fresh for every test, and one process of it per test run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from parcel_mock import ParcelTenant, create_app
from werkzeug.test import Client

from mock_kit.app import WrappedApp
from mock_kit.testing import MockProcess, running_mock

HERE = Path(__file__).parent


@pytest.fixture
def toy(tmp_path: Path) -> WrappedApp[ParcelTenant]:
    return create_app(tmp_path)


@pytest.fixture
def depot(toy: WrappedApp[ParcelTenant]) -> ParcelTenant:
    tenant = toy.mock.tenants.get("default")
    assert tenant is not None
    return tenant


@pytest.fixture
def client(toy: WrappedApp[ParcelTenant]) -> Client:
    return toy.test_client()


@pytest.fixture(scope="session")
def served_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockProcess]:
    with running_mock("parcel_mock", tmp_path_factory.mktemp("served"), python_path=[HERE]) as mock:
        yield mock
