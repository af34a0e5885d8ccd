"""Findings across several configurations: ordinals of one queue, more than three of them, two tenants in one set."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from attachment_contract import GateReport
from attachment_contract.cli.main import cli
from attachment_contract.gate.check import examine
from attachment_contract.gate.check_set import check_set
from attachment_contract.gate.settings import GateSettings
from attachment_contract.gate.source import SourceText

CORPUS = Path(__file__).parent / "corpus"
ENVELOPE: dict[str, Any] = json.loads((CORPUS / "sound" / "envelope.json").read_text(encoding="utf-8"))


def configuration(**form: Any) -> str:
    return json.dumps({**ENVELOPE, "form": {**ENVELOPE["form"], **form}})


def reports(texts: Sequence[str], **options: Any) -> list[GateReport]:
    settings = options.pop("settings", GateSettings())
    examined = [examine(SourceText(text, f"{number}.json"), settings) for number, text in enumerate(texts)]
    return [each.report for each in check_set(examined, **options)]


def found(texts: Sequence[str], **options: Any) -> list[tuple[str, str]]:
    """(file, rule) of each finding."""
    return [(report.source.name, each.rule) for report in reports(texts, **options) for each in report.findings]


def test_the_sets_of_the_corpus_have_the_finding_of_their_name_and_no_other() -> None:
    for folder in sorted((CORPUS / "sets").iterdir()):
        texts = [file.read_text() for file in sorted(folder.iterdir())]
        assert {rule for _, rule in found(texts, one_tenant=True)} == {folder.name[:5]}, folder.name


def test_one_ordinal_twice_on_a_queue_is_found_at_the_second_ordinal() -> None:
    texts = [configuration(ordinal=1), configuration(ordinal="1")]
    (finding,) = reports(texts)[1].findings
    assert (finding.rule, finding.path, finding.found) == ("AC821", "form.ordinal", '"1"')
    assert '"0.json"' in finding.message
    assert "service@contoso.example at Ended" in finding.message


@pytest.mark.parametrize(
    "other",
    [
        {"queues": [{"address": "sales@contoso.example"}]},
        {"events": ["Closed"]},
        {"direction": "Outbound", "queues": ["@sinchsms.com"]},
        {"enabled": False},
        {"channel_type": "Email"},
        {"ordinal": 2},
    ],
)
def test_equal_ordinals_that_never_meet_are_no_finding(other: dict[str, Any]) -> None:
    assert "AC821" not in {
        rule for _, rule in found([configuration(ordinal=1), configuration(**{"ordinal": 1, **other})])
    }


def test_an_integration_without_queues_meets_those_of_every_queue() -> None:
    texts = [configuration(ordinal=1, direction="Both", queues=[]), configuration(ordinal=1)]
    assert ("1.json", "AC821") in found(texts)


def test_the_integrations_after_the_third_never_run_in_the_order_of_their_ordinals() -> None:
    texts = [configuration(ordinal=number) for number in (4, 1, 3, 2, 5)]
    assert found(texts) == [("0.json", "AC822"), ("4.json", "AC822")]


def test_configurations_of_other_tenants_and_those_without_a_form_do_not_meet() -> None:
    other = configuration(ordinal=1).replace("/contoso/", "/fabrikam/")
    bare = json.dumps(ENVELOPE["json"])
    assert found([configuration(ordinal=1), other, bare, bare]) == []


def test_two_cmi_addresses_are_an_error_in_a_customers_set_only() -> None:
    texts = [configuration(ordinal=1), configuration(ordinal=2).replace("/contoso/", "/fabrikam/")]
    assert found(texts) == []
    (finding,) = reports(texts, one_tenant=True)[1].findings
    assert (finding.rule, finding.path) == ("AC823", "json.request.body.cmi_url")
    assert "the path of another tenant" in finding.message
    elsewhere = configuration(ordinal=2).replace("k3v9x0q7tz", "a1b2c3d4e5")
    assert "another host" in reports([texts[0], elsewhere], one_tenant=True)[1].findings[0].message


def test_settings_ignore_a_finding_of_a_set_too() -> None:
    texts = [configuration(ordinal=1), configuration(ordinal=1)]
    assert found(texts, settings=GateSettings(ignore=frozenset({"AC821"}))) == []


def test_a_text_that_cannot_be_read_is_left_as_it_is() -> None:
    assert found(["{", configuration(ordinal=1)]) == [("0.json", "AC001")]


def test_the_command_compares_the_files_of_one_folder(tmp_path: Path) -> None:
    for name in ("a/one.json", "a/two.json", "b/three.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(configuration(ordinal=1))
    result = CliRunner().invoke(cli, ["check", "--json", str(tmp_path)])
    counts = [(Path(each["file"]).name, each["warnings"]) for each in json.loads(result.stdout)["reports"]]
    assert (result.exit_code, counts) == (0, [("one.json", 0), ("two.json", 1), ("three.json", 0)])
