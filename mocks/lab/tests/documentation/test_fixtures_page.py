"""The fixtures' page has every public name of the fixtures' classes, none that is gone, and an example for each method.

The examples run with those of all other pages: ``test_documentation``.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap

import pytest
from documentation_blocks import ROOT, blocks

from attachment_lab.pytest_plugin import MARKERS
from attachment_lab.testing.lab import Lab, LabChat, LabTenant, PlannedFault, TenantClock

PATH = "docs/fixtures.md"
PAGE = (ROOT / PATH).read_text(encoding="utf-8")
CLASSES: dict[str, type] = {
    "lab": Lab,
    "tenant": LabTenant,
    "chat": LabChat,
    "fault": PlannedFault,
    "clock": TenantClock,
}
METHODS = set(re.findall(r"^### `([a-z_]+\.[a-z_]+)`$", PAGE, re.MULTILINE))
ATTRIBUTES = set(re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \|", PAGE, re.MULTILINE))


def public(names: object) -> set[str]:
    """Without those that begin with an underscore."""
    return {str(name) for name in names if not str(name).startswith("_")}  # type: ignore[attr-defined]


def attributes_of(kind: type) -> set[str]:
    """Properties, and what ``__init__`` of the class or of a base sets."""
    found = {name for name in dir(kind) if isinstance(inspect.getattr_static(kind, name), property)}
    for each in kind.__mro__[:-1]:
        begin = vars(each).get("__init__")
        if begin is None:
            continue
        tree = ast.parse(textwrap.dedent(inspect.getsource(begin)))
        stores = (
            node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        )
        found |= {node.attr for node in stores if isinstance(node.value, ast.Name) and node.value.id == "self"}
    return public(found)


def methods_of(kind: type) -> set[str]:
    """Functions and class methods, inherited ones too."""
    return public(name for name in dir(kind) if callable(getattr(kind, name)))


@pytest.mark.parametrize("owner", CLASSES)
def test_every_method_has_a_section_and_every_section_a_method(owner: str) -> None:
    assert {name for name in METHODS if name.startswith(f"{owner}.")} == {
        f"{owner}.{m}" for m in methods_of(CLASSES[owner])
    }


@pytest.mark.parametrize("owner", CLASSES)
def test_every_attribute_has_a_row_and_every_row_an_attribute(owner: str) -> None:
    listed = {name for name in ATTRIBUTES if name.startswith(f"{owner}.")}
    assert listed == {f"{owner}.{name}" for name in attributes_of(CLASSES[owner])}


def test_the_page_names_no_other_owner() -> None:
    assert {name.partition(".")[0] for name in METHODS | ATTRIBUTES} == set(CLASSES)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_the_example_of_a_section_calls_its_method(method: str) -> None:
    start = PAGE.index(f"### `{method}`\n")
    section = PAGE[start : PAGE.find("\n## ", start)].split("\n### ")[0]
    code = "".join(re.findall(r"```python\n(.*?)```", section, re.DOTALL))
    assert f".{method.partition('.')[2]}(" in code


def test_each_example_is_one_test_and_none_is_left_out() -> None:
    """``test_documentation`` runs each as a module of its own and counts one passed test for it."""
    python = [block for block in blocks() if block.path == PATH and block.language == "python"]
    assert len(python) == len(METHODS)
    assert [
        block.place for block in python if block.how or len(re.findall(r"^def test_", block.text, re.MULTILINE)) != 1
    ] == []


def test_every_marker_of_the_plugin_is_listed() -> None:
    missing = [marker for marker in MARKERS if f"| `{marker.partition('(')[0]}(" not in PAGE]
    assert missing == []
