"""Runs a mock as a process: granian (WSGI) with one worker, the fault proxy as a thread inside that worker.

The process you start supervises; the worker serves. SIGTERM or Ctrl-C to the first ends both quickly and
silently, and a worker whose supervisor was killed ends as well.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from mock_kit.app import WrappedApp
from mock_kit.faults.fault_proxy import FaultProxy
from mock_kit.http.bulkhead import SERVER_THREADS
from mock_kit.http.guard import Guard
from mock_kit.http.tls import TlsListener, TlsSettings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_DISTRIBUTION = "attachment-lab"
#: Where the worker finds the settings: JSON.
_VARIABLE = "MOCK_PROCESS"
#: A worker that has not stopped by then is killed; planned delays are released long before.
_KILL_AFTER_S = 3
#: How often a worker checks that its supervisor lives, in seconds.
_CHECK_EVERY_S = 0.25


class AddressInUse(Exception):
    """Another process listens on the port."""


@dataclass(frozen=True, kw_only=True)
class ProcessSettings:
    """What the command line says. It travels in the environment: no secret in it.

    Attributes:
        target: ``module:factory``; ``factory(data_dir)`` makes a wrapped app.
        fault_proxy_port: None without a fault proxy.
        tls_port: for https, relayed to the fault proxy if there is one; None without.
        tls_certificate: PEM file with the certificate chain and its key.
        recorder: keep whole exchanges.
        fault_proxy_bypassed: why callers do not use the fault proxy; empty: they may.
        control_host: names by which programs reach ``/_mock`` and the configurators, besides those of loopback.
        extra: plain JSON for the factory, which reads it with ``extra()``.
    """

    target: str
    host: str
    port: int
    data: str
    fault_proxy_port: int | None = None
    tls_port: int | None = None
    tls_certificate: str | None = None
    recorder: bool = False
    fault_proxy_bypassed: str = ""
    control_host: Sequence[str] = ()
    extra: dict[str, Any] = field(default_factory=dict)
    supervisor: int = field(default_factory=os.getpid)

    @classmethod
    def of_worker(cls) -> ProcessSettings:
        """Those of the process that started this worker."""
        return cls(**json.loads(os.environ[_VARIABLE]))

    @property
    def tls(self) -> TlsSettings | None:
        """The listener for https."""
        if self.tls_port is None or self.tls_certificate is None:
            return None
        return TlsSettings(port=self.tls_port, certificate=Path(self.tls_certificate))


def extra() -> dict[str, Any]:
    """The mock's own options on the command line; empty outside a served process."""
    return ProcessSettings.of_worker().extra if _VARIABLE in os.environ else {}


def serve(settings: ProcessSettings, loader: Callable[[str], WSGIApplication] | None = None) -> None:
    """Serve until SIGTERM or SIGINT. Raises AddressInUse.

    ``loader`` runs in the worker and makes the application, for a process that is no mock; see ``begin_worker``.
    """
    for wanted in (settings.port, settings.fault_proxy_port, settings.tls_port):
        if wanted is not None:
            refuse_port_in_use(settings.host, wanted)
    os.environ[_VARIABLE] = json.dumps(asdict(settings))
    Path(settings.data).mkdir(mode=0o700, parents=True, exist_ok=True)
    server = Granian(
        settings.target,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=SERVER_THREADS,
        websockets=False,
        log_level=LogLevels.error,
        workers_kill_timeout=_KILL_AFTER_S,
    )
    server.serve(target_loader=loader or _load)


def refuse_port_in_use(host: str, port: int) -> None:
    """The server would share a port in use silently (SO_REUSEPORT). Raises AddressInUse."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as exc:
            raise AddressInUse(f"{host}:{port} cannot be listened on: {exc.strerror}") from exc


def begin_worker() -> tuple[ProcessSettings, Watch]:
    """First in every worker: its settings, and the watch that sees its signals and its supervisor's end."""
    with contextlib.suppress(OSError):
        os.setpgid(0, 0)  # Ctrl-C goes to the supervisor alone
    settings = ProcessSettings.of_worker()
    # Granian copies the environment into every request, where HTTP_PROXY would pass for a header.
    for name in [name for name in os.environ if name.startswith("HTTP_")]:
        del os.environ[name]
    return settings, Watch(settings.supervisor)


def _load(target: str) -> WSGIApplication:
    """Runs in the worker: build the application, start the fault proxy and the watch. Its result is served."""
    settings, stop = begin_worker()
    module, _, factory = target.partition(":")
    app: WrappedApp[Any] = getattr(importlib.import_module(module), factory)(Path(settings.data))
    app.mock.recording = settings.recorder
    app.mock.proxy_bypassed = settings.fault_proxy_bypassed
    app.mock.guard = Guard.reached_by(settings.control_host, listening_at=settings.host)
    stop.call(app.mock.release_all)
    _start_listeners(app, settings, stop)
    return app


