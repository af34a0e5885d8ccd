"""A listener that runs on an asyncio loop in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from typing import Any


class LoopThread:
    """Runs ``serve``, which sets ``ready`` once connections are taken, until ``stop``."""

    def __init__(self, name: str) -> None:
        """``name`` is the thread's."""
        self.ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main: asyncio.Task[None] | None = None
        #: asyncio keeps no reference to a task: without this one a connection's task would be collected.
        self._connections: set[asyncio.Task[None]] = set()
        self._failed: OSError | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def open_connections(self) -> int:
        """How many connections have not ended."""
        return len(self._connections)

    def start(self) -> None:
        """Returns once connections are taken. OSError (``ssl.SSLError`` is one) if that cannot be."""
        self._thread.start()
        self.ready.wait()
        if self._failed is not None:
            raise self._failed

    def stop(self) -> None:
        """Close the port and every connection. May be called from any thread, and twice."""
        if self._loop is not None and self._main is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._main.cancel)
            self._thread.join(timeout=2)

    async def serve(self) -> None:
        """Take connections until it is cancelled."""
        raise NotImplementedError

    def take(self, connection: Coroutine[Any, Any, None]) -> None:
        """Serve one connection beside the others."""
        task = asyncio.create_task(connection)
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    def _run(self) -> None:
        try:
            with contextlib.suppress(asyncio.CancelledError):
                asyncio.run(self._start_serving())
        except OSError as exc:
            self._failed = exc
        finally:
            self.ready.set()

    async def _start_serving(self) -> None:
        self._loop, self._main = asyncio.get_running_loop(), asyncio.current_task()
        await self.serve()
