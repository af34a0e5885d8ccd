"""A wall between requests that need the database and the server's threads: one that hangs must not take them all.

Without it a database that answers nothing (a cut network, a frozen host) holds every thread, ``/healthz`` gets none,
and the platform restarts a process that is well.
"""

from __future__ import annotations

import threading

from flask import Flask, g, request

from attachment_transfer.ingress.problems import Problem

#: What answers without the database.
_FREE = frozenset({"/healthz", "/openapi.json"})


class Bulkhead:
    """So many requests at once; one more waits ``patience_s`` seconds for a place, and then nobody waits any more.

    Waiting begins again with the first request that ends: until then the database is taken to hang, and every request
    is refused at once, so that all other threads stay free.
    """

    def __init__(self, *, places: int, patience_s: float) -> None:
        self._places = threading.BoundedSemaphore(places)
        self._patience_s = patience_s
        self._hangs = False

    def enter(self) -> bool:
        """True with a place, False without."""
        if self._places.acquire(timeout=0 if self._hangs else self._patience_s):
            return True
        self._hangs = True
        return False

    def leave(self) -> None:
        """Give the place back."""
        self._hangs = False
        self._places.release()


def guard(app: Flask, bulkhead: Bulkhead) -> None:
    """Let every request of ``app`` take a place first, save those that need no database."""

    @app.before_request
    def enter() -> None:
        if request.path in _FREE:
            return
        if not bulkhead.enter():
            raise Problem(
                503,
                "The service cannot record the request now",
                "The database does not answer; nothing was kept. Send it again.",
                headers={"Retry-After": "5"},
            )
        g.has_place = True

    @app.teardown_request
    def leave(_exc: BaseException | None) -> None:
        if g.pop("has_place", False):
            bulkhead.leave()
