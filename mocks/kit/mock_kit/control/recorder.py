"""``/_mock/recorder``: whole exchanges, for the traffic check; 409 unless the mock was started with ``--recorder``."""

from __future__ import annotations

import json

from flask import Blueprint, Response, request

from mock_kit.http.problem import FieldError, Problem
from mock_kit.journal.recorder import CapturedExchange, RecorderLog
from mock_kit.mock import Mock
from mock_kit.tenants import W

#: A page has at most this much text, in characters, but always at least one exchange.
PAGE_CHARS = 4 * 1024 * 1024


def add_recorder(bp: Blueprint, mock: Mock[W]) -> None:
    """The two routes: a tenant's exchanges, and those that belong to no tenant."""

    @bp.get("/recorder")
    def tenant_exchanges() -> Response:
        """Exchanges after ``since`` (an id), oldest first; ask again from ``last_id`` until it stays the same."""
        _refuse_unless_on(mock)
        return _page(mock.current_tenant().recorder)

    @bp.get("/recorder/strays")
    def stray_exchanges() -> Response:
        """The same for requests to no tenant."""
        _refuse_unless_on(mock)
        return _page(mock.stray_recorder)


def _refuse_unless_on(mock: Mock[W]) -> None:
    if not mock.recording:
        error = FieldError("--recorder", "the mock started with it", "Start the mock with --recorder.", "not given")
        raise Problem(409, "The recorder is off", "This mock does not keep whole exchanges.", [error])


def _page(log: RecorderLog) -> Response:
    since, room = request.args.get("since", 0, type=int), PAGE_CHARS
    page: list[CapturedExchange] = []
    for captured in log.list(since):
        if page and captured.kept_bytes > room:
            break
        room -= captured.kept_bytes
        page.append(captured)
    document = {
        "exchanges": [one.to_dict() for one in page],
        "last_id": page[-1].id if page else since,
        "dropped": log.dropped,
        "under_way": log.under_way,
    }
    # In ASCII, whatever the mock's own JSON setting is: bytes that are not UTF-8 are sent as lone surrogates.
    return Response(json.dumps(document), content_type="application/json")
