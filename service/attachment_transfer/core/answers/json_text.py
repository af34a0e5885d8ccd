"""JSON from outside, read strictly: a text that two readers could understand differently is refused.

A duplicate member (RFC 8259, section 4: "behavior … is unpredictable"), a constant that JSON does not have (``NaN``),
text that is not UTF-8 and nesting beyond a limit are refused with the place or the name of what is wrong.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

#: Levels of arrays and objects. The documents of every neighbour have fewer than ten.
DEEPEST = 64
_SHOWN_CHARACTERS = 64
_MOST_NAMED = 10


class UnreadableJson(ValueError):
    """The text is no JSON that has one meaning. The message is one sentence without any value of the document."""


class RepeatedMembers(UnreadableJson):
    """Members that are repeated in one object: which one is meant is not known.

    Attributes:
        places: of each, such as ``sap_v1.user`` or ``messages.0.attachments``.
    """

    def __init__(self, places: tuple[str, ...]) -> None:
        super().__init__(f"repeated members: {', '.join(places)}")
        self.places = places


def parse(body: bytes, *, deepest: int = DEEPEST, takes_mark: bool = True) -> Any:
    """Return the document. Raises :class:`UnreadableJson`.

    Args:
        deepest: how many levels of arrays and objects are read.
        takes_mark: a byte order mark before the text is passed over (RFC 8259, section 8.1 allows that).
    """
    try:
        text = body.decode("utf-8-sig" if takes_mark else "utf-8")
        document = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_object)
    except UnicodeDecodeError as exc:
        raise UnreadableJson(f"it is not UTF-8 at byte {exc.start + 1}") from exc
    except json.JSONDecodeError as exc:
        raise UnreadableJson(f"{exc.msg} at line {exc.lineno}, column {exc.colno}") from exc
    except UnreadableJson:
        raise
    except RecursionError as exc:
        raise _too_deep(deepest) from exc
    except ValueError as exc:  # an integer of more digits than Python converts
        raise UnreadableJson("a number in it has too many digits") from exc
    _refuse_deep(document, deepest)
    if repeated := tuple(dict.fromkeys(_repeated("", document))):
        raise RepeatedMembers(repeated[:_MOST_NAMED])
    return document


class _WithRepeated(dict[str, Any]):
    """An object in whose text these names are repeated."""

    names: tuple[str, ...] = ()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    odd = _WithRepeated(made)
    odd.names = tuple(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
    return odd


def _repeated(place: str, item: Any) -> Iterator[str]:
    """Places of repeated members. Of a member that a repetition replaced, only the parent is known."""
    if isinstance(item, _WithRepeated):
        yield from (place + name[:_SHOWN_CHARACTERS] for name in item.names)
    for name, child in _children(item):
        if isinstance(child, dict | list):
            yield from _repeated(f"{place}{str(name)[:_SHOWN_CHARACTERS]}.", child)


def _refuse_deep(document: Any, deepest: int) -> None:
    """Validators and printers recurse, and the stack is finite."""
    level = [document]
    for _ in range(deepest):
        level = [child for item in level for _, child in _children(item) if isinstance(child, dict | list)]
        if not level:
            return
    raise _too_deep(deepest)


def _children(item: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(item, dict):
        return item.items()
    return enumerate(item) if isinstance(item, list) else ()


def _too_deep(deepest: int) -> UnreadableJson:
    return UnreadableJson(f"it is nested more than {deepest} levels deep")


def _no_constant(text: str) -> None:
    raise UnreadableJson(f"{text} is no JSON value")
