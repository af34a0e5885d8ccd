"""Spans of the W3C trace that a request belongs to: bound to the log, sent to neighbours, exported if configured.

The context is kept per thread of work (a ``ContextVar``). Without an exporter a span costs two random ids and nothing
else; with one (extra ``otel``, see :mod:`attachment_transfer.telemetry.otel`) it receives each finished span.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

import structlog

from attachment_transfer.core.trace import TraceContext

Attribute = str | int | float | bool

#: What kind of work a span is: ``server`` (a request to us), ``client`` (our call), ``internal``.
KINDS = ("server", "client", "internal")

_current: ContextVar[TraceContext | None] = ContextVar("attachment_transfer_trace", default=None)


@dataclass
class TraceSpan:
    """One piece of work. Times are epoch nanoseconds of the wall clock.

    Attributes:
        parent_id: the span above, 16 hex digits, or None for a trace of our own.
        error: the type's name if it raised; never its text.
    """

    name: str
    kind: str
    context: TraceContext
    parent_id: str | None
    start_ns: int
    end_ns: int = 0
    error: str | None = None
    attributes: dict[str, Attribute] = field(default_factory=dict)


class _Export:
    to: Callable[[TraceSpan], None] | None = None


def export_to(exporter: Callable[[TraceSpan], None] | None) -> None:
    """Pass every finished span of a sampled trace to ``exporter`` from now on; None stops that."""
    _Export.to = exporter


def current() -> TraceContext | None:
    """The span that this thread of work is in."""
    return _current.get()


@contextmanager
def span(
    name: str,
    *,
    kind: str = "internal",
    parent: TraceContext | None = None,
    attributes: Mapping[str, Attribute] | None = None,
) -> Iterator[TraceSpan]:
    """Run the block in a span: a child of ``parent``, else of the current span, else the first of a new trace."""
    above = parent or _current.get()
    context = above.child(secrets.token_hex(8)) if above else _fresh()
    opened = TraceSpan(
        name=name,
        kind=kind,
        context=context,
        parent_id=above.span_id if above else None,
        start_ns=time.time_ns(),
        attributes=dict(attributes or {}),
    )
    token = _current.set(context)
    try:
        with structlog.contextvars.bound_contextvars(trace_id=context.trace_id, span_id=context.span_id):
            yield opened
    except BaseException as exc:
        opened.error = type(exc).__name__
        raise
    finally:
        _current.reset(token)
        opened.end_ns = time.time_ns()
        if _Export.to is not None and context.sampled:
            _Export.to(opened)


def _fresh() -> TraceContext:
    """A trace that begins here: recorded if we export at all."""
    return TraceContext(secrets.token_hex(16), secrets.token_hex(8), sampled=_Export.to is not None)
