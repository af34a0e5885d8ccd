"""The command ``attachment-contract``: rules, schemas, compat, exit codes, and what a command imports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from attachment_contract.cli.main import cli, run
from attachment_contract.gate.catalogue import catalogue, pages
from attachment_contract.schemas.store import load_schema, schema_names

ROOT = Path(__file__).parent
PLAIN = str(ROOT / "corpus" / "sound" / "plain.json")
BROKEN = str(ROOT / "corpus" / "broken" / "AC402_leg_id.json")
RELEASED = str(ROOT / "released")
SUFFIX = ".schema.json"


def invoke(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def document(*arguments: str | Path) -> Any:
    """The JSON that a command prints, and nothing else on standard output."""
    return json.loads(invoke(*arguments, "--json").stdout)


# --- rules ----------------------------------------------------------------------------------------------------------


def test_all_rules_are_listed_with_severity_and_title() -> None:
    lines = invoke("rules").stdout.splitlines()
    assert len(lines) == len(catalogue())
    assert lines[0].split() == ["AC001", "error", "the", "JSON", "cannot", "be", "read"]
    assert [rule["id"] for rule in document("rules")["rules"]] == list(catalogue())


def test_a_named_rule_is_shown_as_its_page() -> None:
    assert "# AC402: the wrong id for this endpoint" in invoke("rules", "ac402").stdout
    (rule,) = document("rules", "AC402")["rules"]
    assert rule.keys() == {"id", "title", "severity", "why", "wrong", "right", "remedy", "source"}
    assert document("check", "--explain", "AC402") == {"rules": [rule]}


def test_the_pages_that_were_written_are_listed(tmp_path: Path) -> None:
    written = document("rules", "--write", tmp_path)["written"]
    assert sorted(Path(name).name for name in written) == sorted(pages())


# --- schemas --------------------------------------------------------------------------------------------------------


def test_all_schemas_are_listed_with_name_id_and_title() -> None:
    rows = document("schemas", "list")["schemas"]
    assert [row["name"] for row in rows] == schema_names()
    assert rows[0].keys() == {"name", "id", "title"}
    assert invoke("schemas", "list").stdout.splitlines()[0].startswith(rows[0]["name"])


def test_all_schemas_are_exported_as_they_are(tmp_path: Path) -> None:
    assert invoke("schemas", "export", tmp_path / "a" / "b").exit_code == 0
    files = {file.name.removesuffix(SUFFIX): json.loads(file.read_text("utf-8")) for file in tmp_path.rglob("*.json")}
    assert files == {name: load_schema(name) for name in schema_names()}


def test_a_schema_is_exported_with_those_that_it_refers_to(tmp_path: Path) -> None:
    written = document("schemas", "export", tmp_path, "integrations.v1")["written"]
    assert [Path(name).name.removesuffix(SUFFIX) for name in written] == ["integration.v1", "integrations.v1"]


# --- compat ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A folder with two schemas of this package, as another project has them."""
    folder = tmp_path / "older"
    assert invoke("schemas", "export", folder, "transfer.v1", "jwks.v1").exit_code == 0
    return folder


def widen(folder: Path, name: str) -> None:
    """Let a schema accept everything, so that this package's is narrower."""
    (folder / f"{name}{SUFFIX}").write_text("{}")


def test_the_released_schemas_are_compatible_with_the_present_ones() -> None:
    result = document("compat", RELEASED)
    assert (result["ok"], result["narrowed"], result["missing"]) == (True, [], [])
    assert invoke("compat", RELEASED).exit_code == 0


def test_a_schema_that_became_narrower_is_named_with_its_place_and_fails(older: Path) -> None:
    widen(older, "jwks.v1")
    result = invoke("compat", older)
    assert result.exit_code == 1
    assert "jwks.v1: #/required: new: ['keys']" in result.stdout
    assert "not compatible" in result.stdout.splitlines()[-1]
    assert document("compat", older)["narrowed"][0].keys() == {"schema", "place"}


