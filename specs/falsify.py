"""Switches each guard off in a copy, one at a time, and checks that a test fails.

A guard can be lost by mistake as long as no test fails without it.

    python specs/falsify.py [ID …] [--one-in N] [--jobs N]

A guard is what keeps something wrong from passing: an invariant of the reconciliation, a lockout, a check of a token, a
mask. An entry of a file in ``specs/falsified/`` switches one off:

| member  | says                                                                                     |
|---------|------------------------------------------------------------------------------------------|
| id      | its name                                                                                 |
| guard   | the guard, as ``specs/guards.toml`` names it                                             |
| title   | what passes now, in one sentence                                                         |
| file    | from the root of the repository, in one of the packages                                  |
| find    | occurs exactly once in the file; else the entry applies no more, which is an error       |
| replace | what stands there instead                                                                |
| inside  | tests of which one must fail                                                             |

Every guard has an entry here, or a planted defect that switches it off. Exit 0: each turned red. 1: one did not, or a
guard has no entry. 2: wrong use.
"""

from __future__ import annotations

import sys
import time
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

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
    show,
)
from planted import read_defects

from attachment_lab.reconciliation.invariants import INVARIANTS

SPECS = ROOT / "specs" / "falsified"
GUARDS = ROOT / "specs" / "guards.toml"
#: Where guards are: each folder is a package that a copy can replace.
PACKAGES = [
    ROOT / "service" / "attachment_transfer",
    ROOT / "contract_tests" / "attachment_contract",
    ROOT / "mocks" / "kit" / "mock_kit",
    ROOT / "mocks" / "cmi" / "cmi_mock",
    ROOT / "mocks" / "c4c" / "c4c_mock",
    ROOT / "mocks" / "orchestration" / "orchestration_mock",
    ROOT / "mocks" / "lab" / "attachment_lab",
]
_MEMBERS = {"id", "guard", "title", "file", "find", "replace", "inside"}


@dataclass(frozen=True, kw_only=True)
class Falsification:
    """One entry; the members are those of the table above."""

    id: str
    guard: str
    title: str
    file: str
    find: str
    replace: str
    inside: Sequence[str]

    def package(self) -> Path:
        """The package that the file is in. Raises BadSpec."""
        found = [each for each in PACKAGES if (ROOT / self.file).is_relative_to(each)]
        if not found:
            raise BadSpec(f"{self.id}: {self.file} is in none of the packages")
        return found[0]

    def falsified(self) -> str:
        """The file's text without the guard. Raises BadSpec where the entry does not apply."""
        return changed(ROOT / self.file, self.find, self.replace, name=self.id)


def read_falsifications(folder: Path = SPECS) -> list[Falsification]:
    """Every entry, in the order of files and lines. Raises BadSpec."""
    return [Falsification(**entry) for _, entry in read_entries(folder, "falsification", _MEMBERS)]


def guards_without(entries: Sequence[Falsification]) -> list[str]:
    """Guards that nothing switches off, and names that are no guard: one sentence each."""
    listed = {each["name"]: each.get("planted", []) for each in tomllib.loads(GUARDS.read_text())["guard"]}
    known = listed.keys() | {f"invariant: {check.__name__}" for checks in INVARIANTS.values() for check in checks}
    planted = {each.id for each in read_defects()}
    switched_off = {each.guard for each in entries} | {name for name, ids in listed.items() if ids}
    return [
        *(f"{each.id}: no guard is called {each.guard!r}" for each in entries if each.guard not in known),
        *(f"{name}: there is no planted defect {id_!r}" for name, ids in listed.items() for id_ in {*ids} - planted),
        *(f"nothing switches off {name!r}" for name in sorted(known - switched_off)),
    ]


def judged(entry: Falsification) -> Finding:
    """Switch the guard off, and run its tests."""
    with copy_with(entry.package(), ROOT / entry.file, entry.falsified()) as environment:
        return from_inside(entry.inside, environment)


def main(arguments: Sequence[str]) -> int:
    """Run the falsifications; returns the exit code."""
    options = parser_of("falsify", "Switch each guard off; a test must fail.").parse_args(arguments)
    began_s = time.monotonic()
    try:
        entries = read_falsifications()
        chosen = chosen_of(entries, options.ids, options.one_in)
        for each in chosen:
            each.falsified()
        if wrong := guards_without(entries):
            raise BadSpec("; ".join(wrong))
    except BadSpec as exc:
        print(f"falsify: {exc}", file=sys.stderr)
        return FAILED
    except KeyError as exc:
        print(
            f"falsify: no entry is called {exc}; there are: {', '.join(each.id for each in entries)}", file=sys.stderr
        )
        return WRONG_USE
    green = []
    with ThreadPoolExecutor(options.jobs) as pool:
        for entry, finding in zip(chosen, pool.map(judged, chosen), strict=True):
            show(f"{entry.guard}: {entry.id}", [finding])
            green += [] if finding.caught else [entry.id]
    red = len(chosen) - len(green)
    print(f"without {red} of {len(chosen)} guards a test fails; {time.monotonic() - began_s:.0f} s")
    if green:
        print(f"no test fails without: {', '.join(green)}")
    return FAILED if green else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
