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
from collections.abc import Callable, Mapping, Sequence
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

_HOST = "MOCK_HOST"
_PORT = "MOCK_PORT"
_FAULT_PROXY_PORT = "MOCK_FAULT_PROXY_PORT"
_TLS_PORT = "MOCK_TLS_PORT"
_TLS_CERTIFICATE = "MOCK_TLS_CERTIFICATE"
_DATA_DIR = "MOCK_DATA_DIR"
_EXTRA = "MOCK_EXTRA"
_RECORDER = "MOCK_RECORDER"
_BYPASSED = "MOCK_PROXY_BYPASSED"
_CONTROL_HOSTS = "MOCK_CONTROL_HOSTS"
_SUPERVISOR = "MOCK_SUPERVISOR_PID"

#: A worker that has not stopped by then is killed; planned delays are released long before.
_KILL_AFTER_S = 3
_CONTROL_HOST_HELP = "a name, besides localhost, by which programs reach /_mock and the configurators; may be repeated"
#: How often a worker checks that its supervisor lives, in seconds.
_CHECK_EVERY_S = 0.25


_BYPASSED_HELP = "why callers do not use the fault proxy port; shown with every planned wire fault"


class AddressInUse(Exception):
    """Another process listens on the port."""


def serve(
    target: str,
    *,
    host: str,
    port: int,
    fault_proxy_port: int | None,
    data_dir: Path,
    tls: TlsSettings | None = None,
    extra: Mapping[str, Any] | None = None,
    recorder: bool = False,
    proxy_bypassed: str = "",
    control_hosts: Sequence[str] = (),
) -> None:
    """Serve until SIGTERM or SIGINT. ``target`` is ``module:factory``, ``factory(data_dir)`` a wrapped app.

    With ``tls`` it listens for https as well, and relays to the fault proxy if there is one.

    ``extra`` is plain JSON for the factory, which reads it with ``extra()``; never a secret, because it
    travels in the environment. ``recorder`` keeps whole exchanges. ``proxy_bypassed`` says why the callers do not come
    by the fault proxy. ``control_hosts`` are names by which programs reach ``/_mock`` and the configurators, besides
    those of loopback. Raises AddressInUse.
    """
    for wanted in (port, fault_proxy_port, tls.port if tls else None):
        if wanted is not None:
            _refuse_port_in_use(host, wanted)
    settings = {_HOST: host, _PORT: str(port), _DATA_DIR: str(data_dir), _SUPERVISOR: str(os.getpid())}
    settings |= {
        _FAULT_PROXY_PORT: str(fault_proxy_port or ""),
        _EXTRA: json.dumps(dict(extra or {})),
        _RECORDER: "1" * recorder,
    }
    settings |= {_TLS_PORT: str(tls.port) if tls else "", _TLS_CERTIFICATE: str(tls.certificate) if tls else ""}
    settings |= {_BYPASSED: proxy_bypassed}
    settings |= {_CONTROL_HOSTS: ",".join(control_hosts)}
    os.environ.update(settings)
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    server = Granian(
        target,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=SERVER_THREADS,
        websockets=False,
        log_level=LogLevels.error,
        workers_kill_timeout=_KILL_AFTER_S,
    )
    server.serve(target_loader=_load)


def extra() -> dict[str, Any]:
    """What ``serve`` was given as ``extra``; empty outside a served process."""
    return dict(json.loads(os.environ.get(_EXTRA, "{}")))


