"""Limits how many requests use the database at once: a database that hangs must not block all of the server's threads.

Without it a database that does not answer (a cut network, a frozen host) blocks every thread, ``/healthz`` gets none,
and the platform restarts a healthy process. Callers and probes have slots of their own: neither waits for the other.
A caller's token is verified before it takes a slot, so that a stranger takes none.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from flask import Flask, g, request

from attachment_transfer.ingress.problems import ApiProblem

#: Probes that need the database.
_PROBES = frozenset({"/readyz", "/metrics"})
#: Prefixes of the paths by which callers use the database.
_FOR_CALLERS = ("/prod/", "/transfers")
_PROBES_AT_ONCE = 2


class Bulkhead:
    """A limit of ``places`` requests at once. One more waits ``patience_s`` seconds for a slot; after that none waits.

    Requests wait again after the first one that ends: until then the database is treated as hanging, and every request
    is refused at once, so that all other threads stay free.
    """

    def __init__(self, *, places: int, patience_s: float) -> None:
        self._places = threading.BoundedSemaphore(places)
        self._patience_s = patience_s
        self._hangs = False

    def enter(self) -> bool:
        """Take a slot. False if there is none."""
        if self._places.acquire(timeout=0 if self._hangs else self._patience_s):
            return True
        self._hangs = True
        return False

    def leave(self) -> None:
        """Release the slot."""
        self._hangs = False
        self._places.release()

    def for_probes(self) -> Bulkhead:
        """Another one, for probes, with the same waiting time."""
        return Bulkhead(places=_PROBES_AT_ONCE, patience_s=self._patience_s)


def guard(app: Flask, bulkhead: Bulkhead, *, identify: Callable[[], object]) -> None:
    """Let every request of ``app`` that needs the database take a slot first.

    Args:
        identify: verifies the present request's token; raises :class:`ApiProblem`.
    """
    probes = bulkhead.for_probes()

    @app.before_request
    def enter() -> None:
        if request.path in _PROBES:
            places = probes
        elif request.url_rule is not None and request.path.startswith(_FOR_CALLERS):
            identify()
            places = bulkhead
        else:
            return
        if not places.enter():
            raise ApiProblem(
                503,
                "The service cannot record the request now",
                "The database does not answer; nothing was recorded. Send it again.",
                headers={"Retry-After": "5"},
            )
        g.place = places

    @app.teardown_request
    def leave(_exc: BaseException | None) -> None:
        places: Bulkhead | None = g.pop("place", None)
        if places is not None:
            places.leave()
