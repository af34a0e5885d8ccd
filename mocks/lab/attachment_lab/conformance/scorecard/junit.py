"""The scorecard as JUnit XML: red is a failure, indeterminate an error, not applicable skipped."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

from attachment_lab.conformance.model import RowResult, Scorecard

#: Characters that XML 1.0 cannot hold, not even escaped.
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(card: Scorecard) -> str:
    """One suite, one test case per row."""
    counts = {
        "tests": len(card.results),
        "failures": len(card.of("red")),
        "errors": len(card.of("indeterminate")),
        "skipped": len(card.of("not_applicable")),
    }
    listed = " ".join(f'{name}="{count}"' for name, count in counts.items())
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(f'<testsuite name={_quoted(f"conformance of {card.service}")} {listed} time="{card.took_s:.1f}">')
    lines.append("  <properties>")
    lines += [f"    <property name={_quoted(name)} value={_quoted(words)}/>" for name, words in card.figures]
    lines.append("  </properties>")
    for each in card.results:
        lines += _case(each)
    return "\n".join([*lines, "</testsuite>", ""])


def _case(result: RowResult) -> list[str]:
    row = result.row
    head = f"classname={_quoted(f'conformance.{row.group}')} name={_quoted(row.id)}"
    head += f' time="{result.took_s:.1f}"'
    if result.outcome == "green":
        return [f"  <testcase {head}/>"]
    kind = {"red": "failure", "indeterminate": "error", "not_applicable": "skipped"}[result.outcome]
    words = [row.title, f"rule: {row.rule}", f"source: {row.source}", f"why: {row.why}"]
    words += [*(f"seen: {each}" for each in result.seen), f"weakest evidence: {result.weakest}"]
    message = _quoted("; ".join(result.seen))
    return [
        f"  <testcase {head}>",
        f"    <{kind} message={message}>{_text(chr(10).join(words))}</{kind}>",
        "  </testcase>",
    ]


def _quoted(text: str) -> str:
    return quoteattr(_NOT_XML.sub("\ufffd", text))


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", text))
