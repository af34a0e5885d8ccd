"""``Retry-After`` in both forms of RFC 9110, section 10.2.3, with a ``Date`` of the same clock."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from email.utils import format_datetime


def headers(form: str, *, now: datetime, until: datetime, skew_s: float = 0.0) -> dict[str, str]:
    """The headers that ask a client to wait until ``until``, never shorter.

    ``form``: ``none``, ``seconds`` or ``date``. ``now`` and ``until`` are aware UTC; ``skew_s`` is how far the
    server's clock is ahead, in both dates.
    """
    if form == "none":
        return {}
    if form == "seconds":
        return {"Retry-After": str(max(0, math.ceil((until - now).total_seconds())))}
    skew = timedelta(seconds=skew_s)
    return {"Retry-After": http_date(until + skew + timedelta(microseconds=999_999)), "Date": http_date(now + skew)}


def http_date(moment: datetime) -> str:
    """As HTTP writes it, in whole seconds."""
    return format_datetime(moment.replace(microsecond=0), usegmt=True)
