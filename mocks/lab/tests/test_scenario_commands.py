"""``attachment-lab scenario``: listed, and played without a browser; its exit code is the verdict."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from configuration_samples import CUSTOMERS

from attachment_lab.__main__ import run
from attachment_lab.scenarios.table import SCENARIOS


def test_the_list_is_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["scenario", "list", "--json"]) == 0
    text = json.loads(capsys.readouterr().out)
    assert [each["id"] for each in text] == [each.id for each in SCENARIOS]
    assert all(each["steps"] and each["checks"] for each in text)


@pytest.mark.parametrize("arguments", [[], ["earthquake"], ["--all", "c4c-down"]])
def test_wrong_use_is_2_and_says_what_would_work(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["scenario", "run", *arguments]) == 2
    assert "scenario" in capsys.readouterr().err


@pytest.mark.long
@pytest.mark.stack
def test_scenarios_are_played_on_a_stack_of_their_own_and_end_as_they_should() -> None:
    command = [sys.executable, "-m", "attachment_lab", "scenario", "run", "token-expires", "event-lost", "--json"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    message = json.loads(done.stdout)
    assert message["ok"]
    assert [each["id"] for each in message["scenarios"]] == ["token-expires", "event-lost"]
    for each in message["scenarios"]:
        assert all(finding["ok"] for finding in each["findings"])
        assert each["facts"]["objects"] == 4


@pytest.mark.long
@pytest.mark.stack
def test_a_scenario_plays_on_the_names_of_a_configuration(tmp_path: Path) -> None:
    own = tmp_path / "own.json"
    own.write_text(json.dumps(CUSTOMERS["another region, other names of secrets"][0]))
    command = [
        sys.executable,
        "-m",
        "attachment_lab",
        "scenario",
        "run",
        "c4c-down",
        "token-expires",
        "--edi",
        str(own),
    ]
    done = subprocess.run([*command, "--json"], check=False, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    assert [each["ok"] for each in json.loads(done.stdout)["scenarios"]] == [True, True]


def test_a_configuration_that_the_gate_refuses_starts_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own.json"
    own.write_text("{,}")
    assert run(["scenario", "run", "c4c-down", "--edi", str(own)]) != 0
    said = capsys.readouterr().err
    assert "own.json" in said
    assert "Starting the stack" not in said
