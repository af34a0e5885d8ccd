"""What planted defects and falsified guards share: a change of one place, a copy with it, and tests that must fail."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

ROOT = Path(__file__).resolve().parents[1]
#: A run that takes longer has not turned red: nobody waits for ever.
PATIENCE_S = 600
FAILED, WRONG_USE = 1, 2


class BadSpec(Exception):
    """An entry that cannot be used, in words."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What became of one change, seen from one side.

    Attributes:
        caught: whether it turned red, with the right message.
        seen: the line that shows it, or why it was not caught.
    """

    side: str
    caught: bool
    seen: str
    took_s: float


def read_entries(folder: Path, kind: str, members: set[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(file and id, entry) of each table ``[[kind]]``, in the order of files and lines. Raises BadSpec."""
    ids: set[str] = set()
    for path in sorted(folder.glob("*.toml")):
        for entry in tomllib.loads(path.read_text()).get(kind, []):
            name = f"{path.name}: {entry.get('id', '?')}"
            if entry.keys() != members:
                raise BadSpec(f"{name}: its members must be {sorted(members)}; differing: {entry.keys() ^ members}")
            if entry["id"] in ids:
                raise BadSpec(f"{name}: the id is taken")
            ids.add(entry["id"])
            yield name, entry


class Entry(Protocol):
    """An entry of a file of specs."""

    @property
    def id(self) -> str:
        """Its name."""


E = TypeVar("E", bound=Entry)


def chosen_of(entries: Sequence[E], ids: Sequence[str], one_in: int) -> list[E]:
    """The entries with these ids, or the first of each ``one_in``. Raises KeyError for an id that there is not."""
    by_id = {each.id: each for each in entries}
    return [by_id[each] for each in ids] if ids else list(entries[::one_in])


def parser_of(program: str, description: str) -> argparse.ArgumentParser:
    """The options that choose entries."""
    parser = argparse.ArgumentParser(prog=program, description=description)
    parser.add_argument("ids", nargs="*", metavar="ID", help="these entries; default: all")
    parser.add_argument("--one-in", type=int, default=1, metavar="N", help="a sample: the first of each N")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="how many at once")
    return parser


def changed(path: Path, find: str, replace: str, *, name: str) -> str:
    """The file's text with the change in it. Raises BadSpec where it does not apply."""
    if not path.is_file():
        raise BadSpec(f"{name}: there is no {path.relative_to(ROOT)}")
    text = path.read_text()
    if (count := text.count(find)) != 1:
        raise BadSpec(f"{name}: {find.strip()[:80]!r} occurs {count} times in {path.relative_to(ROOT)}, not once")
    return text.replace(find, replace)


@contextmanager
def copy_with(package: Path, path: Path | None, text: str) -> Iterator[dict[str, str]]:
    """An environment in which ``package`` is a copy of the folder, with ``text`` in ``path``; None = unchanged."""
    with tempfile.TemporaryDirectory(prefix="changed-") as folder:
        copy = Path(folder) / package.name
        shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__"))
        if path is not None:
            (copy / path.relative_to(package)).write_text(text)
        others = os.environ.get("PYTHONPATH")
        yield {**os.environ, "PYTHONPATH": os.pathsep.join([folder, *([others] if others else [])])}


def from_inside(tests: Sequence[str], environment: Mapping[str, str]) -> Finding:
    """Run tests against the copy: one of them must fail."""
    began_s = time.monotonic()
    arguments = ["-q", "-x", "--no-header", "-p", "no:cacheprovider", "-n", "0", *tests]
    code, printed = run([sys.executable, "-m", "pytest", *arguments], environment)
    took_s = time.monotonic() - began_s
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", printed, re.MULTILINE)
    if code != FAILED or failed is None:
        seen = f"no test fails (exit {code}): {printed.strip().splitlines()[-1:]}"
        return Finding(side="inside", caught=False, seen=seen, took_s=took_s)
    return Finding(side="inside", caught=True, seen=failed.group(1), took_s=took_s)


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> tuple[int | None, str]:
    """Exit code and what was printed; None for a command that did not end in time."""
    try:
        done = subprocess.run(
            arguments,
            check=False,
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE_S,
        )
    except subprocess.TimeoutExpired as exc:
        return None, f"not ended after {PATIENCE_S} s: {exc.stdout!r}"
    return done.returncode, done.stdout + done.stderr


def show(name: str, findings: Sequence[Finding]) -> None:
    """One line for each side."""
    for each in findings:
        mark = "✓" if each.caught else "✗"
        print(f"{mark} {name}  {each.side} ({each.took_s:.0f} s): {each.seen}", flush=True)