def _start_listeners(app: WrappedApp[Any], settings: ProcessSettings, stop: Watch) -> None:
    """The fault proxy, and TLS in front of it or of the application."""
    host, port, mock = settings.host, settings.port, app.mock
    if settings.fault_proxy_port is not None:
        wanted = settings.fault_proxy_port
        proxy = FaultProxy(mock.struck_tenant, mock.fault_proxy_key, host=host, port=wanted, app_port=port)
        proxy.start()
        stop.call(proxy.stop)
        port = mock.fault_proxy_port = proxy.port
    if settings.tls is not None:
        listener = TlsListener(settings.tls, host=host, target_port=port)
        listener.start()
        stop.call(listener.stop)


class Watch:
    """A thread that sees the worker's signals, even those that the server handles, and its supervisor's end."""

    def __init__(self, supervisor: int) -> None:
        self._listeners: list[Callable[[], None]] = []
        self._supervisor = supervisor
        self._signals, wake_up = socket.socketpair()
        wake_up.setblocking(False)
        self._wake_up = wake_up
        # The server installs its own handlers later; the wake-up descriptor gets every signal even so.
        signal.set_wakeup_fd(wake_up.fileno(), warn_on_full_buffer=False)
        self._signals.settimeout(_CHECK_EVERY_S)
        threading.Thread(target=self._run, name="mock-watch", daemon=True).start()

    def call(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` once the worker gets a signal to stop."""
        self._listeners.append(listener)

    def _run(self) -> None:
        while os.getppid() == self._supervisor:
            with contextlib.suppress(TimeoutError):
                if set(self._signals.recv(16)) & {signal.SIGTERM, signal.SIGINT}:
                    for listener in self._listeners:
                        listener()
        os._exit(0)


def main(
    target: str,
    *,
    prog: str,
    arguments: Sequence[tuple[str, str]] = (),
    switches: Sequence[tuple[str, str]] = (),
    argv: Sequence[str] | None = None,
) -> None:
    """The command line every mock has, see ``--help``. Exits 2 for wrong use.

    ``arguments`` are further options as (flag, help); their values reach the factory through ``extra()``
    under the flag's name (``--some-thing`` → ``some_thing``). ``switches`` are options without a value: True if given.
    """
    parser = _parser(prog)
    for flag, text in arguments:
        parser.add_argument(flag, help=text)
    for flag, text in switches:
        parser.add_argument(flag, action="store_true", help=text)
    given = vars(parser.parse_args(argv))
    own = {name: given.pop(name) for flag, _ in (*arguments, *switches) if (name := flag[2:].replace("-", "_"))}
    temporary = None if given["data"] else tempfile.mkdtemp(prefix=f"{prog}-")
    given["data"] = given["data"] or temporary
    settings = ProcessSettings(target=target, extra={n: v for n, v in own.items() if v is not None}, **given)
    try:
        _check(parser, settings)
        serve(settings)
    except AddressInUse as exc:
        sys.exit(f"{prog}: {exc}")
    except KeyboardInterrupt:
        sys.exit(0)
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


class ShowVersion(argparse.Action):
    """``--version``: the version of the distribution that the mocks belong to."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print it and exit 0."""
        from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - for --version alone

        try:
            installed = version(_DISTRIBUTION)
        except PackageNotFoundError:
            installed = "(not installed: run from its source)"
        sys.stdout.write(f"{parser.prog} {installed}\n")
        parser.exit()


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=prog)
    add = parser.add_argument
    add("--version", action=ShowVersion, nargs=0, dest=argparse.SUPPRESS, help="show the version")
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add("--port", type=int, required=True, help="port of the mock")
    add("--fault-proxy-port", type=int, help="port of the fault proxy; none without it")
    add("--tls-port", type=int, help="port for https; none without it")
    add("--tls-certificate", help="PEM file with the certificate chain and key for https")
    add("--data", help="directory for files; a temporary one without it")
    add("--recorder", action="store_true", help="keep whole exchanges for /_mock/recorder (for tests)")
    bypassed = "why callers do not use the fault proxy port; shown with every planned wire fault"
    add("--fault-proxy-bypassed", default="", metavar="WHY", help=bypassed)
    names = "a name, besides localhost, by which programs reach /_mock and the configurators; may be repeated"
    add("--control-host", action="append", default=[], help=names)
    return parser


def _check(parser: argparse.ArgumentParser, settings: ProcessSettings) -> None:
    """Report here what would otherwise end a worker: host names, and the certificate."""
    try:
        Guard.reached_by(settings.control_host)
    except ValueError as exc:
        parser.error(f"--control-host: {exc}")
    if (settings.tls_port is None) != (settings.tls_certificate is None):
        parser.error("--tls-port and --tls-certificate go together: give both")
    try:
        _ = settings.tls and settings.tls.context()
    except OSError as exc:  # ssl.SSLError is one
        remedy = "a PEM file with certificate and key"
        parser.error(f"--tls-certificate {settings.tls_certificate}: {exc.strerror or exc}: {remedy}")
