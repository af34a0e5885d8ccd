"""--fix makes the mechanical corrections, changes nothing else, and ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from attachment_contract import check, fix
from attachment_contract.cli.main import cli

CORPUS = Path(__file__).parent / "corpus"
SOUND = (CORPUS / "sound" / "plain.json").read_text(encoding="utf-8")
BROKEN = sorted((CORPUS / "broken").iterdir())
CORRECTED_TO_THE_SOUND_ONE = (
    "AC004_a_name_without_quotes",
    "AC004_typographic_quotes",
    "AC005_byte_order_mark",
    "AC007_comma_at_the_end",
    "AC009_comma_missing",
    "AC102_header_with_underscores",
    "AC102_misspelt_cmi_url",
    "AC102_misspelt_header",
    "AC102_misspelt_request",
    "AC102_misspelt_secrets_ref",
    "AC104_get",
    "AC104_method_in_lower_case",
    "AC201_basic",
    "AC204_placeholder_as_reference",
    "AC304_blank_beside_the_placeholder",
    "AC401_other_case",
    "AC402_leg_id",
    "AC402_queue_id",
    "AC402_whole_contact",
    "AC403_angle_brackets",
    "AC403_brace_not_closed",
    "AC403_dollar_sign",
    "AC403_double_braces",
    "AC403_secret_without_braces",
    "AC403_spaces_inside",
    "AC404_fixed_id",
    "AC501_c4c_over_http",
    "AC501_cmi_over_http",
    "AC502_slash_after_c4c",
    "AC502_slash_after_cmi",
    "AC507_odata_path",
    "AC511_blank_after_the_address",
    "AC511_blank_after_the_user",
)


def text_of(name: str) -> str:
    return (CORPUS / "broken" / f"{name}.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CORRECTED_TO_THE_SOUND_ONE)
def test_a_mechanical_defect_is_corrected_and_every_other_character_is_unchanged(name: str) -> None:
    corrected, done = fix(text_of(name))
    assert json.loads(corrected) == json.loads(SOUND)
    assert corrected.replace(" ", "") == SOUND.replace(" ", "")
    assert {finding.rule for finding in done} == {name[:5]}


@pytest.mark.parametrize("file", BROKEN, ids=lambda file: file.stem)
def test_a_corrected_finding_is_gone_without_a_new_one_and_a_second_run_changes_nothing(file: Path) -> None:
    text = file.read_bytes().decode("utf-8", errors="replace")
    before = {finding.rule for finding in check(text).findings}
    corrected, done = fix(text)
    after = check(corrected).findings
    assert not any(finding.fixable for finding in after)
    assert {finding.rule for finding in after} <= before
    assert fix(corrected) == (corrected, [])
    assert bool(done) is (corrected != text)


@pytest.mark.parametrize("file", sorted((CORPUS / "sound").iterdir()), ids=lambda file: file.stem)
def test_a_sound_configuration_is_unchanged(file: Path) -> None:
    text = file.read_bytes().decode()
    assert fix(text) == (text, [])


def test_many_defects_at_once_are_corrected_in_rounds() -> None:
    text = SOUND.replace('"POST",', "'GET' // for now").replace('"headers"', "headers")
    text = text.replace("https://my", "http://my").replace("cloud.sap", "cloud.sap/")
    text = text.replace("{contact.guid}", "{{contact.id}}")
    corrected, done = fix(text)
    assert json.loads(corrected) == json.loads(SOUND)
    rules = {finding.rule for finding in done}
    assert rules == {"AC004", "AC008", "AC009", "AC104", "AC402", "AC403", "AC501", "AC502"}


def test_json_in_a_string_is_corrected_inside_its_quotes() -> None:
    envelope = {"form": {"events": ["Ended"]}, "json": text_of("AC104_get")}
    corrected, _ = fix(json.dumps(envelope))
    assert json.loads(json.loads(corrected)["json"]) == json.loads(SOUND)


def test_a_secret_in_clear_is_not_corrected_because_that_needs_a_decision() -> None:
    text = text_of("AC301_c4c_password_in_clear")
    assert fix(text) == (text, [])


def run(*arguments: str | Path, stdin: bytes | None = None) -> Any:
    return CliRunner().invoke(cli, ["check", "--fix", *map(str, arguments)], input=stdin)


def test_the_command_corrects_files_in_place_and_checks_the_result(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_bytes(text_of("AC402_leg_id").replace("\n", "\r\n").encode())
    bad.write_text(text_of("AC301_c4c_password_in_clear"))
    result = run("--json", good, bad)
    assert result.exit_code == 1
    assert good.read_bytes().decode() == SOUND.replace("\n", "\r\n")
    assert [report["ok"] for report in json.loads(result.stdout)["reports"]] == [True, False]
    assert result.stderr == f"{good}: corrected AC402\n"


def test_standard_input_is_corrected_to_standard_output_and_the_findings_go_to_stderr() -> None:
    result = run("-", stdin=text_of("AC402_leg_id").encode())
    assert (result.exit_code, result.stdout) == (0, SOUND)
    assert "no findings" in result.stderr


def test_a_file_that_is_not_utf8_is_unchanged(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    raw = text_of("AC402_leg_id").replace("SINCHFILES", "Jörg").encode("cp1252")
    file.write_bytes(raw)
    assert run(file).exit_code == 1
    assert file.read_bytes() == raw


@pytest.mark.parametrize("secrets", [["Tr4nsfer"], {"sap-v1-secret": "Tr4nsfer"}, {"sap-v1-secret": 4711}, []])
def test_what_may_be_values_of_secrets_is_never_made_into_names(secrets: Any) -> None:
    text = json.dumps({"secrets": secrets, "json": json.loads(SOUND)})
    assert fix(text) == (text, [])
    assert check(text).findings
