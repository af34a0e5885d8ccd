"""A trace begins at the caller, is kept with the event, and goes on to CMI and C4C."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
import structlog
from fakes import HandClock
from ingress_kit import Door
from ledger_kit import rows
from street import Street, a_file

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


def event_trace(door: Door) -> TraceContext:
    trace = trace_of(door.engine, rows(door.engine, tables.transfer)[0]["id"])
    assert trace is not None
    return trace


def test_the_callers_trace_is_kept_with_the_event(door: Door) -> None:
    door.post(headers={"traceparent": GOOD, "tracestate": "congo=t61rcWkgMzE"})
    trace = event_trace(door)
    assert (trace.trace_id, trace.sampled, trace.state) == (TRACE, True, "congo=t61rcWkgMzE")
    assert trace.span_id != SPAN


@pytest.mark.parametrize("text", MALFORMED)
def test_a_malformed_trace_is_replaced_and_the_request_is_accepted(door: Door, text: str) -> None:
    assert door.post(headers={"traceparent": text, "tracestate": "congo=1"}).status_code == 202
    trace = event_trace(door)
    assert re.fullmatch(r"[0-9a-f]{32}", trace.trace_id)
    assert trace.trace_id != TRACE
    assert trace.state == ""


def test_without_a_trace_one_begins(door: Door) -> None:
    door.post()
    assert event_trace(door).trace_id.strip("0")


def test_the_newest_event_leads(door: Door) -> None:
    door.post(headers={"traceparent": GOOD})
    other = "a" * 32
    door.post(headers={"traceparent": f"00-{other}-{SPAN}-01"})
    assert event_trace(door).trace_id == other


def test_the_trail_names_the_trace(door: Door) -> None:
    door.post(headers={"traceparent": GOOD})
    [line] = rows(door.engine, tables.audit)
    assert line["detail"].endswith(f"trace {TRACE}")


@pytest.fixture
def street(engine: sa.Engine, clock: HandClock, keys: KeyRing, new_id: Callable[[], str]) -> Street:
    street = Street(engine, clock, keys, new_id)
    street.cmi.files = [a_file(1), a_file(2)]
    street.rounds = ObservedRounds(street.rounds, trace_of=lambda id_: trace_of(engine, id_))  # type: ignore[assignment]
    return street


def carried(street: Street, engine: sa.Engine) -> None:
    transfer_id = street.event()
    with engine.begin() as connection:
        connection.execute(
            tables.event.update()
            .where(tables.event.c.transfer_id == transfer_id)
            .values(traceparent=GOOD, tracestate="congo=1")
        )
    street.run()
    assert street.at_rest()


def test_every_call_to_cmi_and_c4c_carries_the_trace_under_an_id_of_its_own(street: Street, engine: sa.Engine) -> None:
    carried(street, engine)
    requests = street.cmi.requests + street.c4c.requests
    sent = [read_trace(request.headers["traceparent"], request.headers["tracestate"]) for request in requests]
    assert len(sent) > 6
    assert {trace and trace.trace_id for trace in sent} == {TRACE}
    assert len({trace and trace.span_id for trace in sent} | {SPAN}) == len(sent) + 1
    assert {trace and trace.state for trace in sent} == {"congo=1"}


def test_spans_of_calls_hang_below_the_steps_and_these_below_the_event(
    street: Street, engine: sa.Engine, spans: list[TraceSpan]
) -> None:
    carried(street, engine)
    steps = {found.context.span_id: found for found in spans if found.kind == "internal"}
    calls = [found for found in spans if found.kind == "client"]
    assert {found.name for found in steps.values()} == {"discover", "carry", "settle"}
    assert {found.parent_id for found in steps.values()} == {SPAN}
    assert {found.parent_id for found in calls} < set(steps)
    assert {found.name for found in calls} == {"cmi GET", "c4c GET", "c4c POST"}


def test_while_a_file_is_carried_every_log_line_knows_transfer_round_file_and_trace(
    street: Street, engine: sa.Engine
) -> None:
    known: list[dict[str, object]] = []
    street.c4c.on_post = lambda: known.append(dict(structlog.contextvars.get_contextvars()))
    carried(street, engine)
    transfer_id = street.transfer().id
    files = [item.id for item in street.attachments()]
    told = [{name: entry[name] for name in ("transfer_id", "round", "attachment_id", "trace_id")} for entry in known]
    assert told == [
        {"transfer_id": transfer_id, "round": 1, "attachment_id": file, "trace_id": TRACE} for file in files
    ]
    assert structlog.contextvars.get_contextvars() == {}


def test_no_span_holds_a_url_a_contact_or_a_secret(street: Street, engine: sa.Engine, spans: list[TraceSpan]) -> None:
    carried(street, engine)
    told = repr(spans)
    for hidden in ("/sap/c4c", "attachments/", street.transfer().contact_id, street.cmi.password, street.c4c.password):
        assert hidden not in told
