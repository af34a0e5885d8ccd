"""One edge proxy for each test, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from edge_kit import Edge, running_edge


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Edge]:
    with running_edge(tmp_path) as running:
        yield running
