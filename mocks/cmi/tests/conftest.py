"""A CMI with one tenant, with the default dialect or with another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cmi_caller import Caller


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Caller]:
    return lambda **dialect: Caller(tmp_path, dialect)


@pytest.fixture
def cmi(tmp_path: Path) -> Caller:
    return Caller(tmp_path, {})


@pytest.fixture(autouse=True)
def _on_contract(on_contract: object) -> None:
    """Live traffic is checked in every test here; ``off_contract`` lifts that."""
