"""Texts are for people: no statement and no condition of the service reads what it wrote for them."""

from __future__ import annotations

import ast
from pathlib import Path

import attachment_transfer

SOURCE = Path(attachment_transfer.__file__).parent
#: Columns and attributes that hold sentences.
TEXTS = frozenset({"detail", "message", "remedy", "reason_message", "reason_remedy"})
#: Methods that look into a text.
READS = frozenset({"startswith", "endswith", "find", "index", "like", "ilike", "contains", "regexp_match", "partition"})


def reads_prose(tree: ast.Module) -> list[int]:
    """Lines on which a sentence is compared, searched, or used as a condition's operand."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            operands = [node.left, *node.comparators]
            is_none = any(isinstance(each, ast.Constant) and each.value is None for each in operands)
            found += [node.lineno for each in operands if holds_text(each) and not is_none]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READS:
            found += [node.lineno] if holds_text(node.func.value) else []
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            is_regex = node.func.attr in {"match", "search", "fullmatch", "findall"}
            found += [node.lineno for each in node.args if is_regex and holds_text(each)]
    return found


def holds_text(node: ast.expr) -> bool:
    """True for ``x.detail``, ``row["reason_message"]`` and ``str(exc)``."""
    if isinstance(node, ast.Attribute):
        return node.attr in TEXTS
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return node.slice.value in TEXTS
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "str"
        and bool(node.args)
        and isinstance(node.args[0], ast.Name)
        and node.args[0].id in {"exc", "error"}
    )


def test_no_code_of_the_service_reads_a_sentence_back() -> None:
    found = {
        f"{file.relative_to(SOURCE)}:{line}"
        for file in SOURCE.rglob("*.py")
        for line in reads_prose(ast.parse(file.read_text(encoding="utf-8")))
    }
    assert found == set()


def test_what_is_looked_for_is_found() -> None:
    """As it was: the write-back's state in the trail's text."""
    for line in (
        "table.c.detail.startswith('round 1, ')",
        "'locked' in exc.message",
        "exc.message == 'gone'",
        "re.search('round', row['reason_message'])",
        "'UNIQUE' in str(exc)",
    ):
        assert reads_prose(ast.parse(line)) == [1], line
    assert reads_prose(ast.parse("reason.message if reason is not None else None; exc.code == 'gone'")) == []
