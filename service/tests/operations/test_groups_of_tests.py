"""Tests that share what is expensive run on one worker of pytest-xdist."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.xdist_group("groups")


@pytest.mark.parametrize("number", range(4))
def test_a_test_of_a_group_is_scheduled_by_its_group(request: pytest.FixtureRequest, number: int) -> None:
    """``make test`` runs two workers; the scheduler reads the group from the end of a test's id and nowhere else."""
    scheduled_by_group = getattr(request.config.option, "loadgroup", False)
    assert request.node.nodeid.endswith("@groups") == bool(scheduled_by_group)
