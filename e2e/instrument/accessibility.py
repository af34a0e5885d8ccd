"""Accessibility, measured: axe's rules, and a walk through the page with the Tab key."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice")

SCRIPT = Path(__file__).with_name("walk.js")


@dataclass
class Walk:
    """What a walk with the Tab key found; each list names elements, and empty is good."""

    steps: int = 0
    is_trapped: bool = False
    unreached: list[str] = field(default_factory=list)
    unmarked: list[str] = field(default_factory=list)
    covered: list[str] = field(default_factory=list)

    def complaints(self) -> list[str]:
        """One sentence per finding."""
        complaints = [f"the Tab key never leaves the page again ({self.steps} steps)"] if self.is_trapped else []
        complaints += [f"the Tab key does not reach {each}" for each in self.unreached]
        complaints += [f"nothing shows that {each} has the focus" for each in self.unmarked]
        return complaints + [f"{each} has the focus where it cannot be seen" for each in self.covered]


def axe_findings(page: Page) -> list[str]:
    """Violations of WCAG 2.0 to 2.2 A and AA and of axe's best practices, one line each."""
    options = {"runOnly": {"type": "tag", "values": list(TAGS)}, "resultTypes": ["violations"]}
    found: list[dict[str, Any]] = Axe().run(page, options=options).response["violations"]
    return [_line(rule, node) for rule in found for node in rule["nodes"]]


def walk(page: Page) -> Walk:
    """From the top of the page through everything until the Tab key leaves it."""
    page.evaluate("() => { document.activeElement?.blur(); scrollTo(0, 0); }")
    page.evaluate(SCRIPT.read_text())
    missing = {int(number): str(name) for number, name in page.evaluate("__walk.wanted()")}
    result, first, most = Walk(), None, 3 * len(missing) + 30
    for step in range(1, most + 1):
        page.keyboard.press("Tab")
        reached = page.evaluate("__walk.reached()")
        if reached is None or reached["number"] == first:
            break
        first = reached["number"] if first is None else first
        missing.pop(reached["number"], None)
        _judge(reached, result)
        result.steps = step
    result.is_trapped = result.steps == most
    result.unreached = [
        name for number, name in missing.items() if not page.evaluate("(one) => __walk.isGone(one)", number)
    ]
    return result


def _judge(reached: dict[str, Any], result: Walk) -> None:
    for wrong, names in ((not reached["marked"], result.unmarked), (reached["covered"], result.covered)):
        if wrong and reached["name"] not in names:
            names.append(reached["name"])


def _line(rule: dict[str, Any], node: dict[str, Any]) -> str:
    where = " ".join(str(each) for each in node["target"])
    why = (node.get("failureSummary") or "").replace("\n", " ")
    return f"{rule['id']} ({rule['impact']}) at {where}: {rule['help']}. {why}"
