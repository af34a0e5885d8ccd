"""Mutates the code that carries files, one change at a time, and checks that a test fails for each.

    python specs/mutants.py [--one-in 1|2|5|10] [--jobs N] [--json FILE]

Mutated are ``worker/carry.py``, ``worker/rounds.py`` and the clients of CMI and C4C. mutmut makes the mutants and runs
the tests that execute the changed function, in a copy of the tree. A survivor is a mutant that no test notices; each
matches an entry of ``specs/survivors.toml``, which says why that is right:

| member     | says                                                                                          |
|------------|-----------------------------------------------------------------------------------------------|
| file       | below ``service/attachment_transfer``; a pattern such as ``clients/*``                         |
| change     | a regular expression, found in ``line before -> line after``                                  |
| equivalent | true: the program does the same, so no test can notice it, and it does not count              |
| why        | why no test can, or need, notice it                                                           |

Exit 0: of those that are not equivalent nine in ten were killed in each group, and every survivor is explained.
1: not so. 2: wrong use.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from changes import FAILED, ROOT, BadSpec

PACKAGE = Path("service") / "attachment_transfer"
#: What is judged together, below the package.
GROUPS = {
    "carry": ["worker/carry.py"],
    "rounds": ["worker/rounds.py"],
    "client of CMI": ["clients/cmi/*.py"],
    "client of C4C": ["clients/c4c/*.py"],
}
TESTS = [
    "clients",
    "worker",
    "ledger/test_round_store.py",
    "ledger/test_restore.py",
    "runtime/test_round_wiring.py",
    "runtime/test_metrics.py",
]
LEAST_KILLED = 0.9
#: mutmut's words for an exit code: these mean that nothing failed, or that no test runs the function.
_SURVIVED = {0, 33}
#: The last digits of a mutant's number that are in a sample: mutmut chooses by patterns of names.
_SAMPLES = {1: "0123456789", 2: "02468", 5: "38", 10: "7"}


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """One entry of survivors.toml; the members are those of the table above."""

    file: str
    change: str
    equivalent: bool
    why: str

    def covers(self, file: str, change: str) -> bool:
        """Whether it explains this survivor."""
        return fnmatch.fnmatch(file, self.file) and re.search(self.change, change) is not None


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One change and what became of it.

    Attributes:
        name: mutmut's.
        file: below ``service/attachment_transfer``.
        killed: whether a test failed, or ran into mutmut's time limit.
    """

    name: str
    file: str
    killed: bool


def read_explanations(path: Path = ROOT / "specs" / "survivors.toml") -> list[Explanation]:
    """Every entry. Raises BadSpec."""
    try:
        return [Explanation(**entry) for entry in tomllib.loads(path.read_text()).get("survivor", [])]
    except TypeError as exc:
        raise BadSpec(f"{path.name}: {exc}; an entry has file, change, equivalent and why") from exc


def copied_tree(folder: Path) -> None:
    """A copy of the tree in the layout that mutmut knows: the package below ``src``, its settings in pyproject.toml."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        source = ROOT / name
        if source.is_file():
            below = Path("src") / Path(name).relative_to("service") if Path(name).is_relative_to(PACKAGE) else name
            (folder / below).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / below)
    with (folder / "pyproject.toml").open("a") as settings:
        settings.write(
            "\n[tool.mutmut]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in _settings().items())
        )


def _settings() -> dict[str, list[str]]:
    files = [file for group in GROUPS.values() for file in group]
    return {
        "source_paths": ["src"],
        "only_mutate": [f"src/attachment_transfer/{file}" for file in files],
        "also_copy": ["conftest.py", "service", "mocks", "contract_tests", "e2e", "specs", "deploy", "docs"],
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-m", "not long and not stack"],
        "pytest_add_cli_args_test_selection": [f"service/tests/{each}" for each in TESTS],
    }


def run_mutmut(folder: Path, *, one_in: int, jobs: int) -> None:
    """Make and try the mutants of a sample. Its progress goes to stderr. Raises BadSpec if it tried none."""
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(jobs)]
    if one_in > 1:
        command.append(f"*__mutmut_*[{_SAMPLES[one_in]}]")
    done = subprocess.run(command, cwd=folder, stdout=sys.stderr, check=False)
    if done.returncode:
        raise BadSpec(f"mutmut ended with {done.returncode}; see above. Do the tests pass without a mutant?")


def tried_mutants(folder: Path) -> Iterator[Mutant]:
    """Every mutant that was tried, from mutmut's own notes."""
    src = folder / "mutants" / "src" / "attachment_transfer"
    for path in sorted(src.rglob("*.py.meta")):
        file = path.relative_to(src).as_posix().removesuffix(".meta")
        for name, code in json.loads(path.read_text())["exit_code_by_key"].items():
            if code is not None:
                yield Mutant(name=name, file=file, killed=code not in _SURVIVED)


