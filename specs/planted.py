"""Plants defects in a copy of the service, one at a time, and checks that each turns red, from outside and from inside.

    python specs/planted.py [ID …] [--one-in N] [--jobs N] [--only outside|inside] [--json FILE]

A defect is an entry of a file in ``specs/planted/``:

| member  | says                                                                                              |
|---------|---------------------------------------------------------------------------------------------------|
| id      | its name                                                                                          |
| title   | what is wrong with the service, in one sentence                                                   |
| file    | below ``service/attachment_transfer``                                                             |
| find    | occurs exactly once in the file; else the entry applies no more, which is an error                |
| replace | what stands there instead                                                                         |
| outside | a command of ``attachment-lab`` that must end with 1: demo, scenario run, conform                 |
| message | regular expressions; each must be found in what that command prints: hop, file, cause             |
| inside  | tests of the service of which one must fail                                                       |

From outside the service is a process: the lab sees what the customer sent, what CMI served and what C4C holds.
Exit 0: every defect turned red in both ways. 1: one did not, or the command is red without a defect. 2: wrong use.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "service" / "attachment_transfer"
SPECS = ROOT / "specs" / "planted"
#: A run that takes longer has not turned red: nobody waits for ever.
PATIENCE_S = 600
_FAILED, _WRONG_USE = 1, 2
_MEMBERS = {"id", "title", "file", "find", "replace", "outside", "message", "inside"}


class BadSpec(Exception):
    """An entry that cannot be planted, in words."""


@dataclass(frozen=True, kw_only=True)
class Defect:
    """One entry; the members are those of the table above."""

    id: str
    title: str
    file: str
    find: str
    replace: str
    outside: str
    message: Sequence[str]
    inside: Sequence[str]

    def planted(self) -> str:
        """The file's text with the defect in it. Raises BadSpec where it does not apply."""
        path = PACKAGE / self.file
        if not path.is_file():
            raise BadSpec(f"{self.id}: there is no {self.file} below service/attachment_transfer")
        text = path.read_text()
        if (count := text.count(self.find)) != 1:
            raise BadSpec(f"{self.id}: {self.find.strip()[:80]!r} occurs {count} times in {self.file}, not once")
        return text.replace(self.find, self.replace)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What became of one defect on one side.

    Attributes:
        caught: whether it turned red, with the right message.
        seen: the line that shows it, or why it was not caught.
    """

    side: str
    caught: bool
    seen: str
    took_s: float


def read_defects(folder: Path = SPECS) -> list[Defect]:
    """Every entry, in the order of files and lines. Raises BadSpec."""
    found: dict[str, Defect] = {}
    for path in sorted(folder.glob("*.toml")):
        for entry in tomllib.loads(path.read_text()).get("defect", []):
            name = f"{path.name}: {entry.get('id', '?')}"
            if entry.keys() != _MEMBERS:
                raise BadSpec(f"{name}: its members must be {sorted(_MEMBERS)}; differing: {entry.keys() ^ _MEMBERS}")
            if entry["id"] in found:
                raise BadSpec(f"{name}: the id is taken")
            if not entry["inside"] or not entry["message"]:
                raise BadSpec(f"{name}: inside and message name at least one each")
            found[entry["id"]] = Defect(**entry)
    return list(found.values())


@contextmanager
def copy_with(text: str | None, file: str) -> Iterator[dict[str, str]]:
    """An environment in which the service is a copy of the package, with ``text`` in ``file``; None = unchanged."""
    with tempfile.TemporaryDirectory(prefix="planted-") as folder:
        copy = Path(folder) / PACKAGE.name
        shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
        if text is not None:
            (copy / file).write_text(text)
        others = os.environ.get("PYTHONPATH")
        yield {**os.environ, "PYTHONPATH": os.pathsep.join([folder, *([others] if others else [])])}


def from_outside(command: str, message: Sequence[str], environment: Mapping[str, str]) -> Finding:
    """Run a command of the lab against the copy: it must end with 1 and print each expression."""
    began_s = time.monotonic()
    code, printed = _run([sys.executable, "-m", "attachment_lab", *command.split()], environment)
    took_s = time.monotonic() - began_s
    if code != _FAILED:
        return Finding(side="outside", caught=False, seen=f"`{command}` ended with {code}", took_s=took_s)
    text = _words(printed)
    missing = [each for each in message if not re.search(each, text)]
    if missing:
        seen = f"`{command}` is red, but does not say {missing[0]!r}: {_extract(text, message)}"
        return Finding(side="outside", caught=False, seen=seen, took_s=took_s)
    return Finding(side="outside", caught=True, seen=_extract(text, message), took_s=took_s)


def from_inside(tests: Sequence[str], environment: Mapping[str, str]) -> Finding:
    """Run tests against the copy: one of them must fail."""
    began_s = time.monotonic()
    arguments = ["-q", "-x", "--no-header", "-p", "no:cacheprovider", "-n", "0", *tests]
    code, printed = _run([sys.executable, "-m", "pytest", *arguments], environment)
    took_s = time.monotonic() - began_s
    failed = re.search(r"^FAILED (\S+)", printed, re.MULTILINE)
    if code != _FAILED or failed is None:
        seen = f"no test fails (exit {code}): {printed.strip().splitlines()[-1:]}"
        return Finding(side="inside", caught=False, seen=seen, took_s=took_s)
    return Finding(side="inside", caught=True, seen=failed.group(1), took_s=took_s)


def judged(defect: Defect, sides: Sequence[str]) -> list[Finding]:
    """Plant it, and look from each side."""
    with copy_with(defect.planted(), defect.file) as environment:
        found = []
        if "outside" in sides:
            found.append(from_outside(defect.outside, defect.message, environment))
        if "inside" in sides:
            found.append(from_inside(defect.inside, environment))
        return found


def is_green(command: str) -> str:
    """Empty if the command ends with 0 for a copy without a defect; else what it printed."""
    with copy_with(None, "") as environment:
        where = "import attachment_transfer, sys; sys.exit(not attachment_transfer.__file__.startswith(sys.argv[1]))"
        copy = environment["PYTHONPATH"].split(os.pathsep)[0]
        if _run([sys.executable, "-c", where, copy], environment)[0] != 0:
            return "the copy is not what Python imports"
        code, printed = _run([sys.executable, "-m", "attachment_lab", *command.split()], environment)
    return "" if code == 0 else f"`{command}` ends with {code} without a defect: {printed[-1500:]}"


def _run(arguments: Sequence[str], environment: Mapping[str, str]) -> tuple[int | None, str]:
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


def _words(printed: str) -> str:
    """JSON as the text that it means, so that an expression is written as a person reads the sentence."""
    try:
        document, _ = json.JSONDecoder().raw_decode(printed)
    except ValueError:
        return printed
    return "\n".join(_texts(document))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    else:
        yield str(value)


def _extract(text: str, message: Sequence[str]) -> str:
    """The line with most of the expressions in it."""
    lines = text.splitlines() or [""]
    return max(lines, key=lambda line: sum(1 for each in message if re.search(each, line)))[:300]


def main(arguments: Sequence[str]) -> int:
    """Run the self-test; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        defects = read_defects()
        chosen = _chosen(defects, options.ids, options.one_in)
        for each in chosen:
            each.planted()
    except BadSpec as exc:
        print(f"planted: {exc}", file=sys.stderr)
        return _FAILED
    except KeyError as exc:
        print(f"planted: no defect is called {exc}; there are: {', '.join(each.id for each in defects)}")
        return _WRONG_USE
    sides = [options.only] if options.only else ["outside", "inside"]
    began_s = time.monotonic()
    if "outside" in sides and (red := _red_without(sorted({each.outside for each in chosen}), options.jobs)):
        print(red, file=sys.stderr)
        return _FAILED
    with ThreadPoolExecutor(options.jobs) as pool:
        results = []
        for defect, findings in zip(chosen, pool.map(lambda each: judged(each, sides), chosen), strict=True):
            results.append((defect, findings))
            _show(defect, findings)
    missed = [defect.id for defect, findings in results if not all(each.caught for each in findings)]
    print(f"{len(results) - len(missed)} of {len(results)} defects turned red in {time.monotonic() - began_s:.0f} s")
    if missed:
        print(f"not caught: {', '.join(missed)}")
    if options.json:
        rows = [{**vars(defect), "findings": [vars(each) for each in findings]} for defect, findings in results]
        options.json.write_text(json.dumps(rows, indent=2))
    return _FAILED if missed else 0


def _chosen(defects: Sequence[Defect], ids: Sequence[str], one_in: int) -> list[Defect]:
    by_id = {each.id: each for each in defects}
    return [by_id[each] for each in ids] if ids else list(defects[::one_in])


def _red_without(commands: Sequence[str], jobs: int) -> str:
    """What is red although nothing is planted: then a red defect shows nothing."""
    with ThreadPoolExecutor(jobs) as pool:
        return "\n".join(filter(None, pool.map(is_green, commands)))


def _show(defect: Defect, findings: Sequence[Finding]) -> None:
    for each in findings:
        mark = "✓" if each.caught else "✗"
        print(f"{mark} {defect.id}  {each.side} ({each.took_s:.0f} s): {each.seen}", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="planted", description="Plant defects in the service; each must turn red.")
    parser.add_argument("ids", nargs="*", metavar="ID", help="these defects; default: all")
    parser.add_argument("--one-in", type=int, default=1, metavar="N", help="a sample: the first of each N")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="how many at once")
    parser.add_argument("--only", choices=["outside", "inside"], help="look from one side alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was found here")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
