"""A toy mock: each world counts parcels. The kit's own tests run on it, and its README shows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request

from mock_kit.app import Mock, WrappedApp, wrap
from mock_kit.evidence import Evidence, EvidenceBook
from mock_kit.mock import DEFAULT_WORLD
from mock_kit.server import main
from mock_kit.spool import Blob, read_blob
from mock_kit.tenants import World, Worlds

BOOK = EvidenceBook(
    (Evidence("parcel.counted", "A parcel is counted once it has arrived.", "own", "the toy's own rule"),)
)


@dataclass(kw_only=True)
class ParcelWorld(World):
    """One depot; its host name is its key."""

    host: str
    parcels: list[Blob] = field(default_factory=list)


def create_app(data_dir: Path) -> WrappedApp[ParcelWorld]:
    """The toy with one world, ``default``, at host ``depot.example``."""
    worlds: Worlds[ParcelWorld] = Worlds()

    def create_world(body: dict[str, Any]) -> ParcelWorld:
        dialect = mock.dialect_of(body)
        parts = World.parts(body["name"], data_dir, dialect, ids_seed=body.get("ids_seed"))
        world = ParcelWorld(**parts, host=body["host"])
        return worlds.add(world, [world.host])

    mock = Mock(
        name="parcel counter",
        worlds=worlds,
        world_of=lambda request: worlds.find(request.host.partition(":")[0]),
        create_world=create_world,
        reset_world=lambda world: world.parcels.clear(),
        evidence=BOOK,
        dialect={"greeting": "hello"},
    )
    create_world({"name": DEFAULT_WORLD, "host": "depot.example"})
    return wrap(routes(mock), mock)


def routes(mock: Mock[ParcelWorld]) -> Flask:
    """What the neighbour would answer to."""
    app = Flask("parcel_counter")

    @app.post("/parcels")
    def take() -> tuple[Response, int]:
        with mock.world().spool.writer() as file:
            while piece := request.stream.read(65536):
                file.write(piece)
        mock.world().parcels.append(file.blob)
        mock.evidence.touch("parcel.counted")
        return jsonify(count=len(mock.world().parcels), sha256=file.blob.sha256), 201

    @app.get("/parcels/<int:number>")
    def give(number: int) -> Response:
        blob = mock.world().parcels[number - 1]
        headers = {"Content-Length": str(blob.size_bytes)}
        return Response(read_blob(blob), headers=headers, mimetype="application/octet-stream")

    @app.get("/parcels")
    def count() -> Response:
        return jsonify(count=len(mock.world().parcels))

    @app.post("/refuse")
    def refuse() -> tuple[Response, int]:
        return jsonify(error="not today"), 403

    @app.get("/stream")
    def stream() -> Response:
        return Response(numbered(int(request.args.get("pieces", "3"))), mimetype="text/plain")

    return app


def numbered(pieces: int) -> Iterator[bytes]:
    """Eight digits a piece, and no length told beforehand."""
    for number in range(pieces):
        yield b"%08d" % number


if __name__ == "__main__":
    main("parcel_counter:create_app", prog="parcel_counter", arguments=[("--motto", "any text")])
