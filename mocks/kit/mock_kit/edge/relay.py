"""One request to its target and the reply back, byte for byte, both ways as streams.

Each request has a connection of its own to its target: two requests on one connection of a client may belong to two
targets, and a fault that breaks one exchange breaks nothing else. Both sides' bytes are passed on as they came, with
their own Connection header; the target's connection is closed once its reply is over, which a client does not see.
A broken connection is passed on as it broke: a reset is a reset, an end is an end.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from mock_kit.edge.framing import BadMessage, ReplyFraming, RequestFraming
from mock_kit.edge.registry import Target
from mock_kit.edge.streams import ReadAhead
from mock_kit.faults.wire_faults import ConnectionEnd
from mock_kit.http.wire import WireConnection, WireError

#: A body that still flows when the reply is over has this long before the connection is closed, in seconds.
_LAST_BYTES_S = 0.5


class Relay:
    """One exchange."""

    def __init__(self, client: ReadAhead, request: RequestFraming, target: Target) -> None:
        self._client = client
        self._request = request
        self._target = target
        self._replied = False
        self._client_gone = False

    async def run(self, head: bytes) -> ConnectionEnd:
        """Relay, and say how the client's connection goes on. ``head``: the request's, as the target will see it.

        Raises BadMessage for a body whose framing cannot be read, if no byte of a reply was sent yet.
        """
        try:
            upstream = await WireConnection.connect(self._target.host, self._target.port)
        except OSError:
            return ConnectionEnd.RESET
        feeder = asyncio.create_task(self._feed(upstream, head))
        reply = asyncio.create_task(self._reply(upstream))
        tasks: set[asyncio.Task[Any]] = {feeder, reply}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if not reply.done() and (cause := await feeder) is not None:
                return self._broken_off(cause)
            end = await reply
            if end is ConnectionEnd.KEEP_OPEN and not self._request.finished:
                await asyncio.wait({feeder}, timeout=_LAST_BYTES_S)
            unusable = end is ConnectionEnd.KEEP_OPEN and not self._request.keeps_open
            return ConnectionEnd.CLOSE if unusable else end
        finally:
            # Awaited: a socket must not be closed under a task that uses it.
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            if self._client_gone:
                upstream.reset()  # the target notices it as it would without this proxy
            upstream.drop()

    def _broken_off(self, cause: Exception) -> ConnectionEnd:
        """The client is gone, or its body cannot be read: the target sees a reset in both cases."""
        self._client_gone = True
        if isinstance(cause, BadMessage) and not self._replied:
            raise cause
        return ConnectionEnd.RESET

    async def _feed(self, upstream: WireConnection, head: bytes) -> Exception | None:
        """The request's bytes, then its client's end: the target sees what it would see without this proxy.

        Returns why the client's side broke off, or None.
        """
        with contextlib.suppress(OSError):  # the target does not read any more; its reply says why
            try:
                await upstream.send(head)
                while not self._request.finished:
                    if not (piece := await self._client.receive()):
                        upstream.end_sending()
                        return None
                    body, rest = self._request.take(piece)
                    self._client.put_back(rest)
                    await upstream.send(body)
                await self._watch(upstream)
            except (WireError, BadMessage) as exc:
                return exc
        return None

    async def _watch(self, upstream: WireConnection) -> None:
        """Until the client ends, or sends its next request before it has this one's reply."""
        piece = await self._client.receive()
        self._client.put_back(piece)
        if not piece:
            upstream.end_sending()

    async def _reply(self, upstream: WireConnection) -> ConnectionEnd:
        framing = ReplyFraming(self._request.head.method)
        while not framing.finished:
            try:
                piece = await upstream.receive()
            except WireError:
                return ConnectionEnd.RESET
            if not piece:
                return ConnectionEnd.CLOSE
            framing.take(piece)
            self._replied = True
            try:
                await self._client.send(piece)
            except OSError:
                self._client_gone = True
                return ConnectionEnd.RESET
        return ConnectionEnd.KEEP_OPEN if framing.keeps_open else ConnectionEnd.CLOSE
