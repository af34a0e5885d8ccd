"""The README names everything there is: a kind or a control path that it lacks fails here."""

from __future__ import annotations

from pathlib import Path

import pytest
from parcel_mock import ParcelTenant

from mock_kit import mock
from mock_kit.app import WrappedApp
from mock_kit.faults.kinds import KINDS

README = (Path(__file__).parents[1] / "README.md").read_text()


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_fault_is_described_with_its_params_and_phases(kind: str) -> None:
    row = next(line for line in README.splitlines() if line.startswith(f"| `{kind}` |"))
    _, _, params, phases, _, _ = row.split("|")
    assert params.split() == [f"`{name}`" for name in KINDS[kind].params]
    assert phases.strip() == ", ".join(KINDS[kind].phases)


def test_every_control_path_is_described(toy: WrappedApp[ParcelTenant]) -> None:
    rules = {rule.rule for rule in toy.flask_app.url_map.iter_rules() if rule.rule.startswith("/_mock/")}
    shown = {rule.replace("<fault_id>", "<id>").replace("<int:exchange_id>", "<id>") for rule in rules}
    assert [path for path in sorted(shown - {"/_mock/<path:rest>"}) if f"`{path}`" not in README] == []


def test_every_module_is_in_the_table() -> None:
    names = {path.stem for path in Path(mock.__file__).parent.rglob("*.py")} - {"__init__"}
    assert [name for name in sorted(names) if f"`{name}`" not in README] == []
