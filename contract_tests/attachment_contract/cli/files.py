"""From what a user names on the command line to texts."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

#: Folders that hold other people's files.
_SKIPPED = frozenset({".git", ".venv", "node_modules", "__pycache__", ".mypy_cache", ".ruff_cache", ".tox"})
MOST_BYTES = 5_000_000


class UnusableInput(Exception):
    """A path that cannot be read; the message names it."""


@dataclass(frozen=True)
class InputFile:
    """One thing to check: ``path`` None is standard input."""

    name: str
    path: Path | None

    def read(self) -> bytes:
        """Its bytes. Raises :class:`Unusable`."""
        if self.path is None:
            return sys.stdin.buffer.read()
        try:
            if self.path.stat().st_size > MOST_BYTES:
                raise UnusableInput(f"{self.name}: larger than {MOST_BYTES} bytes, so no configuration")
            return self.path.read_bytes()
        except OSError as exc:
            raise UnusableInput(f"{self.name}: {exc.strerror or exc}") from exc


def named(arguments: Iterable[str], *, pattern: str) -> list[InputFile]:
    """Files as they are, folders with all that matches ``pattern`` below them, ``-``. Raises :class:`Unusable`."""
    found: dict[str, InputFile] = {}
    for argument in arguments:
        for item in _of(argument, pattern):
            found.setdefault(item.name, item)
    return list(found.values())


def one_file(argument: str) -> InputFile:
    """One file, or ``-``. Raises :class:`UnusableInput` for a folder as well."""
    if argument != "-" and Path(argument).is_dir():
        raise UnusableInput(f"{argument}: a folder; name one file")
    (item,) = _of(argument, "")
    return item


def _of(argument: str, pattern: str) -> Iterator[InputFile]:
    if argument == "-":
        yield InputFile("<stdin>", None)
        return
    path = Path(argument)
    if not path.exists():
        raise UnusableInput(f"{argument}: there is no such file or folder")
    if not path.is_dir():
        yield InputFile(argument, path)
        return
    files = [file for file in sorted(path.rglob(pattern)) if file.is_file() and not _SKIPPED & set(file.parts)]
    if not files:
        raise UnusableInput(f"{argument}: no {pattern} below it")
    for file in files:
        yield InputFile(str(file), file)
