"""The gate against a corpus: each broken configuration with one defect, sound ones, and the documentation's example.

``corpus/expected.json`` names for each broken file its rules (the first is the defect's; a second one if the defect
also breaks another rule) and the position of the wrong token.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from attachment_contract import GateReport, Severity, check
from attachment_contract.gate.catalogue import catalogue
from attachment_contract.gate.check import check_bytes

CORPUS = Path(__file__).parent / "corpus"
EXPECTED: dict[str, dict[str, Any]] = json.loads((CORPUS / "expected.json").read_text(encoding="utf-8"))
SOUND = sorted((CORPUS / "sound").iterdir())
DOCUMENTED = sorted((CORPUS / "documented").iterdir())


def report_on(file: Path) -> GateReport:
    return check_bytes(file.read_bytes(), name=file.name)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_defect_is_found_by_its_rule_at_its_position_and_nothing_else_is(name: str) -> None:
    report, expected = report_on(CORPUS / "broken" / name), EXPECTED[name]
    assert sorted(finding.rule for finding in report.findings) == sorted(expected["rules"])
    (found,) = [finding for finding in report.findings if finding.rule == expected["rules"][0]]
    assert (found.line, found.column) == (expected["line"], expected["column"])


@pytest.mark.parametrize("name", EXPECTED)
def test_a_finding_has_a_remedy_and_a_link(name: str) -> None:
    for finding in report_on(CORPUS / "broken" / name).findings:
        assert all((finding.message, finding.expected, finding.remedy, finding.title))
        assert finding.link == f"docs/rules/{finding.rule}.md"
        assert (finding.end_line, finding.end_column) >= (finding.line, finding.column)


def test_the_corpus_is_complete() -> None:
    assert {file.name for file in (CORPUS / "broken").iterdir()} == set(EXPECTED)
    of_sets = {folder.name[:5] for folder in (CORPUS / "sets").iterdir()}
    assert {rule for expected in EXPECTED.values() for rule in expected["rules"]} | of_sets == set(catalogue())
    assert len(EXPECTED) >= 60
    assert len(SOUND) >= 20


@pytest.mark.parametrize("file", SOUND, ids=lambda file: file.stem)
def test_a_sound_configuration_has_no_findings(file: Path) -> None:
    assert [f"{finding.rule} {finding.message}" for finding in report_on(file).findings] == []


@pytest.mark.parametrize("file", DOCUMENTED, ids=lambda file: file.stem)
def test_the_documented_example_passes_with_its_sample_values_as_warnings(file: Path) -> None:
    report = report_on(file)
    assert report.ok
    assert [finding.found for finding in report.findings] == [
        '"8h6b51di7x.execute-api.eu-central-1.amazonaws.com"',
        '"transcript.user"',
        '"my2554607.de1.crm.cloud.sap"',
        '"v1user"',
    ]
    assert {(finding.rule, finding.severity) for finding in report.findings} == {("AC901", Severity.WARNING)}
    assert all("sample values left in" in finding.message for finding in report.findings)


def test_the_position_counts_characters_not_bytes() -> None:
    text = '{"request": {"method": "POST", "remark": "ÄÖÜ 😀", "x": 1}}'
    found = [finding for finding in check(text).findings if finding.path == "request.x"]
    assert [(finding.line, finding.column, finding.end_column) for finding in found] == [(1, 51, 54)]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_ends_a_line(line_end: str) -> None:
    (found,) = [f for f in check(line_end.join(["{", '"request"', ": [", "]", "}"])).findings if f.rule == "AC103"]
    assert (found.line, found.column) == (3, 3)


def test_a_defect_in_json_in_a_string_is_found_at_its_position_in_the_envelope() -> None:
    inner = (CORPUS / "broken" / "AC402_leg_id.json").read_text(encoding="utf-8")
    text = json.dumps({"form": {}, "json": inner})
    (found,) = [finding for finding in check(text).findings if finding.rule == "AC402"]
    assert text[found.column - 1 : found.end_column - 1] == "{contact.id}"


def test_syntax_errors_in_json_in_a_string_are_found_too() -> None:
    text = json.dumps({"json": '{"request": {"method": "POST",}}'})
    assert "AC007" in {finding.rule for finding in check(text).findings}
    text = json.dumps({"json": '{"request": '})
    assert "AC001" in {finding.rule for finding in check(text).findings}
