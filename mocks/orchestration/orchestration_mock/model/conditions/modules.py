"""What a condition may use of the documented modules: datetime, json, random, re and time.

Time is the tenant's clock, in UTC (assumed: the real server's zone is not documented). `random` is the
same in every run for the same event.
"""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any

from orchestration_mock.model.conditions.budget import ConditionFailed
from orchestration_mock.model.conditions.evaluation import Function, Work
from orchestration_mock.model.conditions.formats import checked_format, readable_format
from orchestration_mock.model.conditions.functions import items_of
from orchestration_mock.model.conditions.patterns import BadPattern, Match, Pattern, read_pattern

MAX_MOMENT_CHARS = 200
MODULES = ("datetime", "json", "random", "re", "time")


def _now(work: Work, tz: Any = None) -> datetime:
    return work.facts.now.replace(tzinfo=None) if tz is None else work.facts.now.astimezone(tz)


def _today(work: Work) -> date:
    return work.facts.now.date()


def _from_timestamp(_work: Work, seconds: float, tz: Any = None) -> datetime:
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.replace(tzinfo=None) if tz is None else moment.astimezone(tz)


def _strptime(_work: Work, text: str, pattern: str) -> datetime:
    if len(text) > MAX_MOMENT_CHARS:
        raise ConditionFailed(f"a time of more than {MAX_MOMENT_CHARS} characters")
    return datetime.strptime(text, readable_format(pattern))  # noqa: DTZ007 - as the condition says


def _loads(work: Work, text: str) -> Any:
    work.budget.weigh(text)
    work.budget.text(len(text))
    return json.loads(text)


def _dumps(work: Work, value: Any, *, sort_keys: bool = False, ensure_ascii: bool = True) -> str:
    work.budget.text(work.budget.weigh(value))
    text = json.dumps(value, sort_keys=bool(sort_keys), ensure_ascii=bool(ensure_ascii))
    work.budget.text(len(text))
    return text


def pattern_of(pattern: Any, flags: int) -> Pattern:
    """A pattern ready to run. Raises ``ConditionFailed``."""
    if not isinstance(pattern, str):
        raise TypeError("a pattern is a text")
    try:
        return read_pattern(pattern, flags)
    except BadPattern as exc:
        raise ConditionFailed(f"the pattern {pattern[:60]!r}: {exc}") from exc


def _search(work: Work, pattern: str, text: str, flags: int = 0) -> Match | None:
    return pattern_of(pattern, flags).search(_text(text), work.budget.spend)


def _match(work: Work, pattern: str, text: str, flags: int = 0) -> Match | None:
    return pattern_of(pattern, flags).match(_text(text), work.budget.spend)


def _full_match(work: Work, pattern: str, text: str, flags: int = 0) -> Match | None:
    return pattern_of(pattern, flags).fullmatch(_text(text), work.budget.spend)


def _find_all(work: Work, pattern: str, text: str, flags: int = 0) -> list[Any]:
    found = list(pattern_of(pattern, flags).find_all(_text(text), work.budget.spend))
    work.budget.items(len(found))
    parts = [tuple(part or "" for part in each.groups()) for each in found]
    return [
        each.group() if not groups else groups[0] if len(groups) == 1 else groups
        for each, groups in zip(found, parts, strict=True)
    ]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("expected string or bytes-like object")
    return value


def _one_of(work: Work, values: Any) -> Any:
    return work.dice.choice(items_of(work, values))


def _struct(work: Work, seconds: float | None = None) -> time.struct_time:
    return time.gmtime(work.facts.now.timestamp() if seconds is None else seconds)


def _strftime(work: Work, pattern: str) -> str:
    return work.facts.now.strftime(checked_format(pattern))


FUNCTIONS: dict[str, Function] = {
    "datetime.datetime": lambda _work, *args, **named: datetime(*args, **named),  # noqa: DTZ001
    "datetime.datetime.now": _now,
    "datetime.datetime.today": _now,
    "datetime.datetime.utcnow": _now,
    "datetime.datetime.fromisoformat": lambda _work, text: datetime.fromisoformat(text),
    "datetime.datetime.fromtimestamp": _from_timestamp,
    "datetime.datetime.strptime": _strptime,
    "datetime.datetime.combine": lambda _work, day, hour: datetime.combine(day, hour),
    "datetime.date": lambda _work, *args, **named: date(*args, **named),
    "datetime.date.today": _today,
    "datetime.date.fromisoformat": lambda _work, text: date.fromisoformat(text),
    "datetime.time": lambda _work, *args, **named: time_of_day(*args, **named),
    "datetime.timedelta": lambda _work, *args, **named: timedelta(*args, **named),
    "json.loads": _loads,
    "json.dumps": _dumps,
    "random.random": lambda work: work.dice.random(),
    "random.randint": lambda work, low, high: work.dice.randint(low, high),
    "random.uniform": lambda work, low, high: work.dice.uniform(low, high),
    "random.choice": _one_of,
    "re.search": _search,
    "re.match": _match,
    "re.fullmatch": _full_match,
    "re.findall": _find_all,
    "time.time": lambda work: work.facts.now.timestamp(),
    "time.gmtime": _struct,
    "time.localtime": _struct,
    "time.strftime": _strftime,
}
CONSTANTS: dict[str, Any] = {
    "datetime.UTC": UTC,
    "datetime.timezone.utc": UTC,
    "re.I": int(re.IGNORECASE),
    "re.IGNORECASE": int(re.IGNORECASE),
    "re.M": int(re.MULTILINE),
    "re.MULTILINE": int(re.MULTILINE),
    "re.S": int(re.DOTALL),
    "re.DOTALL": int(re.DOTALL),
}
PATTERN_FUNCTIONS = frozenset(name for name in FUNCTIONS if name.startswith("re."))
