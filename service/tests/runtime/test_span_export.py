"""Spans to a collector, with OpenTelemetry's packages installed: ids, parents, kinds, errors, and nothing secret."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

pytest.importorskip("opentelemetry.sdk.trace", reason="the extra otel is not installed")

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PROGRAM = f"""
from attachment_transfer.telemetry import otel, tracing
from attachment_transfer.core.trace import read_trace
tracing.export_to(otel.exporter())
parent = read_trace("00-{TRACE}-{PARENT}-01", "congo=t61rcWkgMzE")
with tracing.span("carry", parent=parent, attributes={{"transfer_id": "t1", "round": 1}}):
    try:
        with tracing.span("c4c POST", kind="client"):
            raise TimeoutError("password=hunter2")
    except TimeoutError:
        pass
with tracing.span("quiet", parent=read_trace("00-{TRACE}-{PARENT}-00")):
    pass
with tracing.span("our own"):
    pass
"""


@pytest.fixture
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """An OTLP/HTTP collector: its address, and what it was sent."""
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", bodies
    server.shutdown()
    server.server_close()


def exported(collector: tuple[str, list[bytes]]) -> tuple[dict[str, Any], dict[str, str]]:
    """Run the program to its end; return the spans by name, and the resource."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (  # noqa: PLC0415 - only where installed
        ExportTraceServiceRequest,
    )

    endpoint, bodies = collector
    env = {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
    subprocess.run([sys.executable, "-c", PROGRAM], env=env, check=True, timeout=60)
    assert b"hunter2" not in b"".join(bodies)
    spans, resource = {}, {}
    for body in bodies:
        for found in ExportTraceServiceRequest.FromString(body).resource_spans:
            resource |= {item.key: item.value.string_value for item in found.resource.attributes}
            spans |= {item.name: item for scope in found.scope_spans for item in scope.spans}
    return spans, resource


def test_spans_arrive_before_the_process_ends_with_their_ids_and_parents(collector: tuple[str, list[bytes]]) -> None:
    spans, resource = exported(collector)
    assert set(spans) == {"carry", "c4c POST", "our own"}
    carry, call = spans["carry"], spans["c4c POST"]
    assert (carry.trace_id.hex(), carry.parent_span_id.hex()) == (TRACE, PARENT)
    assert (call.trace_id.hex(), call.parent_span_id) == (TRACE, carry.span_id)
    assert carry.trace_state == "congo=t61rcWkgMzE"
    assert spans["our own"].parent_span_id == b""
    assert {item.key for item in carry.attributes} == {"transfer_id", "round"}
    assert carry.start_time_unix_nano <= call.start_time_unix_nano <= call.end_time_unix_nano
    assert resource["service.name"] == "attachment-transfer"


def test_a_span_that_failed_says_so_by_its_type(collector: tuple[str, list[bytes]]) -> None:
    spans, _ = exported(collector)
    assert spans["c4c POST"].status.message == "TimeoutError"
    assert spans["c4c POST"].status.code == 2
    assert spans["carry"].status.code == 0