def test_a_schema_that_is_missing_fails_and_a_new_one_does_not(older: Path, tmp_path: Path) -> None:
    newer = tmp_path / "newer"
    assert invoke("schemas", "export", newer, "transfer.v1", "problem.v1").exit_code == 0
    result = document("compat", older, newer)
    assert result["ok"] is False
    assert set(result["missing"]) == {"jwks.v1"}
    assert "problem.v1" in result["added"]
    assert document("compat", newer, RELEASED)["ok"]


def test_one_file_is_compared_with_the_schema_of_its_name_or_with_another_file(older: Path) -> None:
    jwks = older / f"jwks.v1{SUFFIX}"
    assert document("compat", jwks)["compared"] == ["jwks.v1"]
    other = jwks.with_name("other.json")
    other.write_text("false")
    result = document("compat", jwks, other)
    assert (result["ok"], result["compared"]) == (False, ["jwks.v1"])


# --- exit codes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["chek"],
        ["rules", "AC999"],
        ["rules", "AC402", "--write", "x"],
        ["schemas", "export"],
        ["schemas", "export", "x", "no_such.v1"],
        ["schemas", "export", f"{PLAIN}/x"],
        ["compat"],
        ["compat", "no-such-folder"],
        ["compat", str(ROOT / "behaviour")],
        ["compat", str(ROOT / "README.md")],
    ],
)
def test_wrong_use_is_2_with_a_message_on_stderr_only(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err


def test_an_error_of_our_own_is_70_and_a_sentence_without_its_values(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("S3cret!")

    monkeypatch.setattr("attachment_contract.cli.check.examine_bytes", fails)
    assert run(["check", PLAIN]) == 70
    said = capsys.readouterr().err
    assert said.startswith("attachment-contract: an error of our own: RuntimeError in test_cli.py, line ")
    assert "Traceback" not in said
    assert "S3cret!" not in said


def test_an_interrupted_run_is_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("attachment_contract.cli.check.examine_bytes", interrupted)
    assert run(["check", PLAIN]) == 130
    assert capsys.readouterr().err.strip() == "Stopped."


def test_a_file_name_never_acts_on_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(tmp_path / "\x1b]0;owned\x07")]) == 2
    assert "\x1b" not in capsys.readouterr().err


# --- as a process ---------------------------------------------------------------------------------------------------

#: What the distribution names, and what these need themselves.
ALLOWED = (
    *("click", "rich", "markdown_it", "mdurl", "pygments"),
    *("jsonschema", "jsonschema_specifications", "referencing", "rpds", "attr", "attrs", "typing_extensions"),
)
BLOCKER = f"""
import sys

class Blocker:
    allowed = {{"attachment_contract", *sys.stdlib_module_names, *{ALLOWED!r}}}

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in self.allowed:
            raise ImportError(f"{{name}} is not in the distribution", name=name)

sys.meta_path.insert(0, Blocker())
from attachment_contract.cli.main import main
main()
"""


def process(*command: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, *command], capture_output=True, check=False, env={**os.environ, **environment}
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["check", PLAIN], 0),
        (["check", "--format", "sarif", BROKEN], 1),
        (["check", "--explain", "AC402"], 0),
        (["dry-run", PLAIN], 0),
        (["rules"], 0),
        (["schemas", "list"], 0),
        (["compat", RELEASED], 0),
        (["--help"], 0),
    ],
)
def test_a_command_imports_nothing_beyond_the_distribution(arguments: list[str], code: int) -> None:
    """No Flask, no DBOS, no httpx, no mock: an import of anything else fails."""
    done = process("-c", BLOCKER, *arguments)
    assert (done.returncode, done.stderr) == (code, b"")
    assert done.stdout


@pytest.mark.parametrize("arguments", [["check", BROKEN], ["dry-run", "--json", PLAIN], ["rules"], ["schemas", "list"]])
def test_a_stream_that_is_not_utf_8_is_written_to_all_the_same(arguments: list[str]) -> None:
    done = process("-c", BLOCKER, *arguments, PYTHONIOENCODING="ascii")
    assert done.returncode in {0, 1}
    assert done.stderr == b""
    assert done.stdout.isascii()


def test_a_reader_that_stopped_reading_ends_the_command_without_a_message() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        command = [sys.executable, "-c", BLOCKER, "rules"]
        done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")
