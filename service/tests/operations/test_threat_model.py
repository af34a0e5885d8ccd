"""docs/security.md is true: every test that it names exists, and every figure is what the attacks hold."""

from __future__ import annotations

import ast
import re
import time
from functools import cache
from pathlib import Path

import pytest
from fakes import HandClock
from hostile.attempts import ATTEMPTS
from hostile.bodies import all_bodies
from hostile.forgeries import Forger
from hostile.framings import Parts, tricks
from hostile.links import LEAST_CALLS, LINKS
from ingress_kit import Issuer

ROOT = Path(__file__).parents[3]
TESTS = ROOT / "service" / "tests"

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE)))
BOUNDARIES = (
    "The endpoint",
    "Tokens",
    "The way out",
    "Downloads and files",
    "The ledger and its secrets",
    "The lab",
    "The supply chain",
)
HEADER = "| asset | attack | defence | test | figure |"


@cache
def named_tests(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def place_of(name: str) -> Path:
    """A test of the service is named from ``service/tests``, any other from the root."""
    of_the_service = TESTS / name
    return of_the_service if of_the_service.is_file() else ROOT / name


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_every_test_that_the_threat_model_names_exists(file: str, test: str) -> None:
    assert place_of(file).is_file()
    assert test in named_tests(place_of(file))


def rows_of(boundary: str) -> list[list[str]]:
    section = PAGE.partition(f"## {boundary}\n")[2].partition("\n## ")[0]
    assert HEADER in section, boundary
    lines = [line for line in section.splitlines() if line.startswith("| ") and line != HEADER]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_every_row_of_a_boundary_has_an_attack_a_defence_and_a_test(boundary: str) -> None:
    rows = rows_of(boundary)
    assert rows
    for row in rows:
        assert len(row) == 5, row
        _, attack, defence, test, _ = row
        assert attack
        assert defence
        assert re.search(r"\.py::test_", test), row


def test_every_attack_script_is_in_the_threat_model() -> None:
    scripts = {path.name for path in (TESTS / "hostile").glob("test_*.py")}
    assert scripts == {Path(file).name for file, _ in NAMED if file.startswith("hostile/")}


def figures() -> dict[str, int]:
    """What the page says in bold."""
    return {what: int(number) for number, what in re.findall(r"\*\*(\d+) ([\w -]+)\*\*", PAGE)}


def test_every_figure_is_what_the_attacks_hold() -> None:
    forger = Forger(Issuer(HandClock(float(int(time.time())))))
    assert figures() == {
        "forged tokens": len(forger.all()),
        "framing tricks": len(tricks(Parts(b"/p", b"Host: api\r\n", b"{}", b""))),
        "odd bodies": len(all_bodies()),
        "cross-caller attempts": len(ATTEMPTS),
        "hostile links": len(LINKS),
        "upstream calls": LEAST_CALLS,
    }
