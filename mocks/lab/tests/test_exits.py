"""Every end of a command is an exit code and a sentence; only an error of the lab's own leaves a log file."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import click
import pytest

from attachment_lab.errors import LabFailed, WrongUse
from attachment_lab.exits import Stopped, run_command


def ending(error: BaseException) -> click.Command:
    """A command that ends with this error."""

    def end() -> None:
        raise error

    return click.Command("broken", callback=end)


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (WrongUse("give a file"), 2, "broken: give a file"),
        (LabFailed("no answer"), 1, "broken: no answer"),
        (click.BadParameter("no number"), 2, "no number"),
        (Stopped(15), 143, "Stopped; the stack is down."),
        (KeyboardInterrupt(), 130, "Stopped."),
    ],
    ids=["wrong use", "failed", "bad parameter", "signal", "Ctrl-C"],
)
def test_an_expected_end_is_a_sentence_and_its_exit_code(
    error: BaseException, code: int, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(ending(error), "broken", []) == code
    said = capsys.readouterr()
    assert sentence in said.err
    assert "Traceback" not in said.err
    assert said.out == ""


@pytest.mark.parametrize(("result", "code"), [(None, 0), (0, 0), (1, 1)])
def test_a_command_that_returns_a_number_exits_with_it(result: int | None, code: int) -> None:
    assert run_command(click.Command("fine", callback=lambda: result), "fine", []) == code


def test_an_unexpected_error_is_70_with_a_sentence_and_a_private_log_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert run_command(ending(ZeroDivisionError("by zero")), "broken", []) == 70
    said = capsys.readouterr().err
    (log,) = (tmp_path / "attachment-lab" / "log").iterdir()
    assert "broken: internal error: ZeroDivisionError: by zero" in said
    assert str(log) in said
    assert "Traceback" not in said
    assert "ZeroDivisionError: by zero" in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_log_file_that_cannot_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "attachment-lab").write_text("a file where the folder should be")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert run_command(ending(RuntimeError("odd")), "broken", []) == 70
    assert "cannot be written" in capsys.readouterr().err


def test_a_reader_that_closes_its_end_gets_no_complaint() -> None:
    command = f"{sys.executable} -m attachment_lab scenario list --json | head -1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, env=os.environ)
    assert (done.stdout, done.stderr) == ("[\n", "")
