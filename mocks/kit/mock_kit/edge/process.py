"""The edge proxy as a process: its control API as a mock's, the edge port as a thread inside the worker.

Supervised and ended as every mock is (``mock_kit.server``).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mock_kit.edge.authority import Authority
from mock_kit.edge.control import control_app
from mock_kit.edge.listener import EdgeListener
from mock_kit.edge.refused import RefusedRequests
from mock_kit.edge.registry import Registry, Target
from mock_kit.http.guard import Guard
from mock_kit.server import AddressInUse, ProcessSettings, ShowVersion, begin_worker, refuse_port_in_use, serve

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_PROGRAM = "mock_kit.edge"


def main(argv: Sequence[str] | None = None) -> None:
    """The command line, see ``--help``. Exits 2 for wrong use."""
    parser = _parser()
    given = parser.parse_args(argv)
    settings = _settings(parser, given)
    try:
        refuse_port_in_use(given.host, given.edge_port)
        serve(settings, load)
    except AddressInUse as exc:
        sys.exit(f"{_PROGRAM}: {exc}")
    except KeyboardInterrupt:
        sys.exit(0)


def load(_: str) -> WSGIApplication:
    """Runs in the worker: make the authority, listen on the edge port, and return the control application."""
    settings, watch = begin_worker()
    registry = Registry({target.name: target for target in map(Target.parse, settings.extra["targets"])})
    refused = RefusedRequests()
    authority = Authority(Path(settings.data))
    listener = EdgeListener(registry, authority, refused, host=settings.host, port=settings.extra["edge_port"])
    listener.start()
    watch.call(listener.stop)
    guard = Guard.reached_by(settings.control_host, listening_at=settings.host)
    return control_app(registry, refused, guard, edge_port=listener.port, ca_file=str(authority.file))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=_PROGRAM, description=__doc__)
    add = parser.add_argument
    add("--version", action=ShowVersion, nargs=0, dest=argparse.SUPPRESS, help="show the version")
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add("--port", type=int, required=True, help="port of the control API, /_mock")
    add("--edge-port", type=int, required=True, help="port for TLS, CONNECT and HTTP; 0: a free one, see /_mock/health")
    targets = "a process that routes may lead to; may be repeated"
    add("--target", action="append", default=[], metavar="NAME=http://HOST:PORT", help=targets)
    add("--data", required=True, help="directory for ca.pem, the certificate that clients must trust")
    names = "a name, besides localhost, by which programs reach /_mock; may be repeated"
    add("--control-host", action="append", default=[], help=names)
    return parser


def _settings(parser: argparse.ArgumentParser, given: argparse.Namespace) -> ProcessSettings:
    """Reports what would otherwise end a worker."""
    try:
        names = [Target.parse(text).name for text in given.target]
    except ValueError as exc:
        parser.error(f"--target {exc}")
    if twice := [name for name in names if names.count(name) > 1]:
        parser.error(f"--target {twice[0]} is given twice")
    try:
        Guard.reached_by(given.control_host)
    except ValueError as exc:
        parser.error(f"--control-host: {exc}")
    return ProcessSettings(
        target="",
        host=given.host,
        port=given.port,
        data=given.data,
        control_host=given.control_host,
        extra={"targets": given.target, "edge_port": given.edge_port},
    )