def change_of(folder: Path, name: str) -> str:
    """``line before -> line after``."""
    shown = subprocess.run(
        [sys.executable, "-m", "mutmut", "show", name], cwd=folder, capture_output=True, text=True, check=True
    )
    sides = {"-": "", "+": ""}
    for line in shown.stdout.splitlines():
        if line[:1] in sides and not line.startswith(("---", "+++")):
            sides[line[0]] += line[1:].strip() + " "
    return f"{sides['-']}-> {sides['+']}".strip()


def main(arguments: Sequence[str]) -> int:
    """Run; returns the exit code."""
    options = _parser().parse_args(arguments)
    began_s = time.monotonic()
    try:
        explanations = read_explanations()
        with tempfile.TemporaryDirectory(prefix="mutants-") as name:
            folder = Path(name)
            copied_tree(folder)
            run_mutmut(folder, one_in=options.one_in, jobs=options.jobs)
            mutants = list(tried_mutants(folder))
            survivors = [each for each in mutants if not each.killed]
            with ThreadPoolExecutor(options.jobs) as pool:
                changes = dict(
                    zip(survivors, pool.map(lambda each: change_of(folder, each.name), survivors), strict=True)
                )
    except BadSpec as exc:
        print(f"mutants: {exc}", file=sys.stderr)
        return FAILED
    explained = {
        each: next((e for e in explanations if e.covers(each.file, changes[each])), None) for each in survivors
    }
    for each, explanation in explained.items():
        if explanation is None:
            print(f"survived, unexplained: {each.file}: {changes[each]}  ({each.name})")
    weak = [group for group in GROUPS if not _show(group, mutants, explained)]
    print(f"{len(mutants)} mutants in {time.monotonic() - began_s:.0f} s")
    if options.json:
        rows = [
            {**vars(each), "change": changes.get(each), "why": getattr(explained.get(each), "why", None)}
            for each in mutants
        ]
        options.json.write_text(json.dumps(rows, indent=1))
    return FAILED if weak or None in explained.values() or not mutants else 0


def _show(group: str, mutants: Sequence[Mutant], explained: dict[Mutant, Explanation | None]) -> bool:
    """Print one line about a group; True if enough of it was killed."""
    of_it = [each for each in mutants if any(fnmatch.fnmatch(each.file, file) for file in GROUPS[group])]
    survived = [explained[each] for each in of_it if not each.killed]
    equivalent = sum(1 for each in survived if each is not None and each.equivalent)
    killed, counted = len(of_it) - len(survived), len(of_it) - equivalent
    share = killed / counted if counted else 0.0
    print(
        f"{group}: {killed} of {counted} killed ({share:.1%}), {equivalent} more are equivalent; "
        f"{len(survived) - equivalent} survived, {survived.count(None)} of them unexplained"
    )
    return share >= LEAST_KILLED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mutants", description="Mutate the code that carries files.")
    parser.add_argument("--one-in", type=int, default=1, choices=sorted(_SAMPLES), help="a sample of the mutants")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="how many at once")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every mutant and its end here")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
