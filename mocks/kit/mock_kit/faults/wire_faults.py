"""What a planned fault does to a connection. Each kind is one coroutine; the fault proxy ends the connection."""

from __future__ import annotations

import asyncio
import contextlib
import enum
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from mock_kit.faults import Fault, FaultPlan
from mock_kit.http.wire import Head, WireConnection, WireError, without_chunks

#: No status line, no TLS, no text: nothing a client could take for a reply.
GARBAGE = b"\x00\xff\xfe\x15\x03\x01 this is not HTTP \x9d\x80\x00\r\n\r\n\x01\x02"
_DRIPS_PER_S = 10


class ConnectionEnd(enum.Enum):
    """How a client's connection goes on after a request: open, closed in order, or reset."""

    KEEP_OPEN = enum.auto()
    CLOSE = enum.auto()
    RESET = enum.auto()


@dataclass
class WireReply:
    """The application's reply on its way: its head as it will stand on the wire, and its body."""

    head: bytes
    body: AsyncIterator[bytes]

    async def discard(self) -> None:
        """Let the application finish, and drop its body."""
        async for _ in self.body:
            pass


async def hold_connection(
    plan: FaultPlan, fault: Fault, seconds: float, until: asyncio.Task[None] | None = None
) -> None:
    """Wait ``seconds`` of wall time, until the fault is removed, or until ``until`` is done."""
    loop, released = asyncio.get_running_loop(), asyncio.Event()

    def release() -> None:
        loop.call_soon_threadsafe(released.set)

    with plan.woken(fault, release):
        waiting: set[asyncio.Task[Any]] = {loop.create_task(released.wait())}
        await asyncio.wait(waiting | ({until} if until else set()), timeout=seconds, return_when="FIRST_COMPLETED")
        for task in waiting:
            task.cancel()


async def pass_on(client: WireConnection, reply: WireReply) -> None:
    """No fault: the reply as it is."""
    await client.send(reply.head)
    async for piece in reply.body:
        await client.send(piece)


async def _lost(client: WireConnection, reply: WireReply, fault: Fault, plan: FaultPlan) -> ConnectionEnd:
    await reply.discard()
    return ConnectionEnd.RESET


async def _reset(client: WireConnection, reply: WireReply, fault: Fault, plan: FaultPlan) -> ConnectionEnd:
    count = fault.params["after_bytes"]
    await client.send(reply.head[:count])
    await _send_first(client, reply, count - len(reply.head))
    await client.emptied()
    return ConnectionEnd.RESET


async def _cut(client: WireConnection, reply: WireReply, fault: Fault, plan: FaultPlan) -> ConnectionEnd:
    await client.send(reply.head)
    await _send_first(client, reply, fault.params["after_bytes"])
    return ConnectionEnd.CLOSE


async def _send_first(client: WireConnection, reply: WireReply, count: int) -> None:
    """The first ``count`` bytes of the body; the rest is read and dropped, so that the work is done."""
    async for piece in reply.body:
        if count > 0:
            await client.send(piece[:count])
            count -= len(piece)


async def _drip(client: WireConnection, reply: WireReply, fault: Fault, plan: FaultPlan) -> ConnectionEnd:
    part = fault.params["part"]
    await _send_slowly(client, reply.head, fault, plan, is_slow=part != "body")
    async for piece in reply.body:
        await _send_slowly(client, piece, fault, plan, is_slow=part != "head")
    return ConnectionEnd.KEEP_OPEN


async def _send_slowly(client: WireConnection, piece: bytes, fault: Fault, plan: FaultPlan, *, is_slow: bool) -> None:
    rate = fault.params["bytes_per_s"]
    size = max(1, int(rate / _DRIPS_PER_S)) if is_slow else len(piece)
    for start in range(0, len(piece), size or 1):
        drop = piece[start : start + size]
        await client.send(drop)
        if is_slow:
            await hold_connection(plan, fault, len(drop) / rate)


async def _close_delimited(client: WireConnection, reply: WireReply, fault: Fault, plan: FaultPlan) -> ConnectionEnd:
    """RFC 9112, 6.3: without Content-Length and chunks the body ends where the connection does, early or not."""
    head = Head.parse(reply.head)
    plain = without_chunks(reply.body) if head.chunked else reply.body
    framing = {b"content-length", b"transfer-encoding", b"connection", b"keep-alive"}
    bare = WireReply(head.replaced(framing, [(b"Connection", b"close")]), plain)
    if fault.params["end"] == "complete":
        await pass_on(client, bare)
    else:
        await client.send(bare.head)
        await _send_first(client, bare, fault.params["keep_bytes"])
    return ConnectionEnd.CLOSE


async def _garbage(client: WireConnection, reply: WireReply, fault: Fault, plan: FaultPlan) -> ConnectionEnd:
    await reply.discard()
    await client.send(GARBAGE)
    return ConnectionEnd.CLOSE


async def _silence(client: WireConnection, reply: WireReply, fault: Fault, plan: FaultPlan) -> ConnectionEnd:
    await reply.discard()
    await hold_connection(plan, fault, fault.params["hold_s"])
    return ConnectionEnd.CLOSE


#: Kinds in phase "after": the application has done the work.
BREAK_REPLY: dict[str, Callable[[WireConnection, WireReply, Fault, FaultPlan], Awaitable[ConnectionEnd]]] = {
    "lost_answer": _lost,
    "reset": _reset,
    "cut": _cut,
    "drip": _drip,
    "close_delimited": _close_delimited,
    "garbage": _garbage,
    "no_answer": _silence,
}


async def _reset_request(
    client: WireConnection, body: AsyncIterator[bytes], fault: Fault, plan: FaultPlan
) -> ConnectionEnd:
    left = fault.params["after_bytes"]
    while left > 0 and (piece := await anext(body, b"")):
        left -= len(piece)
    return ConnectionEnd.RESET


async def _garble_request(
    client: WireConnection, body: AsyncIterator[bytes], fault: Fault, plan: FaultPlan
) -> ConnectionEnd:
    await client.send(GARBAGE)
    return ConnectionEnd.CLOSE


async def _ignore_request(
    client: WireConnection, body: AsyncIterator[bytes], fault: Fault, plan: FaultPlan
) -> ConnectionEnd:
    """Read and drop what the client sends; a client that closes ends the silence."""
    dropping = asyncio.create_task(_drop(client, body))
    await hold_connection(plan, fault, fault.params["hold_s"], until=dropping)
    dropping.cancel()
    await asyncio.wait({dropping})
    return ConnectionEnd.CLOSE


async def _drop(client: WireConnection, body: AsyncIterator[bytes]) -> None:
    with contextlib.suppress(OSError, WireError):
        async for _ in body:
            pass
        async for _ in client.rest():
            pass


#: Kinds in phase "before": the request never reaches the application.
BREAK_REQUEST: dict[
    str, Callable[[WireConnection, AsyncIterator[bytes], Fault, FaultPlan], Awaitable[ConnectionEnd]]
] = {
    "reset": _reset_request,
    "garbage": _garble_request,
    "no_answer": _ignore_request,
}
