"""docs/demo.md: every command in it is one that the program takes, and every page it names is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from attachment_lab.__main__ import cli
from attachment_lab.console.tour.steps import steps

DEMO = (Path(__file__).parents[3] / "docs" / "demo.md").read_text()
COMMANDS = sorted(set(re.findall(r"\.venv/bin/attachment-lab ([^#`\n]+)", DEMO)))
NUMBERS = {14: "Fourteen", 15: "Fifteen", 16: "Sixteen", 17: "Seventeen"}


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_page_is_one_that_the_program_takes(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[3])  # the files that it names are the project's own
    name, *arguments = shlex.split(line)
    command = cli.commands[name]
    with click.Context(cli), command.make_context(name, arguments) as context:
        assert context.args == []


def test_the_page_counts_the_captions_right() -> None:
    assert f"{NUMBERS[len(steps())]} captions" in DEMO


def test_the_page_shows_commands_at_all() -> None:
    assert len(COMMANDS) >= 6
