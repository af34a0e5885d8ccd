"""The command lines as a new user meets them: versions, completion, encodings, wrong use, and no traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from attachment_lab.__main__ import ANYWHERE, COMMANDS, cli, elsewhere, run
from attachment_lab.cli.durations import Duration, words

ENTRIES = (
    "attachment_lab",
    "attachment_contract",
    "attachment_transfer",
    "orchestration_mock",
    "cmi_mock",
    "c4c_mock",
    "mock_kit.edge",
)
HEAVY = ("openpyxl", "numpy", "av", "PIL", "docx", "reportlab", "httpx", "rich")
LONG = "x" * 5000
MISTAKES: tuple[tuple[str, ...], ...] = (
    ("up", "--port-base", "x"),
    ("up", "--run-dir", LONG),
    ("up", "--ready-file", LONG + "/ready.json"),
    ("up", "--dialect", LONG),
    ("up", "--edi", '{"endpoint_url": 1}'),
    ("demo", "--file", "no such file"),
    ("demo", "--run-dir", LONG),
    ("chat", "--file", '{"a": 1}'),
    ("chat", "--stack", LONG),
    ("chat", "--end", "GUID", "--stack", "/"),
    ("reconcile", "--stack", "none.json"),
    ("journal", "sap"),
    ("fault", "add", "cmi"),
    ("scenario", "run"),
    ("scenario", "run", "no-such-scenario"),
    ("tenant", "open", LONG),
    ("tenant", "close"),
    ("report",),
    ("clock", "advance", "soon"),
    ("clock", "advance", "-5"),
    ("reset", "--stack", "/dev/null"),
    ("check", LONG),
    ("dry-run", "no such file"),
    ("probe", "--system", "erp"),
    ("no-such-command",),
    ("--no-such-option",),
)


def commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every command line that ends in a command."""
    found: list[tuple[str, ...]] = []
    with click.Context(group) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None, name
            found += commands(command, (*path, name)) if isinstance(command, click.Group) else [(*path, name)]
    return found


@pytest.mark.parametrize("module", ENTRIES)
def test_every_entry_shows_its_version(module: str) -> None:
    done = subprocess.run([sys.executable, "-m", module, "--version"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert any(character.isdigit() for character in done.stdout)


def test_the_version_is_shown_without_importing_what_builds_files() -> None:
    code = f"import sys, attachment_lab.__main__ as m; m.run(['--version']); print(*set({HEAVY!r}) & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[1:] == [""]


@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_imports_what_builds_files_before_it_runs(name: str) -> None:
    heavy = ("openpyxl", "numpy", "av", "PIL", "docx", "reportlab", "playwright", "testcontainers")
    code = (
        f"import sys, attachment_lab.__main__ as m; m.run([{name!r}, '-h']); print(*set({heavy!r}) & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == ""


@pytest.mark.parametrize("arguments", commands(cli), ids=" ".join)
def test_every_command_has_help_and_refuses_an_unknown_option_with_2(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*arguments, "--help"]) == 0
    assert "Usage: attachment-lab" in capsys.readouterr().out
    assert run([*arguments, "--no-such-option"]) == 2
    said = capsys.readouterr()
    assert "--no-such-option" in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize("arguments", MISTAKES, ids=lambda each: " ".join(each)[:40])
def test_wrong_use_is_a_sentence_and_2(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert run(list(arguments)) == 2
    said = capsys.readouterr()
    assert said.out in {"", "Starting the stack …\n"}
    assert said.err.strip()
    assert "Traceback" not in said.err
    assert not list(tmp_path.glob("*.log"))


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_what_runs_on_linux_only_says_so_elsewhere(platform: str) -> None:
    for name in COMMANDS:
        refusal = elsewhere([name, "--json"], platform)
        assert (refusal is None) == (name in ANYWHERE)
        assert refusal is None or (platform in refusal and "containers" in refusal and "WSL" in refusal)
    assert elsewhere(["up"], "linux") is None
    assert elsewhere(["--version"], platform) is None


@pytest.mark.parametrize("arguments", commands(cli), ids=" ".join)
def test_an_error_of_our_own_in_any_command_is_70_with_a_log_file(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by a zero \udce4")

    monkeypatch.setattr(click.Command, "invoke", broken)
    assert run(list(arguments)) == 70
    said = capsys.readouterr().err
    assert "internal error: ZeroDivisionError: by a zero \\udce4" in said
    assert "Traceback" not in said
    [log] = (tmp_path / "attachment-lab" / "log").iterdir()
    assert "Traceback" in log.read_text(encoding="utf-8")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_of_a_shell_is_produced(shell: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "attachment_lab"],
        env=os.environ | {"_ATTACHMENT_LAB_COMPLETE": f"{shell}_source"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert f"_ATTACHMENT_LAB_COMPLETE={shell}_complete" in done.stdout


def test_completion_offers_commands_and_options() -> None:
    def offered(words: str, position: int) -> str:
        variables = {"_ATTACHMENT_LAB_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(position)}
        command = [sys.executable, "-m", "attachment_lab"]
        return subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=False).stdout

    assert "plain,reconcile" in offered("attachment-lab rec", 1)
    assert "plain,--tenant" in offered("attachment-lab chat --ten", 2)


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "ascii"])
@pytest.mark.parametrize("arguments", [("scenario", "list"), ("scenario", "list", "--json"), ("demo", "--help")])
def test_output_does_not_end_at_the_terminals_encoding(encoding: str, arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "attachment_lab", *arguments],
        env=os.environ | {"PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode(encoding)
    if "--json" in arguments:
        assert len(json.loads(text)) > 10


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "ascii"])
def test_a_file_name_that_is_no_text_is_refused_in_any_encoding(encoding: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [os.fsencode(sys.executable), b"-m", b"attachment_lab", b"demo", b"--file", b"Vertr\xe4ge \xff.pdf"],
        env=os.environ | {"PYTHONIOENCODING": encoding},
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert b"does not exist" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("5m", 300), ("1h30m", 5400), ("2d", 172_800), ("1.5h", 5400), ("0", 0), ("7.5", 7.5)],
)
def test_a_duration_has_units_or_is_in_seconds(text: str, seconds: float) -> None:
    assert Duration().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-5", "5 m", "m5", "5m!", "nan", "inf", "5w"])
def test_what_is_no_duration_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(click.BadParameter, match="such as 90, 5m, 1h30m or 2d"):
        Duration().convert(text, None, None)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "+0 s"), (90, "+1 min 30 s"), (3690, "+1 h 1 min 30 s"), (172_800, "+2 d"), (-5, "-5 s")]
)
def test_an_offset_is_shown_in_units(seconds: float, text: str) -> None:
    assert words(seconds) == text
