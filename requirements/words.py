"""Fail on words that the project has retired. The lists are in words.toml.

Two lists: words that are retired everywhere, and words that are retired as identifiers only (names in Python and
JavaScript, names of files). Exempt are the CHANGELOG, decisions, frozen files of earlier releases and quotations (lines
of a Markdown quote). Exit 0: none found; 1: some, each with its place and the word to use.
"""

from __future__ import annotations

import io
import keyword
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
EXEMPT = (
    "CHANGELOG.md",
    "docs/decisions/",
    "docs/images/",
    "service/tests/kept/",
    "contract_tests/released/",
    "requirements/words.toml",
)
#: Files whose names and texts are read; others (pictures, archives, locks) are not ours to word.
TEXTS = {".py", ".js", ".css", ".html", ".jinja", ".md", ".toml", ".yml", ".yaml", ".sh", ".json", ".conf", ""}
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_JS_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_JS_NOT_CODE = re.compile(r"//[^\n]*|/\*.*?\*/|`(?:\\.|[^`\\])*`|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL)


class Finding(NamedTuple):
    """One retired word: ``path:line``, the text it stands in, the word, and what to write instead."""

    place: str
    text: str
    word: str
    instead: str


class Words:
    """The lists of words.toml."""

    def __init__(self, content: str) -> None:
        lists = tomllib.loads(content)
        self._allowed = set(lists["allowed"])
        self._identifiers: dict[str, str] = lists["everywhere"] | lists["identifiers"]
        self._everywhere: dict[str, str] = lists["everywhere"]
        either = "|".join(re.escape(word).replace(r"\ ", "[ _-]") for word in self._everywhere)
        self._anywhere = re.compile(rf"(?<![A-Za-z])(?:{either})(?:e?s)?(?![a-z])", re.IGNORECASE)

    def in_text(self, line: str) -> Iterator[tuple[str, str, str]]:
        """Words that are retired everywhere: (text, word, instead)."""
        for found in self._anywhere.finditer(line):
            word = _singular(found.group().lower(), self._everywhere)
            yield line.strip(), word, self._everywhere.get(word, "see words.toml")

    def in_identifier(self, name: str) -> Iterator[tuple[str, str, str]]:
        """Retired words among the parts of a name."""
        if name in self._allowed or keyword.iskeyword(name):
            return
        for part in _PARTS.findall(name):
            word = _singular(part.lower(), self._identifiers)
            if word in self._identifiers:
                yield name, word, self._identifiers[word]


def findings(root: Path, words: Words) -> Iterator[Finding]:
    """All retired words in the tracked files below ``root``."""
    listed = subprocess.run(["git", "ls-files"], cwd=root, check=True, capture_output=True, text=True).stdout
    for path in listed.splitlines():
        if path.startswith(EXEMPT) or PurePosixPath(path).suffix not in TEXTS or not (root / path).is_file():
            continue
        for text, word, instead in words.in_identifier(PurePosixPath(path).stem.replace("test_", "", 1)):
            yield Finding(path, text, word, instead)
        yield from in_file(path, (root / path).read_text(encoding="utf-8", errors="replace"), words)


def in_file(path: str, content: str, words: Words) -> Iterator[Finding]:
    """Retired words of one file's text."""
    for number, line in enumerate(content.splitlines(), 1):
        if not (path.endswith(".md") and line.startswith(">")):
            for text, word, instead in words.in_text(line):
                yield Finding(f"{path}:{number}", text, word, instead)
    for number, name in _identifiers(path, content):
        for text, word, instead in words.in_identifier(name):
            yield Finding(f"{path}:{number}", text, word, instead)


def _identifiers(path: str, content: str) -> Iterator[tuple[int, str]]:
    if path.endswith(".py"):
        for token in tokenize.generate_tokens(io.StringIO(content).readline):
            # A test is named as a sentence: its name is prose.
            if token.type == tokenize.NAME and not token.string.startswith("test_"):
                yield token.start[0], token.string
    elif path.endswith(".js"):
        code = _JS_NOT_CODE.sub(lambda found: "\n" * found.group().count("\n"), content)
        for number, line in enumerate(code.splitlines(), 1):
            for found in _JS_NAME.finditer(line):
                yield number, found.group()


def _singular(word: str, known: dict[str, str]) -> str:
    return next((each for each in (word, word.removesuffix("s"), word.removesuffix("es")) if each in known), word)


def main() -> int:
    """Print each finding; exit 1 if there is one."""
    words = Words((ROOT / "requirements/words.toml").read_text(encoding="utf-8"))
    found = list(dict.fromkeys(findings(ROOT, words)))
    for each in found:
        print(f"{each.place}: “{each.word}” is retired; write: {each.instead}\n    {each.text[:160]}")
    print(f"words: {len(found)} retired" if found else "words: none retired is used")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
