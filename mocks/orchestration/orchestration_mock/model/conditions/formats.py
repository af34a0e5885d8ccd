"""Time formats: which are accepted, and why another is refused."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from orchestration_mock.model.conditions.budget import ConditionFailed

FORMAT_LETTERS = frozenset("aAbBcdfHIjmMpSUwWxXyYzZ%")
MAX_FORMAT_CHARS = 100
_NOT_IMITATED = "a time format beyond the usual letters is not imitated"


def checked_format(text: Any) -> Any:
    """The time format, if each ``%`` is followed by a plain letter. Raises ``ConditionFailed``."""
    if isinstance(text, str):
        letters = [part[:1] for part in text.replace("%%", "").split("%")[1:]]
        if len(text) > MAX_FORMAT_CHARS or not FORMAT_LETTERS.issuperset(letters):
            raise ConditionFailed(_NOT_IMITATED)
    return text


def readable_format(text: Any) -> Any:
    """A format for reading times: each letter at most once. Raises ``ConditionFailed``."""
    try:
        datetime.strptime("", checked_format(text))  # noqa: DTZ007 - the format is checked, not the time
    except re.error as exc:
        raise ConditionFailed(f"the format {text[:60]!r} cannot be read: {exc}") from exc
    except ValueError as exc:
        if "does not match" not in str(exc):
            raise ConditionFailed(f"the format {text[:60]!r}: {exc}") from exc
    return text
