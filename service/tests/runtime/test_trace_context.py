"""A trace begins at the caller, is kept with the event, and goes on to CMI and C4C."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
import structlog
from fakes import HandClock
from ingress_kit import Endpoint
from ledger_kit import rows
from worker_kit import Stack, a_file

from attachment_transfer.core.trace import TraceContext, read_trace
from attachment_transfer.ledger import tables
from attachment_transfer.ledger.accept import trace_of
from attachment_transfer.ledger.sealing import KeyRing
from attachment_transfer.telemetry import tracing
from attachment_transfer.telemetry.tracing import TraceSpan, span
from attachment_transfer.worker.observed import ObservedRounds

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GOOD = f"00-{TRACE}-{SPAN}-01"
MALFORMED = [
    "",
    "garbage",
    GOOD[:-1],
    GOOD.upper(),
    f"00-{'0' * 32}-{SPAN}-01",
    f"00-{TRACE}-{'0' * 16}-01",
    f"ff-{TRACE}-{SPAN}-01",
    f"{GOOD}-more",
    f"00-{TRACE}-{SPAN}-0g",
    f"{GOOD},{GOOD}",
]


@pytest.fixture
def spans() -> Iterator[list[TraceSpan]]:
    """Every finished span of a sampled trace."""
    found: list[TraceSpan] = []
    tracing.export_to(found.append)
    yield found
    tracing.export_to(None)


def test_a_good_traceparent_is_read() -> None:
    assert read_trace(GOOD) == TraceContext(TRACE, SPAN, sampled=True)
    assert read_trace(f"00-{TRACE}-{SPAN}-00") == TraceContext(TRACE, SPAN, sampled=False)


def test_a_later_version_may_carry_more() -> None:
    assert read_trace(f"cc-{TRACE}-{SPAN}-01-what-the-future-holds") == TraceContext(TRACE, SPAN, sampled=True)


@pytest.mark.parametrize("text", MALFORMED)
def test_a_malformed_traceparent_is_none(text: str) -> None:
    assert read_trace(text, "vendor=1") is None


def test_tracestate_goes_along_unless_it_is_malformed() -> None:
    assert read_trace(GOOD, "congo=t61rcWkgMzE, rojo=00f0").state == "congo=t61rcWkgMzE,rojo=00f0"  # type: ignore[union-attr]
    for unusable in ("no equals sign", "a=b\r\nx-evil: 1", "a=" + "b" * 600, ",".join(f"k{n}=v" for n in range(33))):
        assert read_trace(GOOD, unusable).state == ""  # type: ignore[union-attr]


def test_a_child_stays_in_the_trace_and_has_an_id_of_its_own() -> None:
    with span("outer", parent=read_trace(GOOD, "v=1")) as outer, span("inner") as inner:
        assert inner.context.trace_id == outer.context.trace_id == TRACE
        assert (outer.parent_id, inner.parent_id) == (SPAN, outer.context.span_id)
        assert len({SPAN, outer.context.span_id, inner.context.span_id}) == 3
        assert inner.context.state == "v=1"
    assert tracing.current() is None


def test_a_span_that_raises_says_what_but_not_its_text(spans: list[TraceSpan]) -> None:
    with pytest.raises(ValueError, match="hunter2"), span("broken"):
        raise ValueError("password=hunter2")
    assert [found.error for found in spans] == ["ValueError"]
    assert "hunter2" not in repr(spans)


def test_what_the_caller_does_not_sample_is_not_exported(spans: list[TraceSpan]) -> None:
    with span("quiet", parent=TraceContext(TRACE, SPAN, sampled=False)):
        pass
    assert spans == []


def event_trace(endpoint: Endpoint) -> TraceContext:
    trace = trace_of(endpoint.engine, rows(endpoint.engine, tables.transfer)[0]["id"])
    assert trace is not None
    return trace


def test_the_callers_trace_is_kept_with_the_event(endpoint: Endpoint) -> None:
    endpoint.post(headers={"traceparent": GOOD, "tracestate": "congo=t61rcWkgMzE"})
    trace = event_trace(endpoint)
    assert (trace.trace_id, trace.sampled, trace.state) == (TRACE, True, "congo=t61rcWkgMzE")
    assert trace.span_id != SPAN


@pytest.mark.parametrize("text", MALFORMED)
def test_a_malformed_trace_is_replaced_and_the_request_is_accepted(endpoint: Endpoint, text: str) -> None:
    assert endpoint.post(headers={"traceparent": text, "tracestate": "congo=1"}).status_code == 202
    trace = event_trace(endpoint)
    assert re.fullmatch(r"[0-9a-f]{32}", trace.trace_id)
    assert trace.trace_id != TRACE
    assert trace.state == ""


def test_without_a_trace_one_begins(endpoint: Endpoint) -> None:
    endpoint.post()
    assert event_trace(endpoint).trace_id.strip("0")


def test_the_newest_event_leads(endpoint: Endpoint) -> None:
    endpoint.post(headers={"traceparent": GOOD})
    other = "a" * 32
    endpoint.post(headers={"traceparent": f"00-{other}-{SPAN}-01"})
    assert event_trace(endpoint).trace_id == other


def test_the_trail_names_the_trace(endpoint: Endpoint) -> None:
    endpoint.post(headers={"traceparent": GOOD})
    [line] = rows(endpoint.engine, tables.audit)
    assert line["detail"].endswith(f"trace {TRACE}")


@pytest.fixture
def stack(engine: sa.Engine, clock: HandClock, keys: KeyRing, new_id: Callable[[], str]) -> Stack:
    stack = Stack(engine, clock, keys, new_id)
    stack.cmi.files = [a_file(1), a_file(2)]
    stack.rounds = ObservedRounds(stack.rounds, trace_of=lambda id_: trace_of(engine, id_))  # type: ignore[assignment]
    return stack


def carried(stack: Stack, engine: sa.Engine) -> None:
    transfer_id = stack.event()
    with engine.begin() as connection:
        connection.execute(
            tables.event.update()
            .where(tables.event.c.transfer_id == transfer_id)
            .values(traceparent=GOOD, tracestate="congo=1")
        )
    stack.run()
    assert stack.at_rest()


def test_every_call_to_cmi_and_c4c_carries_the_trace_under_an_id_of_its_own(stack: Stack, engine: sa.Engine) -> None:
    carried(stack, engine)
    requests = stack.cmi.requests + stack.c4c.requests
    sent = [read_trace(request.headers["traceparent"], request.headers["tracestate"]) for request in requests]
    assert len(sent) > 6
    assert {trace and trace.trace_id for trace in sent} == {TRACE}
    assert len({trace and trace.span_id for trace in sent} | {SPAN}) == len(sent) + 1
    assert {trace and trace.state for trace in sent} == {"congo=1"}


def test_spans_of_calls_hang_below_the_steps_and_these_below_the_event(
    stack: Stack, engine: sa.Engine, spans: list[TraceSpan]
) -> None:
    carried(stack, engine)
    steps = {found.context.span_id: found for found in spans if found.kind == "internal"}
    calls = [found for found in spans if found.kind == "client"]
    assert {found.name for found in steps.values()} == {"discover", "carry", "settle"}
    assert {found.parent_id for found in steps.values()} == {SPAN}
    assert {found.parent_id for found in calls} < set(steps)
    assert {found.name for found in calls} == {"cmi GET", "c4c GET", "c4c POST"}


def test_while_a_file_is_carried_every_log_line_knows_transfer_round_file_and_trace(
    stack: Stack, engine: sa.Engine
) -> None:
    known: list[dict[str, object]] = []
    stack.c4c.on_post = lambda: known.append(dict(structlog.contextvars.get_contextvars()))
    carried(stack, engine)
    transfer_id = stack.transfer().id
    files = [item.id for item in stack.attachments()]
    told = [{name: entry[name] for name in ("transfer_id", "round", "attachment_id", "trace_id")} for entry in known]
    assert told == [
        {"transfer_id": transfer_id, "round": 1, "attachment_id": file, "trace_id": TRACE} for file in files
    ]
    assert structlog.contextvars.get_contextvars() == {}


def test_no_span_holds_a_url_a_contact_or_a_secret(stack: Stack, engine: sa.Engine, spans: list[TraceSpan]) -> None:
    carried(stack, engine)
    told = repr(spans)
    for hidden in ("/sap/c4c", "attachments/", stack.transfer().contact_id, stack.cmi.password, stack.c4c.password):
        assert hidden not in told
