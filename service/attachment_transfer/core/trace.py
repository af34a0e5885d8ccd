"""W3C trace context: read from a request, sent to neighbours.

Source: https://www.w3.org/TR/trace-context/ (Recommendation, level 1): lower-case hex, all-zero ids and version ``ff``
are invalid, a version above 00 may carry more fields, ``tracestate`` without a valid ``traceparent`` is dropped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[\x21-\x7e]*)?", re.ASCII)
_STATE_MEMBER = re.compile(r"[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{1,256}", re.ASCII)
_STATE_LIMIT_CHARACTERS = 512
_STATE_LIMIT_MEMBERS = 32


@dataclass(frozen=True)
class TraceContext:
    """One span of a trace.

    Attributes:
        trace_id: 32 lower-case hex digits, the same through the whole chain.
        span_id: 16 lower-case hex digits.
        sampled: whether this trace is recorded.
        state: the vendors' own list, passed on unchanged; empty if there is none.
    """

    trace_id: str
    span_id: str
    sampled: bool = False
    state: str = ""

    @property
    def traceparent(self) -> str:
        """The header's value."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"

    def child(self, span_id: str) -> TraceContext:
        """A span below this one, in the same trace."""
        return replace(self, span_id=span_id)


def read_trace(traceparent: str | None, tracestate: str | None = None) -> TraceContext | None:
    """Read the two headers; None if there is no usable ``traceparent``: then the caller starts a trace of its own."""
    match = _TRACEPARENT.fullmatch((traceparent or "").strip(" \t"))
    if match is None:
        return None
    version, trace_id, span_id, flags, rest = match.groups()
    if version == "ff" or not trace_id.strip("0") or not span_id.strip("0") or (version == "00" and rest is not None):
        return None
    return TraceContext(trace_id, span_id, bool(int(flags, 16) & 1), _usable_state(tracestate or ""))


def _usable_state(text: str) -> str:
    members = [member.strip(" \t") for member in text.split(",") if member.strip(" \t")]
    usable = len(text) <= _STATE_LIMIT_CHARACTERS and len(members) <= _STATE_LIMIT_MEMBERS
    return ",".join(members) if usable and all(_STATE_MEMBER.fullmatch(member) for member in members) else ""
