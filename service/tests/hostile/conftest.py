"""One running API for all attacks of a session: they must not disturb one another, either."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from hostile_kit import Api, running_api


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_api(tmp_path_factory.mktemp("hostile")) as running:
        yield running
        assert running.lives(), running.log()
        assert "internal error" not in running.log()
