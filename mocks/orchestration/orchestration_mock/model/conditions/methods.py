"""The methods and attributes of plain values that a condition may use. Anything else is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from time import struct_time
from typing import Any

from orchestration_mock.model.conditions.evaluation import Evaluation, Function
from orchestration_mock.model.conditions.formats import checked_format
from orchestration_mock.model.conditions.functions import items_of
from orchestration_mock.model.conditions.patterns import PatternMatch


def _free(function: Callable[..., Any]) -> Function:
    """A method that reads a value once, or once for each part of its arguments, and returns nothing larger.

    ``rfind`` and ``rpartition`` compare each position of a text with the whole text that is searched for; ``strip``
    compares each character with all given ones.
    """

    def call(evaluation: Evaluation, value: Any, *args: Any, **named: Any) -> Any:
        if isinstance(value, _SIZED):
            weight, wanted = evaluation.budget.weigh(value), evaluation.budget.weigh([*args, *named.values()])
            evaluation.budget.pairs(weight, wanted)
        found = function(value, *args, **named)
        if isinstance(found, str):
            evaluation.budget.text(len(found))
        elif isinstance(found, list):
            evaluation.budget.items(len(found))
        return found

    return call


def _replace(evaluation: Evaluation, text: str, old: str, new: str) -> str:
    evaluation.budget.pairs(len(text), len(old))
    evaluation.budget.text(len(text) + (text.count(old) * max(len(new) - len(old), 0)))
    return text.replace(old, new)


def _join(evaluation: Evaluation, text: str, parts: Any) -> str:
    found = items_of(evaluation, parts)
    evaluation.budget.text(sum(len(part) for part in found) + len(text) * len(found))
    return text.join(found)


def _fill(evaluation: Evaluation, text: str, width: int) -> str:
    evaluation.budget.text(max(len(text), width))
    return text.zfill(width)


def _strftime(_evaluation: Evaluation, moment: Any, pattern: str) -> str:
    return str(moment.strftime(checked_format(pattern)))


def _zoned(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_SIZED = (str, list, tuple, dict, PatternMatch)
_TEXT_FREE = (
    "lower", "upper", "strip", "lstrip", "rstrip", "title", "capitalize", "casefold", "swapcase", "split",
    "rsplit", "splitlines", "partition", "rpartition", "removeprefix", "removesuffix", "find", "rfind",
    "index", "count", "isdigit", "isalpha", "isalnum", "isupper", "islower", "isspace", "isnumeric",
    "isdecimal", "isascii", "startswith", "endswith",
)  # fmt: skip
_TEXT: dict[str, Function] = {name: _free(getattr(str, name)) for name in _TEXT_FREE} | {
    "replace": _replace,
    "join": _join,
    "zfill": _fill,
}
_MAPPING: dict[str, Function] = {
    "get": _free(dict.get),
    "keys": items_of,
    "values": lambda evaluation, found: items_of(evaluation, list(found.values())),
    "items": lambda evaluation, found: items_of(evaluation, list(found.items())),
}


def _moment(kind: type, *names: str) -> dict[str, Function]:
    return {name: _free(getattr(kind, name)) for name in names} | {"strftime": _strftime}


METHODS: dict[type, dict[str, Function]] = {
    str: _TEXT,
    list: {"count": _free(list.count), "index": _free(list.index)},
    tuple: {"count": _free(tuple.count), "index": _free(tuple.index)},
    dict: _MAPPING,
    float: {"is_integer": _free(float.is_integer)},
    timedelta: {"total_seconds": _free(timedelta.total_seconds)},
    date: _moment(date, "isoformat", "weekday", "isoweekday", "replace"),
    time: _moment(time, "isoformat", "replace"),
    datetime: _moment(datetime, "isoformat", "weekday", "isoweekday", "replace", "date", "time")
    | {
        # A time without a zone counts as UTC, in any time zone of this machine.
        "timestamp": lambda _evaluation, moment: _zoned(moment).timestamp(),
        "astimezone": lambda _evaluation, moment, tz: _zoned(moment).astimezone(tz),
    },
    PatternMatch: {
        name: _free(getattr(PatternMatch, name)) for name in ("group", "groups", "groupdict", "span", "start", "end")
    },
}
_DATE = frozenset({"year", "month", "day"})
_TIME = frozenset({"hour", "minute", "second", "microsecond", "tzinfo"})
ATTRIBUTES: dict[type, frozenset[str]] = {
    date: _DATE,
    time: _TIME,
    datetime: _DATE | _TIME,
    timedelta: frozenset({"days", "seconds", "microseconds"}),
    struct_time: frozenset(
        f"tm_{name}" for name in ("year", "mon", "mday", "hour", "min", "sec", "wday", "yday", "isdst")
    ),
}
METHOD_NAMES = frozenset(name for table in METHODS.values() for name in table)
ATTRIBUTE_NAMES = frozenset(name for names in ATTRIBUTES.values() for name in names)
