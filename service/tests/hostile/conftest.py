"""One running API for all attacks of a session: they must not disturb one another, either."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hostile.api import Api, running_api


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_api(tmp_path_factory.mktemp("hostile")) as running:
        yield running
        assert running.lives(), running.log()
        assert "internal error" not in running.log()
