"""The stack's clocks move together: no tenant may stay behind the service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from attachment_lab.clients.control import MockControl
from attachment_lab.clients.stack_clients import MOCKS
from attachment_lab.errors import RequestRefused
from attachment_lab.stack.clocks import advance_stack, advance_tenant, catch_up, read_clocks, read_offset, write_offset


class FakeMock:
    """A mock's clock control, of several tenants."""

    def __init__(self, offsets: dict[str, float], *, closing: str | None = None) -> None:
        self.offsets = offsets
        self._closing = closing

    def get(self, path: str, *, tenant: str | None = None) -> Any:
        if path == "/_mock/tenants":
            return {"tenants": [{"name": name} for name in self.offsets]}
        if tenant == self._closing:
            raise RequestRefused("no such tenant", status=404)
        return {"offset_s": self.offsets[str(tenant)], "now": "2026-11-22T10:00:00Z"}

    def post(self, path: str, body: dict[str, float], *, tenant: str) -> None:
        assert path == "/_mock/clock"
        self.offsets[tenant] += body["advance_s"]


class FakeStack:
    """Three mocks."""

    def __init__(self, **offsets: float) -> None:
        self.mocks = {name: FakeMock(dict(offsets)) for name in MOCKS}

    def mock(self, name: str) -> FakeMock:
        return self.mocks[name]

    def control(self, name: str, tenant: str) -> MockControl:
        return MockControl(self.mocks[name], tenant)  # type: ignore[arg-type]  # as much of it as clocks need


@pytest.fixture
def clock_file(tmp_path: Path) -> Path:
    path = tmp_path / "clock.json"
    write_offset(path, 100)
    return path


def test_every_tenant_goes_with_the_service_and_who_was_behind_catches_up(clock_file: Path) -> None:
    stack = FakeStack(mine=100.0, other=100.0, fresh=0.0)
    advance_stack(stack, clock_file, 60)  # type: ignore[arg-type]  # the part of it that is used
    assert read_offset(clock_file) == 160
    assert [mock.offsets for mock in stack.mocks.values()] == [{"mine": 160.0, "other": 160.0, "fresh": 160.0}] * 3


def test_a_tenant_that_is_ahead_is_left_there(clock_file: Path) -> None:
    stack = FakeStack(mine=1000.0)
    advance_stack(stack, clock_file, 60)  # type: ignore[arg-type]  # see above
    assert stack.mock("cmi").offsets == {"mine": 1000.0}


def test_a_tenant_that_is_closed_meanwhile_holds_nothing_up(clock_file: Path) -> None:
    stack = FakeStack(mine=100.0, gone=100.0)
    stack.mocks["cmi"] = FakeMock({"gone": 100.0, "mine": 100.0}, closing="gone")
    advance_stack(stack, clock_file, 60)  # type: ignore[arg-type]  # see above
    assert stack.mock("cmi").offsets["mine"] == 160.0
    assert read_offset(clock_file) == 160


def test_one_tenants_time_leaves_the_service_and_the_others(clock_file: Path) -> None:
    stack = FakeStack(mine=0.0, other=0.0)
    advance_tenant(stack, "mine", 60)  # type: ignore[arg-type]  # see above
    assert stack.mock("c4c").offsets == {"mine": 60.0, "other": 0.0}
    assert read_offset(clock_file) == 100


def test_a_fresh_tenant_begins_at_the_services_time(clock_file: Path) -> None:
    stack = FakeStack(fresh=0.0, other=0.0)
    catch_up(stack, "fresh", clock_file)  # type: ignore[arg-type]  # see above
    assert stack.mock("orchestration").offsets == {"fresh": 100.0, "other": 0.0}


def test_where_the_services_clock_cannot_be_moved_no_tenant_follows_it() -> None:
    stack = FakeStack(fresh=0.0)
    catch_up(stack, "fresh", None)  # type: ignore[arg-type]  # see above
    assert stack.mock("cmi").offsets == {"fresh": 0.0}
    assert [each.name for each in read_clocks(stack, "fresh", None)] == [*MOCKS]  # type: ignore[arg-type]  # see above
