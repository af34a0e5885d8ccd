"""``POST /_mock/seed``: the body in OData's JSON, files included, becomes rows."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from c4c_mock.model import seeding
from c4c_mock.model.edm import UMBRELLA, services
from c4c_mock.model.errors import BadRequest
from c4c_mock.model.payloads import EntityPayload
from c4c_mock.model.rows import EntityRow
from c4c_mock.tenant import C4CTenant
from c4c_mock.wire.base64_stream import Base64Writer
from c4c_mock.wire.json_in import read_payload
from c4c_mock.wire.scanner import BodyScanner
from mock_kit.tenants.spool import Blob

_SKELETON_MAX_BYTES = 64 * 1024 * 1024


def seed_from(tenant: C4CTenant, pieces: Iterable[bytes]) -> list[EntityRow]:
    """Store what the body describes: all of it, or nothing. Raises BadRequest."""
    scanner = BodyScanner(
        lambda: Base64Writer(tenant.spool.writer(), lambda _size: None), skeleton_max_bytes=_SKELETON_MAX_BYTES
    )
    try:
        for piece in pieces:
            scanner.feed(piece)
        wanted = [_wanted(one, scanner.blobs) for one in _rows(scanner.finish())]
        with tenant.rows.all_or_nothing():
            return [seeding.seed(tenant.writer, payload, parent) for payload, parent in wanted]
    except BaseException:
        scanner.abort()
        with suppress(OSError):
            for blob in scanner.blobs:
                tenant.spool.discard(blob)
        raise


def _rows(body: object) -> list[Any]:
    rows = body.get("rows") if isinstance(body, dict) else None
    if not isinstance(rows, list):
        raise BadRequest('expected {"rows": [{"set", "parent"?, "values"}]}')
    return rows


def _wanted(one: object, blobs: list[Blob]) -> tuple[EntityPayload, str]:
    if not isinstance(one, dict) or not set(one) <= {"set", "parent", "values"}:
        raise BadRequest('a row: expected {"set", "parent"?, "values"}')
    eset = services()[UMBRELLA].sets.get(str(one.get("set")))
    if eset is None:
        raise BadRequest(f"set: no entity set {one.get('set')!r}")
    parent = one.get("parent", "")
    if not isinstance(parent, str):
        raise BadRequest("parent: expected the ObjectID of the owning row")
    return read_payload(one.get("values", {}), eset, blobs), parent