def _refuse_port_in_use(host: str, port: int) -> None:
    """The server would share a port in use silently (SO_REUSEPORT)."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as exc:
            raise AddressInUse(f"{host}:{port} cannot be listened on: {exc.strerror}") from exc


def _load(target: str) -> WSGIApplication:
    """Runs in the worker: build the application, start the fault proxy and the watch. Its result is served."""
    with contextlib.suppress(OSError):
        os.setpgid(0, 0)  # Ctrl-C goes to the supervisor alone
    stop = _Watch()
    # Granian copies the environment into every request, where HTTP_PROXY would pass for a header.
    for name in [name for name in os.environ if name.startswith("HTTP_")]:
        del os.environ[name]
    module, _, factory = target.partition(":")
    app: WrappedApp[Any] = getattr(importlib.import_module(module), factory)(Path(os.environ[_DATA_DIR]))
    app.mock.recording = os.environ[_RECORDER] == "1"
    app.mock.proxy_bypassed = os.environ[_BYPASSED]
    stop.call(app.mock.release_all)
    names = filter(None, os.environ[_CONTROL_HOSTS].split(","))
    app.mock.guard = Guard.reached_by(names, listening_at=os.environ[_HOST])
    host, port = os.environ[_HOST], int(os.environ[_PORT])
    if os.environ[_FAULT_PROXY_PORT]:
        proxy_port = int(os.environ[_FAULT_PROXY_PORT])
        mock = app.mock
        proxy = FaultProxy(mock.struck_tenant, mock.fault_proxy_key, host=host, port=proxy_port, app_port=port)
        proxy.start()
        stop.call(proxy.stop)
        port = mock.fault_proxy_port = proxy.port
    if os.environ[_TLS_PORT]:
        settings = TlsSettings(port=int(os.environ[_TLS_PORT]), certificate=Path(os.environ[_TLS_CERTIFICATE]))
        listener = TlsListener(settings, host=host, target_port=port)
        listener.start()
        stop.call(listener.stop)
    return app


class _Watch:
    """A thread that sees the worker's signals, even those that the server handles, and its supervisor's end."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[], None]] = []
        self._supervisor = int(os.environ[_SUPERVISOR])
        self._signals, wake_up = socket.socketpair()
        wake_up.setblocking(False)
        self._wake_up = wake_up
        # The server installs its own handlers later; the wake-up descriptor gets every signal even so.
        signal.set_wakeup_fd(wake_up.fileno(), warn_on_full_buffer=False)
        self._signals.settimeout(_CHECK_EVERY_S)
        threading.Thread(target=self._run, name="mock-watch", daemon=True).start()

    def call(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` once the worker is asked to stop."""
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
    parser = argparse.ArgumentParser(prog=prog)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, required=True, help="port of the mock")
    parser.add_argument("--fault-proxy-port", type=int, help="port of the fault proxy; none without it")
    parser.add_argument("--tls-port", type=int, help="port for https; none without it")
    parser.add_argument("--tls-certificate", type=Path, help="PEM file with the certificate chain and key for https")
    parser.add_argument("--data", type=Path, help="directory for files; a temporary one without it")
    parser.add_argument("--recorder", action="store_true", help="keep whole exchanges for /_mock/recorder (for tests)")
    parser.add_argument("--fault-proxy-bypassed", default="", metavar="WHY", help=_BYPASSED_HELP)
    parser.add_argument("--control-host", action="append", default=[], help=_CONTROL_HOST_HELP)
    for flag, text in arguments:
        parser.add_argument(flag, help=text)
    for flag, text in switches:
        parser.add_argument(flag, action="store_true", help=text)
    given = vars(parser.parse_args(argv))
    known = {name: given.pop(name) for name in ("host", "port", "fault_proxy_port", "data", "recorder")}
    bypassed = given.pop("fault_proxy_bypassed")
    tls = _tls(parser, given.pop("tls_port"), given.pop("tls_certificate"))
    control_hosts = _control_hosts(parser, given.pop("control_host"))
    data_dir = known["data"] or Path(tempfile.mkdtemp(prefix=f"{prog}-"))
    try:
        serve(
            target,
            host=known["host"],
            port=known["port"],
            fault_proxy_port=known["fault_proxy_port"],
            data_dir=data_dir,
            recorder=known["recorder"],
            proxy_bypassed=bypassed,
            tls=tls,
            control_hosts=control_hosts,
            extra={name: value for name, value in given.items() if value is not None},
        )
    except AddressInUse as exc:
        sys.exit(f"{prog}: {exc}")
    except KeyboardInterrupt:
        sys.exit(0)
    finally:
        if known["data"] is None:
            shutil.rmtree(data_dir, ignore_errors=True)


def _control_hosts(parser: argparse.ArgumentParser, names: Sequence[str]) -> Sequence[str]:
    """The names, checked here and not by a worker that dies."""
    try:
        Guard.reached_by(names)
    except ValueError as exc:
        parser.error(f"--control-host: {exc}")
    return names


def _tls(parser: argparse.ArgumentParser, port: int | None, certificate: Path | None) -> TlsSettings | None:
    """Both or neither; an unusable certificate is reported here, not by a worker that dies."""
    if port is None and certificate is None:
        return None
    if port is None or certificate is None:
        parser.error("--tls-port and --tls-certificate go together: give both")
    settings = TlsSettings(port=port, certificate=certificate)
    try:
        settings.context()
    except OSError as exc:  # ssl.SSLError is one
        parser.error(f"--tls-certificate {certificate}: {exc.strerror or exc}: a PEM file with certificate and key")
    return settings
