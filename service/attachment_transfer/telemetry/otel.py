"""Spans to an OpenTelemetry collector over OTLP/HTTP. Optional: the only module that uses the extra ``otel``.

Endpoint, headers and resource come from OpenTelemetry's own variables (``OTEL_EXPORTER_OTLP_ENDPOINT``,
``OTEL_EXPORTER_OTLP_HEADERS``, ``OTEL_SERVICE_NAME``, ``OTEL_RESOURCE_ATTRIBUTES``).
Source: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable
from importlib import import_module
from typing import Any

from attachment_transfer import __version__
from attachment_transfer.core.trace import TraceContext
from attachment_transfer.telemetry.tracing import TraceSpan


class OtelMissing(Exception):
    """Export is switched on and the packages are not installed."""


def exporter() -> Callable[[TraceSpan], None]:
    """Return a function that queues finished spans for the collector; raises :class:`OtelMissing`.

    Export happens in a thread of the SDK's own, in batches; a collector that is away loses spans, never a transfer.
    """
    try:
        sdk, export = import_module("opentelemetry.sdk.trace"), import_module("opentelemetry.sdk.trace.export")
        resources = import_module("opentelemetry.sdk.resources")
        otlp = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
        api = import_module("opentelemetry.trace")
    except ImportError as exc:
        raise OtelMissing(
            "ATTACHMENT_TRANSFER_OTEL is on, but its packages are missing: "
            "pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http"
        ) from exc
    name = os.environ.get("OTEL_SERVICE_NAME", "attachment-transfer")
    resource = resources.Resource.create({"service.name": name, "service.version": __version__})
    processor = export.BatchSpanProcessor(otlp.OTLPSpanExporter())
    atexit.register(processor.shutdown)
    return lambda span: processor.on_end(_readable(span, sdk, api, resource))


def _readable(span: TraceSpan, sdk: Any, api: Any, resource: Any) -> Any:
    """Our span as the SDK's."""
    status = api.Status(api.StatusCode.ERROR, span.error) if span.error else api.Status(api.StatusCode.UNSET)
    parent = span.context.child(span.parent_id) if span.parent_id else None
    return sdk.ReadableSpan(
        name=span.name,
        context=_context(span.context, api),
        parent=_context(parent, api) if parent else None,
        resource=resource,
        attributes=span.attributes,
        kind=getattr(api.SpanKind, span.kind.upper()),
        status=status,
        start_time=span.start_ns,
        end_time=span.end_ns,
        instrumentation_scope=import_module("opentelemetry.sdk.util.instrumentation").InstrumentationScope(
            "attachment_transfer", __version__
        ),
    )


def _context(context: TraceContext, api: Any) -> Any:
    return api.SpanContext(
        trace_id=int(context.trace_id, 16),
        span_id=int(context.span_id, 16),
        is_remote=False,
        trace_flags=api.TraceFlags(api.TraceFlags.SAMPLED if context.sampled else api.TraceFlags.DEFAULT),
        trace_state=api.TraceState.from_header([context.state]) if context.state else None,
    )
