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
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from changes import (
    FAILED,
    ROOT,
    WRONG_USE,
    BadSpec,
    Finding,
    changed,
    chosen_of,
    copy_with,
    from_inside,
    parser_of,
    read_entries,
    run,
    show,
)

PACKAGE = ROOT / "service" / "attachment_transfer"
SPECS = ROOT / "specs" / "planted"
_MEMBERS = {"id", "title", "file", "find", "replace", "outside", "message", "inside"}


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
        return changed(PACKAGE / self.file, self.find, self.replace, name=self.id)


def read_defects(folder: Path = SPECS) -> list[Defect]:
    """Every entry, in the order of files and lines. Raises BadSpec."""
    found = []
    for name, entry in read_entries(folder, "defect", _MEMBERS):
        if not entry["inside"] or not entry["message"]:
            raise BadSpec(f"{name}: inside and message name at least one each")
        found.append(Defect(**entry))
    return found


def from_outside(command: str, message: Sequence[str], environment: Mapping[str, str]) -> Finding:
    """Run a command of the lab against the copy: it must end with 1 and print each expression."""
    began_s = time.monotonic()
    code, printed = run([sys.executable, "-m", "attachment_lab", *command.split()], environment)
    took_s = time.monotonic() - began_s
    if code != FAILED:
        return Finding(side="outside", caught=False, seen=f"`{command}` ended with {code}", took_s=took_s)
    text = _words(printed)
    missing = [each for each in message if not re.search(each, text)]
    if missing:
        seen = f"`{command}` is red, but does not say {missing[0]!r}: {_extract(text, message)}"
        return Finding(side="outside", caught=False, seen=seen, took_s=took_s)
    return Finding(side="outside", caught=True, seen=_extract(text, message), took_s=took_s)


def judged(defect: Defect, sides: Sequence[str]) -> list[Finding]:
    """Plant it, and look from each side."""
    with copy_with(PACKAGE, PACKAGE / defect.file, defect.planted()) as environment:
        found = []
        if "outside" in sides:
            found.append(from_outside(defect.outside, defect.message, environment))
        if "inside" in sides:
            found.append(from_inside(defect.inside, environment))
        return found


def is_green(command: str) -> str:
    """Empty if the command ends with 0 for a copy without a defect; else what it printed."""
    with copy_with(PACKAGE, None, "") as environment:
        where = "import attachment_transfer, sys; sys.exit(not attachment_transfer.__file__.startswith(sys.argv[1]))"
        copy = environment["PYTHONPATH"].split(os.pathsep)[0]
        if run([sys.executable, "-c", where, copy], environment)[0] != 0:
            return "the copy is not what Python imports"
        code, printed = run([sys.executable, "-m", "attachment_lab", *command.split()], environment)
    return "" if code == 0 else f"`{command}` ends with {code} without a defect: {printed[-1500:]}"


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
        chosen = chosen_of(defects, options.ids, options.one_in)
        for each in chosen:
            each.planted()
    except BadSpec as exc:
        print(f"planted: {exc}", file=sys.stderr)
        return FAILED
    except KeyError as exc:
        print(f"planted: no defect is called {exc}; there are: {', '.join(each.id for each in defects)}")
        return WRONG_USE
    sides = [options.only] if options.only else ["outside", "inside"]
    began_s = time.monotonic()
    if "outside" in sides and (red := _red_without(sorted({each.outside for each in chosen}), options.jobs)):
        print(red, file=sys.stderr)
        return FAILED
    with ThreadPoolExecutor(options.jobs) as pool:
        results = []
        for defect, findings in zip(chosen, pool.map(lambda each: judged(each, sides), chosen), strict=True):
            results.append((defect, findings))
            show(defect.id, findings)
    missed = [defect.id for defect, findings in results if not all(each.caught for each in findings)]
    print(f"{len(results) - len(missed)} of {len(results)} defects turned red in {time.monotonic() - began_s:.0f} s")
    if missed:
        print(f"not caught: {', '.join(missed)}")
    if options.json:
        rows = [{**vars(defect), "findings": [vars(each) for each in findings]} for defect, findings in results]
        options.json.write_text(json.dumps(rows, indent=2))
    return FAILED if missed else 0


def _red_without(commands: Sequence[str], jobs: int) -> str:
    """What is red although nothing is planted: then a red defect shows nothing."""
    with ThreadPoolExecutor(jobs) as pool:
        return "\n".join(filter(None, pool.map(is_green, commands)))


def _parser() -> argparse.ArgumentParser:
    parser = parser_of("planted", "Plant defects in the service; each must turn red.")
    parser.add_argument("--only", choices=["outside", "inside"], help="look from one side alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was found here")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
