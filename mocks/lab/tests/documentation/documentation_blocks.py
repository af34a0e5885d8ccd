"""The fenced code blocks of README and docs, and what each says about how it is run.

A comment right before a block decides: ``<!-- docs: bash -->``, ``<!-- docs: serves /healthz -->``,
``<!-- docs: run by path/of/a/test.py -->`` or ``<!-- docs: not run: why -->``. Without one, a block of the languages
``sh`` and ``console`` holds commands of this project, one per line, and a block of ``python`` is a test module.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[4]
#: The rules' pages are generated, and their examples are checked by contract_tests; decisions and changes are history.
HISTORY = ("docs/rules/", "docs/decisions/", "CHANGELOG.md", "service/tests/kept/")
SHELL = ("sh", "console")
_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[a-z]*)\s*$")
_HOW = re.compile(r"^ *<!-- docs: (?P<how>.+?) -->$")


@dataclass(frozen=True, kw_only=True)
class Block:
    """One fenced block.

    Attributes:
        path: of the page, from the project's root.
        line: of the opening fence, from 1.
        language: after the fence; empty for figures.
        how: the comment's words; empty without one.
    """

    path: str
    line: int
    language: str
    how: str
    text: str

    @property
    def place(self) -> str:
        """``path:line``."""
        return f"{self.path}:{self.line}"

    def commands(self) -> list[str]:
        """The lines of a shell block without comments and prompts; a line that ends in a backslash goes on."""
        joined = self.text.replace("\\\n", " ")
        lines = (line.removeprefix("$ ").split("  #")[0].strip() for line in joined.splitlines())
        return [line for line in lines if line and not line.startswith("#")]


def pages() -> list[str]:
    """Paths of all Markdown pages that describe how something is used."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    return [path for path in sorted(listed) if not path.startswith(HISTORY)]


def blocks() -> list[Block]:
    """All fenced blocks of all pages, in their order."""
    return [block for path in pages() for block in _blocks_of(path, (ROOT / path).read_text(encoding="utf-8"))]


def _blocks_of(path: str, content: str) -> list[Block]:
    found: list[Block] = []
    lines = content.splitlines()
    opened: tuple[int, re.Match[str]] | None = None
    for number, line in enumerate(lines):
        fence = _FENCE.match(line)
        if fence is None:
            continue
        if opened is None:
            opened = (number, fence)
            continue
        start, head = opened
        indent = len(head["indent"])
        how = _HOW.match(lines[start - 1]) if start else None
        text = "\n".join(each[indent:] for each in lines[start + 1 : number])
        found.append(
            Block(path=path, line=start + 1, language=head["language"], how=how["how"] if how else "", text=text)
        )
        opened = None
    return found
