"""What a planned fault does to a connection. Each kind is one coroutine; the fault proxy ends the connection."""

from __future__ import annotations

import asyncio
import contextlib
import enum
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from mock_kit.faults import Fault, FaultPlan
from mock_kit.http.wire import Head, Wire, WireError, without_chunks

#: No status line, no TLS, no text: nothing a client could take for a reply.
GARBAGE = b"\x00\xff\xfe\x15\x03\x01 this is not HTTP \x9d\x80\x00\r\n\r\n\x01\x02"
_DRIPS_PER_S = 10


class Parting(enum.Enum):
    """How a client's connection goes on after a request: open, closed in order, or reset."""

    STAY = enum.auto()
    CLOSE = enum.auto()
    RESET = enum.auto()


@dataclass
class Reply:
    """The application's reply on its way: its head as it will stand on the wire, and its body."""

    head: bytes
    body: AsyncIterator[bytes]

    async def discard(self) -> None:
        """Let the application finish, and forget what it says."""
        async for _ in self.body:
            pass


async def hold(plan: FaultPlan, fault: Fault, seconds: float, until: asyncio.Task[None] | None = None) -> None:
    """Wait ``seconds`` of wall time, until the fault is called off, or until ``until`` is done."""
    loop, released = asyncio.get_running_loop(), asyncio.Event()

    def release() -> None:
        loop.call_soon_threadsafe(released.set)

    with plan.woken(fault, release):
        waiting: set[asyncio.Task[Any]] = {loop.create_task(released.wait())}
        await asyncio.wait(waiting | ({until} if until else set()), timeout=seconds, return_when="FIRST_COMPLETED")
        for task in waiting:
            task.cancel()


async def pass_on(client: Wire, reply: Reply) -> None:
    """No fault: the reply as it is."""
    await client.send(reply.head)
    async for piece in reply.body:
        await client.send(piece)


async def _lost(client: Wire, reply: Reply, fault: Fault, plan: FaultPlan) -> Parting:  # noqa: ARG001
    await reply.discard()
    return Parting.RESET


async def _reset(client: Wire, reply: Reply, fault: Fault, plan: FaultPlan) -> Parting:  # noqa: ARG001
    count = fault.params["after_bytes"]
    await client.send(reply.head[:count])
    await _send_first(client, reply, count - len(reply.head))
    await client.emptied()
    return Parting.RESET


async def _cut(client: Wire, reply: Reply, fault: Fault, plan: FaultPlan) -> Parting:  # noqa: ARG001
    await client.send(reply.head)
    await _send_first(client, reply, fault.params["after_bytes"])
    return Parting.CLOSE


async def _send_first(client: Wire, reply: Reply, count: int) -> None:
    """The first ``count`` bytes of the body; the rest is read and dropped, so that the work is done."""
    async for piece in reply.body:
        if count > 0:
            await client.send(piece[:count])
            count -= len(piece)


async def _drip(client: Wire, reply: Reply, fault: Fault, plan: FaultPlan) -> Parting:
    part = fault.params["part"]
    await _send_slowly(client, reply.head, fault, plan, is_slow=part != "body")
    async for piece in reply.body:
        await _send_slowly(client, piece, fault, plan, is_slow=part != "head")
    return Parting.STAY


async def _send_slowly(client: Wire, piece: bytes, fault: Fault, plan: FaultPlan, *, is_slow: bool) -> None:
    rate = fault.params["bytes_per_s"]
    size = max(1, int(rate / _DRIPS_PER_S)) if is_slow else len(piece)
    for start in range(0, len(piece), size or 1):
        drop = piece[start : start + size]
        await client.send(drop)
        if is_slow:
            await hold(plan, fault, len(drop) / rate)


async def _close_delimited(client: Wire, reply: Reply, fault: Fault, plan: FaultPlan) -> Parting:  # noqa: ARG001
    """RFC 9112, 6.3: without Content-Length and chunks the body ends where the connection does, early or not."""
    head = Head.parse(reply.head)
    plain = without_chunks(reply.body) if head.chunked else reply.body
    framing = {b"content-length", b"transfer-encoding", b"connection", b"keep-alive"}
    bare = Reply(head.replaced(framing, [(b"Connection", b"close")]), plain)
    if fault.params["end"] == "complete":
        await pass_on(client, bare)
    else:
        await client.send(bare.head)
        await _send_first(client, bare, fault.params["keep_bytes"])
    return Parting.CLOSE


async def _garbage(client: Wire, reply: Reply, fault: Fault, plan: FaultPlan) -> Parting:  # noqa: ARG001
    await reply.discard()
    await client.send(GARBAGE)
    return Parting.CLOSE


async def _silence(client: Wire, reply: Reply, fault: Fault, plan: FaultPlan) -> Parting:  # noqa: ARG001
    await reply.discard()
    await hold(plan, fault, fault.params["hold_s"])
    return Parting.CLOSE


#: Kinds in phase "after": the application has done the work.
BREAK_REPLY: dict[str, Callable[[Wire, Reply, Fault, FaultPlan], Awaitable[Parting]]] = {
    "lost_answer": _lost,
    "reset": _reset,
    "cut": _cut,
    "drip": _drip,
    "close_delimited": _close_delimited,
    "garbage": _garbage,
    "no_answer": _silence,
}


async def _reset_request(client: Wire, body: AsyncIterator[bytes], fault: Fault, plan: FaultPlan) -> Parting:  # noqa: ARG001
    left = fault.params["after_bytes"]
    while left > 0 and (piece := await anext(body, b"")):
        left -= len(piece)
    return Parting.RESET


async def _garble_request(client: Wire, body: AsyncIterator[bytes], fault: Fault, plan: FaultPlan) -> Parting:  # noqa: ARG001
    await client.send(GARBAGE)
    return Parting.CLOSE


async def _ignore_request(client: Wire, body: AsyncIterator[bytes], fault: Fault, plan: FaultPlan) -> Parting:
    """Swallow whatever the client sends; a client that hangs up ends the silence."""
    swallowing = asyncio.create_task(_swallow(client, body))
    await hold(plan, fault, fault.params["hold_s"], until=swallowing)
    swallowing.cancel()
    await asyncio.wait({swallowing})
    return Parting.CLOSE


async def _swallow(client: Wire, body: AsyncIterator[bytes]) -> None:
    with contextlib.suppress(OSError, WireError):
        async for _ in body:
            pass
        async for _ in client.rest():
            pass


#: Kinds in phase "before": the application never hears of the request.
BREAK_REQUEST: dict[str, Callable[[Wire, AsyncIterator[bytes], Fault, FaultPlan], Awaitable[Parting]]] = {
    "reset": _reset_request,
    "garbage": _garble_request,
    "no_answer": _ignore_request,
}
