"""Formats of times: which are taken, and why another is not."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from orchestration_mock.model.conditions.budget import ConditionFailed

FORMAT_LETTERS = frozenset("aAbBcdfHIjmMpSUwWxXyYzZ%")
MAX_FORMAT_CHARS = 100
_LACKING = "a format of times beyond the usual letters is not imitated"


def checked_format(text: Any) -> Any:
    """A format of times, if it holds nothing but plain letters after each ``%``. Raises ``ConditionFailed``."""
    if isinstance(text, str):
        letters = [part[:1] for part in text.replace("%%", "").split("%")[1:]]
        if len(text) > MAX_FORMAT_CHARS or not FORMAT_LETTERS.issuperset(letters):
            raise ConditionFailed(_LACKING)
    return text


def readable_format(text: Any) -> Any:
    """A format by which times are read: each letter once. Raises ``ConditionFailed``."""
    try:
        datetime.strptime("", checked_format(text))  # noqa: DTZ007 - the format is judged, not the time
    except re.error as exc:
        raise ConditionFailed(f"the format {text[:60]!r} cannot be read: {exc}") from exc
    except ValueError as exc:
        if "does not match" not in str(exc):
            raise ConditionFailed(f"the format {text[:60]!r}: {exc}") from exc
    return text
