"""The matrix as a table: it is complete, it names nothing that cannot exist, and the gate finds what is wrong."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from attachment_lab.errors import WrongUse
from attachment_lab.faults.locations import LOCATIONS
from attachment_lab.matrix import declared, strikes
from attachment_lab.matrix.alerts import CONDITIONS, Reading, raised
from attachment_lab.matrix.cells import Cell, conceivable
from attachment_lab.matrix.crash_points import effect_of
from attachment_lab.matrix.declared import BadTable, declared_cells, gate
from attachment_lab.matrix.event_plays import PLAYS as EVENT_PLAYS
from attachment_lab.matrix.hops import HOP, HOPS
from attachment_lab.matrix.lists import EFFECTS, EVENT_FAULTS, PROCESS_FAULTS
from attachment_lab.matrix.play import chosen
from attachment_lab.matrix.process_plays import PLAYS as PROCESS_PLAYS
from attachment_lab.matrix.strikes import STRIKES
from mock_kit.faults.kinds import KINDS, FaultKind, fault_errors

ROOT = Path(__file__).resolve().parents[3]


def test_every_cell_is_declared_and_every_declaration_has_a_cell() -> None:
    assert gate() == []


def test_the_issue_of_hops_is_complete_and_every_hop_has_cells() -> None:
    wire = Counter(cell.hop for cell, _ in declared_cells() if cell.family == "wire")
    assert set(wire) == {each.id for each in HOPS}
    assert all(wire[each.id] >= 30 for each in HOPS), wire


def test_every_kind_and_phase_of_the_kit_strikes_somewhere() -> None:
    used = {(each.kind, each.phase) for each in STRIKES}
    assert used == {(name, phase) for name, kind in KINDS.items() for phase in kind.phases}
    for each in STRIKES:
        assert fault_errors(each.kind, each.phase, each.params) == [], each.id


def test_a_hop_at_a_location_of_the_forms_has_the_same_requests() -> None:
    shared = {(each.mock, each.method, each.path) for each in LOCATIONS}
    assert sum((hop.mock, hop.method, hop.path) in shared for hop in HOPS) == 6


def test_wire_faults_exist_only_where_a_request_passes_a_fault_proxy() -> None:
    wire = {each.id for each in STRIKES if each.is_on_the_wire}
    assert {cell.hop for cell in conceivable() if cell.fault in wire} == {
        each.id for each in HOPS if each.through_fault_proxy
    }


def test_after_an_attempt_that_ended_well_no_other_is_declared() -> None:
    cells = {cell.id: declaration for cell, declaration in declared_cells()}
    for cell_id in cells:
        first = cells[f"{cell_id.rpartition('/')[0]}/first"]
        if not cell_id.endswith("/first") and cell_id.split("/")[1] in strikes.STRIKE:
            assert first.outcome not in {"stored", "changed"}, cell_id


def test_every_declared_alert_is_one_of_the_rules_and_can_be_read() -> None:
    rules = (ROOT / "deploy/prometheus/attachment-transfer.rules.yml").read_text(encoding="utf-8")
    known = set(re.findall(r"alert: (\w+)", rules))
    assert set(CONDITIONS) <= known
    assert {declaration.alert for _, declaration in declared_cells()} - {""} <= set(CONDITIONS)


def test_whatever_waits_for_a_person_raises_an_alert_or_stands_in_contact_pros_event_log() -> None:
    for cell, declaration in declared_cells():
        if declaration.outcome.startswith("parked:"):
            assert declaration.alert, cell.id


def test_every_process_and_event_fault_has_a_play_and_every_effect_a_crash_point() -> None:
    assert {each.id for each in PROCESS_FAULTS} == set(PROCESS_PLAYS)
    assert {each.id for each in EVENT_FAULTS} == set(EVENT_PLAYS)
    assert all(effect_of(each) for each in EFFECTS)
    assert set(EFFECTS) < set(HOP)


def test_an_undeclared_cell_fails_the_gate_and_the_runner(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = declared.rules()[:1]
    hole = Cell(family="wire", hop="c4c-upload", fault="new-fault", attempt="last")
    monkeypatch.setattr(declared, "conceivable", lambda: iter([hole]))
    monkeypatch.setattr(declared, "rules", lambda: kept)
    assert "cell c4c-upload/new-fault/last has no declared outcome" in gate()
    with pytest.raises(BadTable, match="no declared outcome"):
        list(declared_cells())
    with pytest.raises(BadTable):
        chosen(())


def test_a_rule_for_what_cannot_exist_fails_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = declared.Rule(
        number=99,
        matches={"hop": ("event",), "fault": ("reset",)},
        declares=declared.Declaration(outcome="retried", alert="", why=""),
    )
    with_nothing = (nothing, *declared.rules())
    monkeypatch.setattr(declared, "rules", lambda: with_nothing)
    assert [each for each in gate() if each.startswith("rule 99")]


def test_a_kind_that_the_kit_adds_fails_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "meteor", FaultKind("app", ("before",)))
    assert "the kit's fault meteor, before the work, has no strike" in gate()


def test_cells_are_chosen_by_globs_and_families() -> None:
    assert {cell.hop for cell, _ in chosen(["c4c-upload/*"])} == {"c4c-upload"}
    assert {cell.family for cell, _ in chosen(["event"])} == {"event"}
    assert len(chosen([], one_in=100)) < len(chosen([], one_in=10)) < len(chosen([]))
    with pytest.raises(WrongUse, match="no cell fits"):
        chosen(["moon/*"])


def test_alerts_are_read_from_two_readings() -> None:
    def reading(parked: float, errors: float) -> Reading:
        api = {
            ("requests_total", 'method="POST",route="/prod/chat-attachments",status="503"'): errors,
            ("parked_transfers", 'reason="access-denied"'): parked,
        }
        return Reading(api=api, worker={}, up=True)

    assert raised(reading(0, 5), reading(0, 5)) == ()
    assert raised(reading(0, 5), reading(2, 6)) == ("AttachmentTransferParked", "AttachmentTransferErrors")
    assert raised(reading(0, 5), reading(2, 5), parked_because="access-denied") == ("AttachmentTransferParked",)
    assert raised(reading(0, 5), reading(2, 5), parked_because="size-differs") == ()
