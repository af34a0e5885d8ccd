"""Headers of a neighbour's answer, in every form that HTTP allows. Pure: the time comes from outside."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_DIGITS = re.compile(r"[0-9]{1,18}")
_IDENTITY = "identity"


def retry_after_s(value: str | None, *, date: str | None, now_s: float) -> float | None:
    """Seconds that ``Retry-After`` asks for, never below 0; None where it is absent or has neither legal form.

    RFC 9110, section 10.2.3: a number of seconds or an HTTP date. A date counts from the answer's own ``Date``, so that
    clocks that are apart do not matter; without one, from ``now_s`` (epoch seconds).
    """
    text = (value or "").strip()
    if _DIGITS.fullmatch(text):
        return float(text)
    until_s = http_date_s(text)
    if until_s is None:
        return None
    sent_s = http_date_s(date or "")
    return max(0.0, until_s - (now_s if sent_s is None else sent_s))


def http_date_s(text: str) -> float | None:
    """An HTTP date, in any of the three forms of RFC 9110 section 5.6.7, as epoch seconds; None if it is none."""
    try:
        moment = parsedate_to_datetime(text.strip())
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    try:
        return (aware - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    except OverflowError:
        return None


def content_codings(values: Sequence[str]) -> tuple[str, ...]:
    """The codings that were applied, in their order, in lower case; ``identity`` is none. RFC 9110, section 8.4."""
    listed = (part.strip().lower() for value in values for part in value.split(","))
    return tuple(coding for coding in listed if coding and coding != _IDENTITY)


def content_length(values: Sequence[str]) -> int | None:
    """The announced length in bytes, or None. Equal repetitions count once (RFC 9110, section 8.6)."""
    listed = {part.strip() for value in values for part in value.split(",")}
    if len(listed) != 1:
        return None
    text = listed.pop()
    return int(text) if _DIGITS.fullmatch(text) else None
