"""JSON from outside, read strictly: what two readers could understand differently is no JSON here.

A duplicate member (RFC 8259, section 4: "behavior … is unpredictable"), a constant that JSON does not have (``NaN``),
text that is not UTF-8 and nesting beyond a limit are refused with the place or the name of what is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

#: Levels of arrays and objects. The documents of every neighbour have fewer than ten.
DEEPEST = 64
_SHOWN_CHARACTERS = 64


class BadJson(ValueError):
    """The text is no JSON that has one meaning. The message is one sentence without any value of the document."""


def parse(body: bytes, *, deepest: int = DEEPEST) -> Any:
    """Return the document. Raises :class:`BadJson`.

    Args:
        deepest: how many levels of arrays and objects are read.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise BadJson(f"it is not UTF-8 at byte {exc.start + 1}") from exc
    try:
        document = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_distinct)
    except json.JSONDecodeError as exc:
        raise BadJson(f"{exc.msg} at line {exc.lineno}, column {exc.colno}") from exc
    except BadJson:
        raise
    except RecursionError as exc:
        raise _too_deep(deepest) from exc
    except ValueError as exc:  # an integer of more digits than Python converts
        raise BadJson("a number in it has too many digits") from exc
    _refuse_deep(document, deepest)
    return document


def _refuse_deep(document: Any, deepest: int) -> None:
    """Validators and printers recurse, and the stack is finite."""
    level = [document]
    for _ in range(deepest):
        level = [child for item in level for child in _children(item) if isinstance(child, dict | list)]
        if not level:
            return
    raise _too_deep(deepest)


def _children(item: Any) -> Iterable[Any]:
    if isinstance(item, dict):
        return item.values()
    return item if isinstance(item, list) else ()


def _too_deep(deepest: int) -> BadJson:
    return BadJson(f"it is nested more than {deepest} levels deep")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for name, value in pairs:
        if name in document:
            raise BadJson(f"the member {name[:_SHOWN_CHARACTERS]!r} stands twice in one object")
        document[name] = value
    return document


def _no_constant(text: str) -> None:
    raise BadJson(f"{text} is no JSON value")
