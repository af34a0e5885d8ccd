"""A toy mock: each tenant counts parcels. The kit's own tests run on it, and its README shows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request

from mock_kit.app import WrappedApp, wrap
from mock_kit.evidence import MockDialect
from mock_kit.mock import DEFAULT_TENANT, Mock
from mock_kit.server import main
from mock_kit.tenants import MockTenant, Tenants
from mock_kit.tenants.spool import Blob, read_blob

DIALECT = MockDialect("""
[greeting]
behaviour = "how a parcel is greeted"
value = "hello"
label = "assumed"
source = "most people say so"
test = "mocks/kit/tests/test_control.py::test_a_switch_is_changed_in_one_tenant"

["parcel.counted"]
behaviour = "A parcel is counted once it has arrived."
label = "own"
source = "the toy's own rule"
test = "mocks/kit/tests/test_app.py::test_evidence_is_counted_in_its_tenant"
""")


@dataclass(kw_only=True)
class ParcelTenant(MockTenant):
    """One depot; its host name is its key."""

    host: str
    parcels: list[Blob] = field(default_factory=list)


def create_app(data_dir: Path) -> WrappedApp[ParcelTenant]:
    """The toy with one tenant, ``default``, at host ``depot.example``."""
    tenants: Tenants[ParcelTenant] = Tenants()

    def create_tenant(body: dict[str, Any]) -> ParcelTenant:
        dialect = mock.dialect_of(body)
        parts = MockTenant.parts(body["name"], data_dir, dialect, ids_seed=body.get("ids_seed"))
        tenant = ParcelTenant(**parts, host=body["host"])
        return tenants.add(tenant, [tenant.host])

    mock = Mock(
        name="parcel counter",
        tenants=tenants,
        tenant_of=lambda request: tenants.find(request.host.partition(":")[0]),
        create_tenant=create_tenant,
        reset_tenant=lambda tenant: tenant.parcels.clear(),
        dialect=DIALECT,
    )
    create_tenant({"name": DEFAULT_TENANT, "host": "depot.example"})
    return wrap(routes(mock), mock)


def routes(mock: Mock[ParcelTenant]) -> Flask:
    """The neighbour's own addresses."""
    app = Flask("parcel_mock")

    @app.post("/parcels")
    def take() -> tuple[Response, int]:
        with mock.tenant().spool.writer() as file:
            while piece := request.stream.read(65536):
                file.write(piece)
        mock.tenant().parcels.append(file.blob)
        mock.evidence.touch("parcel.counted")
        return jsonify(count=len(mock.tenant().parcels), sha256=file.blob.sha256), 201

    @app.get("/parcels/<int:number>")
    def give(number: int) -> Response:
        blob = mock.tenant().parcels[number - 1]
        headers = {"Content-Length": str(blob.size_bytes)}
        return Response(read_blob(blob), headers=headers, mimetype="application/octet-stream")

    @app.get("/parcels")
    def count() -> Response:
        return jsonify(count=len(mock.tenant().parcels))

    @app.post("/refuse")
    def refuse() -> tuple[Response, int]:
        return jsonify(error="not today"), 403

    @app.get("/stream")
    def stream() -> Response:
        return Response(numbered(int(request.args.get("pieces", "3"))), mimetype="text/plain")

    return app


def numbered(pieces: int) -> Iterator[bytes]:
    """Eight digits a piece, without a declared length."""
    for number in range(pieces):
        yield b"%08d" % number


if __name__ == "__main__":
    main("parcel_mock:create_app", prog="parcel_mock", arguments=[("--motto", "any text")])
