"""The application: worlds, wire and control in the kit's frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask

from cmi_mock.dialect import defaults
from cmi_mock.evidence import BOOK
from cmi_mock.routes import forms
from cmi_mock.routes.control import control_blueprint
from cmi_mock.routes.objects import signed_address
from cmi_mock.routes.wire import wire_blueprint, world_of
from cmi_mock.tenant import CmiWorld, make_world
from mock_kit.app import WrappedApp, wrap
from mock_kit.mock import Mock
from mock_kit.tenants import Worlds


def create_app(data_dir: Path) -> WrappedApp[CmiWorld]:
    """The WSGI callable; attachments are spooled below ``data_dir``. No world exists at first."""
    worlds: Worlds[CmiWorld] = Worlds()

    def create_world(body: dict[str, Any]) -> CmiWorld:
        with forms.as_problems():
            world = make_world(forms.world_order(body), data_dir)
        return worlds.add(world, world.keys)

    mock: Mock[CmiWorld] = Mock(
        name="cmi",
        worlds=worlds,
        world_of=lambda request: world_of(worlds, request),
        create_world=create_world,
        reset_world=CmiWorld.reset,
        evidence=BOOK,
        dialect=defaults(),
        signed_address=lambda request: signed_address(mock, request),
    )
    app = Flask("cmi_mock", static_folder=None)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # Flask's default provider has it
    app.url_map.merge_slashes = False
    app.register_blueprint(control_blueprint(mock))
    app.register_blueprint(wire_blueprint(mock))
    return wrap(app, mock)
