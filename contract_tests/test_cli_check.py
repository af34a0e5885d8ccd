"""``attachment-contract check``: exit codes, input, output, settings."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from attachment_contract.cli.main import cli

CORPUS = Path(__file__).parent / "corpus"
SOUND = str(CORPUS / "sound" / "plain.json")
BROKEN = str(CORPUS / "broken" / "AC402_leg_id.json")
WARNED = str(CORPUS / "documented" / "chat_attachments.json")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a command line in an empty folder, so that no settings of ours are found."""
    monkeypatch.chdir(tmp_path)

    def runs(*arguments: str | Path, stdin: bytes | None = None) -> Result:
        return CliRunner().invoke(cli, [str(argument) for argument in arguments], input=stdin)

    return runs


@pytest.mark.parametrize(("file", "code"), [(SOUND, 0), (BROKEN, 1), (WARNED, 0)])
def test_the_exit_code_is_1_if_there_is_an_error(run: Any, file: str, code: int) -> None:
    assert run("check", file).exit_code == code


def test_strict_fails_for_a_warning(run: Any) -> None:
    assert run("check", "--strict", WARNED).exit_code == 1
    assert run("check", "--strict", SOUND).exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["check", "no-such-file.json"],
        ["check", "."],
        ["check", SOUND, "--format", "xml"],
        ["check", SOUND, "--ignore", "AC999"],
        ["check", SOUND, "--severity", "AC901=loud"],
        ["check", SOUND, "--severity", "AC901"],
        ["check", SOUND, "--config", "no-such.toml"],
        ["check", SOUND, "--output", "no/such/folder/x.json"],
        ["check", "x" * 300],
        ["check", str(CORPUS), "--pattern", ""],
        ["check", str(CORPUS), "--pattern", "/*.json"],
        ["check", "--explain", "AC999"],
        ["dry-run"],
        ["dry-run", "no-such-file.json"],
        ["dry-run", SOUND, "--event", "End"],
        ["dry-run", SOUND, "--contact", SOUND + "x"],
    ],
)
def test_wrong_use_is_2_with_a_message_on_stderr_only(run: Any, arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr


def test_a_file_that_cannot_be_read_is_wrong_use(run: Any, tmp_path: Path) -> None:
    (tmp_path / "big.json").write_bytes(b" " * 5_000_001)
    assert run("check", "big.json").exit_code == 2
    (tmp_path / "loop.json").symlink_to(tmp_path / "loop.json")
    assert run("check", "loop.json").exit_code == 2


def test_a_folder_is_searched_for_json_but_not_in_skipped_folders(run: Any, tmp_path: Path) -> None:
    for name in ("a.json", "deep/er/b.json", "node_modules/c.json", ".venv/d.json", "notes.txt"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(Path(SOUND).read_bytes())
    document = json.loads(run("check", "--json", ".").stdout)
    assert [report["file"] for report in document["reports"]] == ["a.json", "deep/er/b.json"]
    assert json.loads(run("check", "--json", "--pattern", "*.txt", ".").stdout)["files"] == 1


def test_standard_input_is_read_for_a_dash(run: Any) -> None:
    result = run("check", "-", "--json", stdin=Path(BROKEN).read_bytes())
    (report,) = json.loads(result.stdout)["reports"]
    assert (result.exit_code, report["file"]) == (1, "<stdin>")


def test_a_file_that_is_named_twice_is_checked_once(run: Any) -> None:
    assert json.loads(run("check", "--json", SOUND, SOUND).stdout)["files"] == 1


def test_explain_shows_the_rules_page_in_any_case(run: Any) -> None:
    for name in ("AC402", "ac402"):
        result = run("check", "--explain", name)
        assert result.exit_code == 0
        assert "# AC402: the wrong id for this endpoint" in result.stdout
        assert '"contact_id": "{contact.guid}"' in result.stdout


def test_the_message_for_an_unknown_rule_names_the_nearest(run: Any) -> None:
    assert "did you mean AC402" in run("check", "--explain", "AC4O2").stderr


def test_output_goes_to_a_file_and_standard_output_stays_empty(run: Any, tmp_path: Path) -> None:
    result = run("check", "--format", "json", "--output", "out.json", BROKEN)
    assert (result.exit_code, result.stdout) == (1, "")
    assert json.loads((tmp_path / "out.json").read_text())["errors"] == 1


# --- settings -----------------------------------------------------------------------------------------------------


def test_rules_are_ignored_and_get_a_severity_on_the_command_line(run: Any) -> None:
    assert run("check", BROKEN, "--ignore", "AC901,AC402").exit_code == 0
    assert run("check", BROKEN, "--severity", "AC402=warning").exit_code == 0
    assert run("check", WARNED, "--severity", "AC901=error").exit_code == 1
    assert run("check", WARNED, "--severity", "AC901=note", "--strict").exit_code == 0


@pytest.mark.parametrize("below", [".", "deep/er"])
def test_settings_are_found_in_pyproject_at_or_above_the_folder(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, below: str
) -> None:
    (tmp_path / "pyproject.toml").write_text(
        """
        [tool.attachment-contract]
        ignore = ["ac901"]
        rules-url = "https://git.example.org/rules/"
        [tool.attachment-contract.severity]
        AC402 = "warning"
        """
    )
    folder = tmp_path / below
    folder.mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(folder)
    result = run("check", "--json", BROKEN, WARNED)
    document = json.loads(result.stdout)
    assert (result.exit_code, document["warnings"]) == (0, 1)
    (finding,) = document["reports"][0]["findings"]
    assert finding["link"] == "https://git.example.org/rules/AC402.md"


def test_a_pyproject_without_our_table_has_no_settings(run: Any, tmp_path: Path) -> None:
    (tmp_path / "attachment-contract.toml").write_text("strict = true\n")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "pyproject.toml").write_text("[tool.other]\nx = 1\n")
    assert run("check", WARNED).exit_code == 1


def test_rules_are_ignored_for_some_files(run: Any, tmp_path: Path) -> None:
    (tmp_path / "samples").mkdir()
    for name in ("samples/a.json", "b.json"):
        (tmp_path / name).write_bytes(Path(WARNED).read_bytes())
    (tmp_path / "rules.toml").write_text('[per-file-ignores]\n"samples/*.json" = ["AC901"]\n')
    document = json.loads(run("check", "--json", "--config", "rules.toml", ".").stdout)
    assert {report["file"]: report["warnings"] for report in document["reports"]} == {"b.json": 4, "samples/a.json": 0}


def test_a_domain_of_ones_own_has_no_warning_once_the_settings_name_it(run: Any, tmp_path: Path) -> None:
    text = Path(SOUND).read_text().replace("k3v9x0q7tz.execute-api.eu-central-1.amazonaws.com", "cmi.harbour.example")
    (tmp_path / "a.json").write_text(text)
    assert json.loads(run("check", "--json", "a.json").stdout)["warnings"] == 1
    (tmp_path / "attachment-contract.toml").write_text('own-hosts = ["*.harbour.example"]\n')
    assert json.loads(run("check", "--json", "a.json").stdout)["warnings"] == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("strict = 'yes'", "strict must be a bool"),
        ("strickt = true", "'strickt' is not a setting"),
        ("ignore = 'AC901'", "ignore must be a list"),
        ("ignore = ['AC9O1']", "did you mean AC901"),
        ("[severity]\nAC901 = 'loud'", "'loud' is not a severity"),
        ("[severity]\nAC9 = 'error'", "no rule 'AC9'"),
        ("[per-file-ignores]\n'*.json' = 'AC901'", "must be a list of rule ids"),
        ("own-hosts = 'cmi.example.org'", "own-hosts must be a list"),
        ("own-hosts = ['https://cmi.example.org/a']", "is not the name of a host"),
        ("own-hosts = ['*']", "is not the name of a host"),
        ("own-hosts = [5]", "is not the name of a host"),
        ("strict = ", "attachment-contract.toml"),
    ],
)
def test_settings_that_cannot_be_used_are_wrong_use_and_name_the_place(
    run: Any, tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "attachment-contract.toml").write_text(text)
    result = run("check", SOUND)
    assert result.exit_code == 2
    assert message in result.stderr


# --- as a process -------------------------------------------------------------------------------------------------


def test_the_module_runs_as_a_command() -> None:
    command = [sys.executable, "-m", "attachment_contract", "check", "--format", "json", BROKEN]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert json.loads(done.stdout)["errors"] == 1


def test_a_thousand_files_are_checked_in_one_run(tmp_path: Path) -> None:
    texts = [file.read_bytes() for file in sorted((CORPUS / "sound").iterdir())]
    for number in range(1000):
        (tmp_path / f"{number}.json").write_bytes(texts[number % len(texts)])
    command = [sys.executable, "-m", "attachment_contract", "check", "--json", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["files"] == 1000
