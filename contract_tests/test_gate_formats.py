"""The formats: each has the same findings at the same positions, and the form that its readers need."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from attachment_contract import GateReport, check
from attachment_contract.gate.catalogue import catalogue
from attachment_contract.gate.check import check_bytes, examine_bytes
from attachment_contract.gate.check_set import check_set
from attachment_contract.gate.formats.machine import WRITERS
from attachment_contract.gate.formats.text import print_reports, source_line
from attachment_contract.gate.settings import GateSettings

CORPUS = Path(__file__).parent / "corpus"
REPORTS = [check_bytes(file.read_bytes(), name=f"broken/{file.name}") for file in sorted((CORPUS / "broken").iterdir())]
for _folder in sorted((CORPUS / "sets").iterdir()):
    _files = [
        examine_bytes(f.read_bytes(), name=f"sets/{f.parent.name}/{f.name}", settings=GateSettings())
        for f in sorted(_folder.iterdir())
    ]
    REPORTS += [each.report for each in check_set(_files, one_tenant=True)]
REPORTS += [check((CORPUS / "sound" / "plain.json").read_text(), name="sound/a b,c:d%é.json")]
PLACES = [(r.source.name, f.rule, f.line, f.column) for r in REPORTS for f in r.findings]


def as_text(reports: list[GateReport], width: int = 120) -> str:
    stream = io.StringIO()
    print_reports(reports, Console(file=stream, width=width))
    return stream.getvalue()


def test_json_is_one_document_with_every_finding() -> None:
    document = json.loads(WRITERS["json"](REPORTS))
    found = [(r["file"], f["rule"], f["line"], f["column"]) for r in document["reports"] for f in r["findings"]]
    assert found == PLACES
    assert document["files"] == len(REPORTS)
    assert document["errors"] + document["warnings"] + document["notes"] == len(PLACES)
    assert document["ok"] is False
    finding = document["reports"][0]["findings"][0]
    assert set(finding) == {
        *("rule", "severity", "title", "path", "line", "column", "end_line", "end_column"),
        *("message", "expected", "found", "remedy", "link", "fixable"),
    }


def test_junit_has_one_case_per_file_and_fails_those_with_errors() -> None:
    suite = ET.fromstring(WRITERS["junit"](REPORTS).encode()).find("testsuite")
    assert suite is not None
    cases = {str(case.get("name")): case for case in suite.findall("testcase")}
    assert set(cases) == {report.source.name for report in REPORTS}
    assert {name for name, case in cases.items() if case.find("failure") is not None} == {
        report.source.name for report in REPORTS if not report.ok
    }
    assert suite.get("failures") == str(sum(not report.ok for report in REPORTS))
    assert suite.get("tests") == str(len(REPORTS))
    text = "".join("".join(case.itertext()) for case in cases.values())
    for name, rule, line, column in PLACES:
        assert re.search(rf"{re.escape(name)}:{line}:{column}: \w+ {rule} ", text)


def test_github_annotations_are_one_command_per_line_with_escaped_properties() -> None:
    lines = WRITERS["github"]([*REPORTS, check("{", name="a b,c:d%é.json")]).splitlines()
    place = r"file=([^,]+),line=(\d+),endLine=\d+,col=(\d+),endColumn=\d+"
    pattern = re.compile(rf"::(error|warning|notice) {place},title=(AC\d+) [^,]*::.+")
    matches = [pattern.fullmatch(line) for line in lines]
    assert all(matches)
    found = [(m[2], m[5], int(m[3]), int(m[4])) for m in matches if m]
    assert found == [*PLACES, ("a b%2Cc%3Ad%25é.json", "AC001", 1, 2)]


def test_sarif_has_rules_and_regions_as_code_hosts_need_them() -> None:
    document = json.loads(WRITERS["sarif"](REPORTS))
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    rules = run["tool"]["driver"]["rules"]
    found = []
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note"}
        place = result["locations"][0]["physicalLocation"]
        region = place["region"]
        assert (region["endLine"], region["endColumn"]) >= (region["startLine"], region["startColumn"])
        found.append((place["artifactLocation"]["uri"], result["ruleId"], region["startLine"], region["startColumn"]))
    assert found == PLACES
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["artifacts"][-1]["location"]["uri"] == "sound/a%20b%2Cc%3Ad%25%C3%A9.json"
    assert all(rule["help"]["markdown"].startswith(f"# {rule['id']}") for rule in rules)


def test_text_shows_the_position_the_line_the_mark_and_the_page() -> None:
    report = check('{\n  "request": {"body": {"contact_id": "{contact.id}"}}\n}', name="x.json")
    (finding,) = [f for f in report.findings if f.rule == "AC402"]
    shown = as_text([report])
    assert "x.json:2:39 error AC402 the wrong id for this endpoint" in shown
    line, marks = source_line(finding, report)
    assert line == '  "request": {"body": {"contact_id": "{contact.id}"}}'
    assert marks == " " * 38 + "^" * 12
    assert "see: docs/rules/AC402.md  (--fix does it)" in shown
    assert shown.rstrip().endswith("errors, 0 warnings.")


def test_text_states_that_there_are_no_findings() -> None:
    assert as_text([REPORTS[-1]]) == "1 file: no findings.\n"


def test_a_long_line_is_cut_to_the_part_around_the_finding() -> None:
    page = CORPUS / "documented" / "chat_attachments.json"
    report = check(page.read_text(), name="x.json")
    line, marks = source_line(report.findings[1], report)
    assert len(line) < 130
    start = marks.index("^")
    assert line[start : start + marks.count("^")] == "transcript.user"


def test_characters_that_move_the_cursor_are_not_shown_as_such() -> None:
    report = check('{"request": {"x\u202e\\u001b[2J": 1, "body": {"contact_id": "\u202e{contact.id}"}}}')
    shown = as_text([report])
    assert "\u202e" not in shown
    assert "\x1b" not in shown


SECRET = "Tr4nsfer!Pa55"
ENVELOPE: dict[str, Any] = json.loads((CORPUS / "sound" / "envelope.json").read_text())
SOUND = (CORPUS / "sound" / "plain.json").read_text()
LEAKS = {
    "a secret header": SOUND.replace("{secrets.sap-v1-secret}", SECRET),
    "beside a placeholder": SOUND.replace("{secrets.sap-v1-secret}", "{secrets.sap-v1-secret}" + SECRET),
    "with an umlaut": SOUND.replace("{secrets.sap-v1-secret}", SECRET + "ü"),
    "with braces": SOUND.replace("{secrets.sap-v1-secret}", SECRET + "{x}"),
    "a misspelt header": SOUND.replace('"x-cmi-api-key": "{secrets.ri-apikey}"', f'"x-cmi-api-kye": "{SECRET}"'),
    "a header of another name": SOUND.replace('"x-cmi-api-key"', f'"x-api-key": "{SECRET}", "x-cmi-api-key"'),
    "authorization by hand": SOUND.replace('"x-cmi-api-key"', f'"Authorization": "Basic {SECRET}", "x-cmi-api-key"'),
    "a number": SOUND.replace('"{secrets.sap-v1-secret}"', "4711471147114711"),
    "in the body": SOUND.replace('"cmi_user"', f'"cmi_password": "{SECRET}", "cmi_user"'),
    "in params": SOUND.replace('"headers"', f'"params": {{"token": "{SECRET}"}}, "headers"'),
    "an inline client": SOUND.replace('"type"', f'"client_secret": "{SECRET}", "type"'),
    "in an address": SOUND.replace("https://my4711002", f"https://v1user:{SECRET}@my4711002"),
    "in another address": SOUND.replace("https://my4711002", f"ftp://v1user:{SECRET}@my4711002"),
    "in an address without scheme": SOUND.replace("https://my4711002", f"v1user:{SECRET}@my4711002"),
    "behind the user": SOUND.replace("SINCHFILES", f"SINCHFILES:{SECRET}"),
    "without quotes": SOUND.replace('"{secrets.sap-v1-secret}"', SECRET),
    "not closed": SOUND.replace('"{secrets.sap-v1-secret}"', f'"{SECRET}'),
    "in other quotes": SOUND.replace('"{secrets.sap-v1-secret}"', f"“{SECRET}”"),
    "in single quotes": SOUND.replace('"{secrets.sap-v1-secret}"', f"'{SECRET}'"),
    "with a backslash": SOUND.replace("{secrets.sap-v1-secret}", SECRET + "\\d"),
    "where an object belongs": SOUND.replace('"headers": {', f'"headers": "x-cmi-password: {SECRET}", "other": {{'),
    "in JSON that is kept as text": json.dumps({**ENVELOPE, "json": SOUND.replace("{secrets.sap-v1-secret}", SECRET)}),
    "a text instead of a configuration": json.dumps(SECRET),
    "a value in the envelope": json.dumps({**ENVELOPE, "secrets": [{"name": "sap-v1-secret", "value": SECRET}]}),
    "values by name in the envelope": json.dumps({**ENVELOPE, "secrets": {"sap-v1-secret": SECRET}}),
    "values among the names": json.dumps({**ENVELOPE, "secret_names": [{"name": "sap-v1-secret", "secret": SECRET}]}),
    "values without names": json.dumps({**ENVELOPE, "secrets": [SECRET]}),
    "a client in the envelope": json.dumps({**ENVELOPE, "oauth": {"client_secret": SECRET}}),
    "credentials of the token address": json.dumps(
        {**ENVELOPE, "oauth": {"access_token_url": f"https://u:{SECRET}@login.example/oauth2/token"}}
    ),
    "behind two schemes": SOUND.replace("https://my4711002", f"https://https://v1user:{SECRET}@my4711002"),
}  # fmt: skip


@pytest.mark.parametrize("text", LEAKS.values(), ids=LEAKS)
@pytest.mark.parametrize("form", ["text", *WRITERS])
def test_no_format_shows_a_secret_in_clear(text: str, form: str) -> None:
    report = check(text, name="x.json")
    shown = as_text([report]) if form == "text" else WRITERS[form]([report])
    assert report.findings
    for secret in (SECRET, SECRET[:9], "4711471147114711"):
        assert secret not in shown


def test_every_rule_can_be_written_by_every_format() -> None:
    assert {rule for _, rule, _, _ in PLACES} == set(catalogue())
    shown = as_text(REPORTS)
    assert all(f" {rule} " in shown for rule in catalogue())
