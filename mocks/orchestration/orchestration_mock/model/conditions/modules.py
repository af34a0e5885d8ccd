"""What a condition may use of the documented modules: datetime, json, random, re and time.

Time is the tenant's clock, in UTC (assumed: the real server's time zone is not documented). `random` gives
the same numbers in every run for the same event.
"""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any

from orchestration_mock.model.conditions.budget import ConditionFailed
from orchestration_mock.model.conditions.evaluation import Evaluation, Function
from orchestration_mock.model.conditions.formats import checked_format, readable_format
from orchestration_mock.model.conditions.functions import items_of
from orchestration_mock.model.conditions.patterns import BadPattern, PatternMatch, Re2Pattern, read_pattern

MAX_MOMENT_CHARS = 200
MODULES = ("datetime", "json", "random", "re", "time")


def _now(evaluation: Evaluation, tz: Any = None) -> datetime:
    return evaluation.facts.now.replace(tzinfo=None) if tz is None else evaluation.facts.now.astimezone(tz)


def _today(evaluation: Evaluation) -> date:
    return evaluation.facts.now.date()


def _from_timestamp(_evaluation: Evaluation, seconds: float, tz: Any = None) -> datetime:
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.replace(tzinfo=None) if tz is None else moment.astimezone(tz)


def _strptime(_evaluation: Evaluation, text: str, pattern: str) -> datetime:
    if len(text) > MAX_MOMENT_CHARS:
        raise ConditionFailed(f"a time of more than {MAX_MOMENT_CHARS} characters")
    return datetime.strptime(text, readable_format(pattern))  # noqa: DTZ007 - as the condition says


def _loads(evaluation: Evaluation, text: str) -> Any:
    evaluation.budget.weigh(text)
    evaluation.budget.text(len(text))
    return json.loads(text)


def _dumps(evaluation: Evaluation, value: Any, *, sort_keys: bool = False, ensure_ascii: bool = True) -> str:
    evaluation.budget.text(evaluation.budget.weigh(value))
    text = json.dumps(value, sort_keys=bool(sort_keys), ensure_ascii=bool(ensure_ascii))
    evaluation.budget.text(len(text))
    return text


def pattern_of(pattern: Any, flags: int) -> Re2Pattern:
    """A pattern ready to run. Raises ``ConditionFailed``."""
    if not isinstance(pattern, str):
        raise TypeError("a pattern is a text")
    try:
        return read_pattern(pattern, flags)
    except BadPattern as exc:
        raise ConditionFailed(f"the pattern {pattern[:60]!r}: {exc}") from exc


def _search(evaluation: Evaluation, pattern: str, text: str, flags: int = 0) -> PatternMatch | None:
    return pattern_of(pattern, flags).search(_text(text), evaluation.budget.spend)


def _match(evaluation: Evaluation, pattern: str, text: str, flags: int = 0) -> PatternMatch | None:
    return pattern_of(pattern, flags).match(_text(text), evaluation.budget.spend)


def _full_match(evaluation: Evaluation, pattern: str, text: str, flags: int = 0) -> PatternMatch | None:
    return pattern_of(pattern, flags).fullmatch(_text(text), evaluation.budget.spend)


def _find_all(evaluation: Evaluation, pattern: str, text: str, flags: int = 0) -> list[Any]:
    found = list(pattern_of(pattern, flags).find_all(_text(text), evaluation.budget.spend))
    evaluation.budget.items(len(found))
    parts = [tuple(part or "" for part in each.groups()) for each in found]
    return [
        each.group() if not groups else groups[0] if len(groups) == 1 else groups
        for each, groups in zip(found, parts, strict=True)
    ]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("expected string or bytes-like object")
    return value


def _one_of(evaluation: Evaluation, values: Any) -> Any:
    return evaluation.rng.choice(items_of(evaluation, values))


def _struct(evaluation: Evaluation, seconds: float | None = None) -> time.struct_time:
    return time.gmtime(evaluation.facts.now.timestamp() if seconds is None else seconds)


def _strftime(evaluation: Evaluation, pattern: str) -> str:
    return evaluation.facts.now.strftime(checked_format(pattern))


FUNCTIONS: dict[str, Function] = {
    "datetime.datetime": lambda _evaluation, *args, **named: datetime(*args, **named),  # noqa: DTZ001
    "datetime.datetime.now": _now,
    "datetime.datetime.today": _now,
    "datetime.datetime.utcnow": _now,
    "datetime.datetime.fromisoformat": lambda _evaluation, text: datetime.fromisoformat(text),
    "datetime.datetime.fromtimestamp": _from_timestamp,
    "datetime.datetime.strptime": _strptime,
    "datetime.datetime.combine": lambda _evaluation, day, hour: datetime.combine(day, hour),
    "datetime.date": lambda _evaluation, *args, **named: date(*args, **named),
    "datetime.date.today": _today,
    "datetime.date.fromisoformat": lambda _evaluation, text: date.fromisoformat(text),
    "datetime.time": lambda _evaluation, *args, **named: time_of_day(*args, **named),
    "datetime.timedelta": lambda _evaluation, *args, **named: timedelta(*args, **named),
    "json.loads": _loads,
    "json.dumps": _dumps,
    "random.random": lambda evaluation: evaluation.rng.random(),
    "random.randint": lambda evaluation, low, high: evaluation.rng.randint(low, high),
    "random.uniform": lambda evaluation, low, high: evaluation.rng.uniform(low, high),
    "random.choice": _one_of,
    "re.search": _search,
    "re.match": _match,
    "re.fullmatch": _full_match,
    "re.findall": _find_all,
    "time.time": lambda evaluation: evaluation.facts.now.timestamp(),
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
