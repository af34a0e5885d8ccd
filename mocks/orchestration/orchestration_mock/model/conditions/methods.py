"""The methods and attributes of plain values that a condition may use. Anything else has no name here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from time import struct_time
from typing import Any

from orchestration_mock.model.conditions.evaluation import Function, Work
from orchestration_mock.model.conditions.formats import checked_format
from orchestration_mock.model.conditions.functions import items_of
from orchestration_mock.model.conditions.patterns import Match


def _free(function: Callable[..., Any]) -> Function:
    """A method that goes through a value once, or once for each part of its arguments, and gives nothing larger.

    ``rfind`` and ``rpartition`` compare each place of a text with all of the text that is looked for; ``strip`` each
    character with all that are given.
    """

    def call(work: Work, value: Any, *args: Any, **named: Any) -> Any:
        if isinstance(value, _SIZED):
            weight, wanted = work.budget.weigh(value), work.budget.weigh([*args, *named.values()])
            work.budget.pairs(weight, wanted)
        found = function(value, *args, **named)
        if isinstance(found, str):
            work.budget.text(len(found))
        elif isinstance(found, list):
            work.budget.items(len(found))
        return found

    return call


def _replace(work: Work, text: str, old: str, new: str) -> str:
    work.budget.pairs(len(text), len(old))
    work.budget.text(len(text) + (text.count(old) * max(len(new) - len(old), 0)))
    return text.replace(old, new)


def _join(work: Work, text: str, parts: Any) -> str:
    found = items_of(work, parts)
    work.budget.text(sum(len(part) for part in found) + len(text) * len(found))
    return text.join(found)


def _fill(work: Work, text: str, width: int) -> str:
    work.budget.text(max(len(text), width))
    return text.zfill(width)


def _strftime(_work: Work, moment: Any, pattern: str) -> str:
    return str(moment.strftime(checked_format(pattern)))


def _zoned(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_SIZED = (str, list, tuple, dict, Match)
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
    "values": lambda work, found: items_of(work, list(found.values())),
    "items": lambda work, found: items_of(work, list(found.items())),
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
        # A time without a zone counts as UTC, whatever the zone of this machine.
        "timestamp": lambda _work, moment: _zoned(moment).timestamp(),
        "astimezone": lambda _work, moment, tz: _zoned(moment).astimezone(tz),
    },
    Match: {name: _free(getattr(Match, name)) for name in ("group", "groups", "groupdict", "span", "start", "end")},
}
_DATE = frozenset({"year", "month", "day"})
_TIME = frozenset({"hour", "minute", "second", "microsecond", "tzinfo"})
ATTRIBUTES: dict[type, frozenset[str]] = {
    date: _DATE,
    time: _TIME,
    datetime: _DATE | _TIME,
    timedelta: frozenset({"days", "seconds", "microseconds"}),
    struct_time: frozenset(
        {
            "tm_year",
            "tm_mon",
            "tm_mday",
            "tm_hour",
            "tm_min",
            "tm_sec",
            "tm_wday",
            "tm_yday",
            "tm_isdst",
        }
    ),
}
METHOD_NAMES = frozenset(name for table in METHODS.values() for name in table)
ATTRIBUTE_NAMES = frozenset(name for names in ATTRIBUTES.values() for name in names)
