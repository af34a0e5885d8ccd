"""``/_mock/snapshot``: a tenant's state as one archive, and a tenant that is given such a state.

The archive is a zip file: ``state.json`` and the tenant's files below ``files/``. It holds no secret: credentials are
those of the tenant into which it is read. Journal, planned faults, tokens and sessions are not in it.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from typing import IO

from flask import Blueprint, Response, jsonify, request

from mock_kit.http.guard import takes_files
from mock_kit.http.pieces import PIECE_BYTES, pieces_of
from mock_kit.http.problem import FieldError, Problem, bad_request
from mock_kit.mock import Mock
from mock_kit.tenants import MockTenant, TenantState, W
from mock_kit.tenants.spool import Blob

FORMAT = 1
STATE = "state.json"
FILES = "files/"
#: Larger archives are kept on disk while they are written or read.
IN_MEMORY_BYTES = 4 * 1024 * 1024


def add_snapshots(bp: Blueprint, mock: Mock[W]) -> None:
    """Add the two routes."""

    @bp.get("/snapshot")
    def save() -> Response:
        """The tenant's state as a zip file."""
        archive = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115 - closed once it is sent
        _write(archive, mock.name, mock.current_tenant())
        size_bytes = archive.tell()
        archive.seek(0)
        headers = {"Content-Length": str(size_bytes)}
        return Response(_sent(archive), mimetype="application/zip", headers=headers)

    @bp.put("/snapshot")
    @takes_files
    def restore() -> Response:
        """The body replaces the tenant's state; its credentials stay. 400 for what is no snapshot, or not whole."""
        tenant = mock.current_tenant()
        with tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES) as archive:
            for piece in pieces_of(request.stream):
                archive.write(piece)
            archive.seek(0)
            try:
                with zipfile.ZipFile(archive) as opened:
                    _read(opened, mock.name, tenant)
            except (zipfile.BadZipFile, KeyError, TypeError, ValueError, AttributeError, EOFError) as exc:
                raise _refused(f"a snapshot of the mock {mock.name}, format {FORMAT}", type(exc).__name__) from exc
        return jsonify(tenant=tenant.name, status="restored")


def _sent(archive: IO[bytes]) -> Iterator[bytes]:
    with archive:
        yield from pieces_of(archive)


def _write(archive: IO[bytes], mock_name: str, tenant: MockTenant) -> None:
    saved = tenant.saved_state()
    document = {
        "format": FORMAT,
        "mock": mock_name,
        "clock_offset_s": tenant.clock.offset_s,
        "ids": tenant.ids.state(),
        "evidence": tenant.evidence_hits(),
        "files": {name: blob.sha256 for name, blob in saved.files.items()},
        "state": saved.state,
    }
    # Every secret that the tenant knows is masked, wherever a person has written it.
    text = tenant.journal.masker.literal(json.dumps(document, ensure_ascii=False))
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr(STATE, text.encode("utf-8", "surrogatepass"))
        for name, blob in saved.files.items():
            with blob.path.open("rb") as source, opened.open(FILES + name, "w", force_zip64=True) as target:
                shutil.copyfileobj(source, target, PIECE_BYTES)


def _read(opened: zipfile.ZipFile, mock_name: str, tenant: MockTenant) -> None:
    """Everything is checked before the tenant changes."""
    document = json.loads(opened.read(STATE).decode("utf-8", "surrogatepass"))
    if (document["format"], document["mock"]) != (FORMAT, mock_name):
        found = f"format {document['format']} of the mock {document['mock']}"
        raise _refused(f"format {FORMAT} of the mock {mock_name}", found)
    if damaged := opened.testzip():
        raise _refused("a file that is whole", damaged)
    tenant.reset_basics()
    tenant.ids.restore(document["ids"])
    tenant.clock.advance(document["clock_offset_s"])
    tenant.restore_evidence_hits(document["evidence"])
    files = {name: _stored(opened, name, digest, tenant) for name, digest in document["files"].items()}
    tenant.restore_state(TenantState(state=document["state"], files=files))
    tenant.settings_changed()


def _stored(opened: zipfile.ZipFile, name: str, digest: str, tenant: MockTenant) -> Blob:
    with opened.open(FILES + name) as source:
        blob = tenant.spool.store(pieces_of(source))
    if blob.sha256 != digest:
        raise _refused(f"{name} with the digest {digest}", blob.sha256)
    return blob


def _refused(expected: str, found: str) -> Problem:
    error = FieldError("body", expected, "Send what GET /_mock/snapshot of the same mock returned.", found)
    return bad_request("This is no snapshot that can be read.", error)
