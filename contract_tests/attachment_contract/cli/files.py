"""The files that a command line names, and their content."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

#: Folders with files that are not the project's own.
_SKIPPED = frozenset({".git", ".venv", "node_modules", "__pycache__", ".mypy_cache", ".ruff_cache", ".tox"})
MOST_BYTES = 5_000_000


class UnusableInput(Exception):
    """A path that cannot be read; the message names it."""


@dataclass(frozen=True)
class InputFile:
    """One file to check: ``path`` None is standard input."""

    name: str
    path: Path | None

    def read(self) -> bytes:
        """Its bytes. Raises :class:`UnusableInput`."""
        try:
            if self.path is None:
                content = sys.stdin.buffer.read(MOST_BYTES + 1)
            else:
                with self.path.open("rb") as file:
                    content = file.read(MOST_BYTES + 1)
        except OSError as exc:
            raise UnusableInput(f"{self.name}: {exc.strerror or exc}") from exc
        if len(content) > MOST_BYTES:
            raise UnusableInput(f"{self.name}: larger than {MOST_BYTES} bytes, so it is no configuration")
        return content


def named(arguments: Iterable[str], *, pattern: str) -> list[InputFile]:
    """Each named file, all files below a folder that match ``pattern``, ``-``. Raises :class:`UnusableInput`."""
    found: dict[str, InputFile] = {}
    for argument in arguments:
        for item in _of(argument, pattern):
            found.setdefault(item.name, item)
    if not found:
        raise UnusableInput("Name a file, a folder, or - for standard input.")
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
    try:
        if not path.exists():
            raise UnusableInput(f"{argument}: there is no such file or folder")
        if not path.is_dir():
            yield InputFile(argument, path)
            return
        files = [file for file in sorted(path.rglob(pattern)) if file.is_file() and not _SKIPPED & set(file.parts)]
    except OSError as exc:
        raise UnusableInput(f"{argument}: {exc.strerror or exc}") from exc
    except (ValueError, NotImplementedError) as exc:
        raise UnusableInput(f"--pattern {pattern!r}: {exc}") from exc
    if not files:
        raise UnusableInput(f"{argument}: no {pattern} below it")
    for file in files:
        yield InputFile(str(file), file)
