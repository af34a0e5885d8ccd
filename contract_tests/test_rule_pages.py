"""Every rule has its page, and the pages are generated from the catalogue."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from attachment_contract.cli.main import cli
from attachment_contract.gate.catalogue import GateRule, catalogue, pages

DOCS = Path(__file__).parents[1] / "docs" / "rules"
SOURCES = Path(__file__).parent / "attachment_contract" / "gate"


def test_the_pages_in_docs_are_those_of_the_catalogue() -> None:
    # attachment-contract rules --write docs/rules
    assert {file.name: file.read_text(encoding="utf-8") for file in DOCS.iterdir()} == pages()


def test_the_command_writes_the_pages(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["rules", "--write", str(tmp_path / "deep" / "rules")])
    assert result.exit_code == 0
    assert {file.name for file in (tmp_path / "deep" / "rules").iterdir()} == set(pages())


@pytest.mark.parametrize("rule", catalogue().values(), ids=lambda rule: rule.id)
def test_a_rule_has_a_reason_two_examples_and_a_source(rule: GateRule) -> None:
    assert re.fullmatch(r"AC\d{3}", rule.id)
    assert all((rule.title, rule.why, rule.wrong, rule.right, rule.remedy))
    assert rule.wrong != rule.right
    assert re.search(r"documented|recorded|inferred|assumed|own$", rule.source)


def test_the_code_and_the_catalogue_have_the_same_rules() -> None:
    named = {rule for file in SOURCES.rglob("*.py") for rule in re.findall(r'"(AC\d{3})"', file.read_text("utf-8"))}
    assert named == set(catalogue())
