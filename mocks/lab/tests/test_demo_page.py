"""docs/demo.md: the program takes every command in it, and every button that it names is on a page."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

import attachment_lab.console
from attachment_lab.__main__ import cli
from attachment_lab.console.pages import PAGES
from attachment_lab.console.tour.steps import steps
from attachment_lab.scenarios.table import SCENARIOS
from attachment_lab.tenant import people

DEMO = (Path(__file__).parents[3] / "docs" / "demo.md").read_text()
COMMANDS = sorted(set(re.findall(r"\.venv/bin/attachment-lab ([^#`\n]+)", DEMO)))
NAMED = re.compile(r"\*+([^*]+)\*+")
NUMBERS = {14: "Fourteen", 15: "Fifteen", 16: "Sixteen", 17: "Seventeen"}
CONSOLE = Path(attachment_lab.console.__file__).parent
SHOWN = "\n".join(path.read_text() for name in ("*.html", "*.js") for path in CONSOLE.rglob(name))
TITLES = {page.title for page in PAGES} | {each.title for each in SCENARIOS} | {each.name for each in people.CUSTOMERS}
SCRIPT = DEMO.partition("## The script")[2].partition("\n## ")[0]
PRESSED = sorted(
    {name for row in SCRIPT.splitlines() if row.startswith("|") for name in NAMED.findall(row.split("|")[2])}
)


@pytest.mark.parametrize("name", PRESSED)
def test_a_button_of_the_script_is_on_a_page(name: str) -> None:
    assert name in TITLES or f">{name}<" in SHOWN or f'"{name}"' in SHOWN


def test_the_script_names_buttons() -> None:
    assert len(PRESSED) > 12


@pytest.mark.parametrize("line", COMMANDS)
def test_the_program_takes_a_command_of_the_page(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[3])  # the files that it names are the project's own
    name, *arguments = shlex.split(line)
    with click.Context(cli) as group:
        command = cli.get_command(group, name)
    assert command is not None
    with command.make_context(name, arguments) as context:
        assert context.args == []


def test_the_page_counts_the_captions_right() -> None:
    assert f"{NUMBERS[len(steps())]} captions" in DEMO


def test_the_page_shows_commands_at_all() -> None:
    assert len(COMMANDS) >= 6
