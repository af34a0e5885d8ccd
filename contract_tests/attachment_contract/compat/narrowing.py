"""Whether a schema still accepts everything that an earlier one accepted, by comparing them keyword by keyword.

A change counts as narrower unless it is certainly wider; a changed pattern, for example, is narrower. A new version of
a schema costs little; a sender whose documents are suddenly refused costs much.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

#: Keywords that do not affect what is accepted.
ANNOTATIONS = frozenset(
    {"$schema", "$id", "$comment", "$defs", "title", "description", "examples", "default", "deprecated"}
    | {"x-variants", "x-counter-examples"}
)
_LEAST = frozenset({"minLength", "minItems", "minimum", "minProperties", "exclusiveMinimum"})
_MOST = frozenset({"maxLength", "maxItems", "maximum", "maxProperties", "exclusiveMaximum"})
_BELOW_EACH = frozenset({"properties", "patternProperties", "$defs"})
_BELOW = frozenset({"items", "additionalProperties", "propertyNames"})


def narrowed(old: Any, new: Any, at: str = "#") -> list[str]:
    """Places at which ``new`` may reject what ``old`` accepted; empty = compatible."""
    if new is True or old is False or new == old:
        return []
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return [f"{at}: {old!r} became {new!r}"] if old is not True or new != {} else []
    return [place for keyword in new if keyword not in ANNOTATIONS for place in _keyword(keyword, old, new, at)] + [
        place
        for name, schema in new.get("$defs", {}).items()
        if name in old.get("$defs", {})
        for place in narrowed(old["$defs"][name], schema, f"{at}/$defs/{name}")
    ]


def _keyword(keyword: str, old: Mapping[str, Any], new: Mapping[str, Any], at: str) -> Iterator[str]:
    here, before, after = f"{at}/{keyword}", old.get(keyword, {}), new[keyword]
    if keyword not in old:
        yield from _added(keyword, after, old, here)
    elif before == after:
        return
    elif keyword in _BELOW_EACH:
        for name, schema in after.items():
            yield from narrowed(before.get(name, True), schema, f"{here}/{name}")
    elif keyword in _BELOW:
        yield from narrowed(before, after, here)
    elif not _wider(keyword, before, after):
        yield f"{here}: {_short(before)} became {_short(after)}"


def _added(keyword: str, after: Any, old: Mapping[str, Any], here: str) -> Iterator[str]:
    """A new keyword narrows, unless what it rejects was already rejected."""
    if keyword == "enum" and "const" in old and old["const"] in after:
        return
    if keyword in _BELOW_EACH:
        for name, schema in after.items():
            yield from narrowed(True, schema, f"{here}/{name}")
    elif keyword in _BELOW and after is True:
        return
    else:
        yield f"{here}: new: {_short(after)}"


#: For a keyword whose value has changed: whether the change is certainly wider. All other keywords count as narrower.
_WIDER: dict[str, Callable[[Any, Any], bool]] = {
    "required": lambda before, after: set(after) <= set(before),
    "enum": lambda before, after: all(value in after for value in before),
    "type": lambda before, after: _types(before) <= _types(after),
    "dependentRequired": lambda before, after: all(
        set(names) <= set(before.get(name, ())) for name, names in after.items()
    ),
    **dict.fromkeys(_LEAST, lambda before, after: bool(after <= before)),
    **dict.fromkeys(_MOST, lambda before, after: bool(after >= before)),
}


def _wider(keyword: str, before: Any, after: Any) -> bool:
    return keyword in _WIDER and _WIDER[keyword](before, after)


def _types(value: Any) -> set[str]:
    types = {value} if isinstance(value, str) else set(value)
    return types | {"integer"} if "number" in types else types


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
