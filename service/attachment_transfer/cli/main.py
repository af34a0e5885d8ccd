"""The command line. Exit codes: 0 good, 1 the thing checked failed, 2 wrong use."""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import threading
from dataclasses import asdict

import click
from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from attachment_contract.terminal import echo
from attachment_transfer import __version__
from attachment_transfer.cli.audit import service_audit, transfer_audit
from attachment_transfer.cli.migrate import migrate
from attachment_transfer.cli.support import fail, report_errors
from attachment_transfer.cli.support import settings as read_settings
from attachment_transfer.cli.transfers import transfers
from attachment_transfer.cli.upkeep import after_restore_command, keys, purge
from attachment_transfer.engine.wake_up import wake_up_pipe
from attachment_transfer.runtime import common, database_tasks, logs, worker_process
from attachment_transfer.runtime.config_check import findings_of
from attachment_transfer.runtime.settings import dialect_of_file, shipped_dialect
from attachment_transfer.runtime.supervisor import SupervisedProcess, end_with_supervisor, supervise

#: Connections that are open at once: those that never finish must leave some for a probe. Each costs a few kilobytes.
_MOST_CONNECTIONS = 8_192
#: How long a client may take to send the head of a request, in milliseconds.
_HEAD_WITHIN_MS = 10_000


@click.group()
@click.version_option(__version__, prog_name="attachment-transfer")
def main() -> None:
    """Carry the files of ended Contact Pro chats to their activities in SAP Service Cloud (C4C).

    Settings come from ATTACHMENT_TRANSFER_* and DATABASE_URL in the environment; see service/README.md.
    """


@main.command()
@report_errors
def serve() -> None:
    """Run the API process."""
    settings = read_settings()
    end_with_supervisor()
    _allow_connections()
    server = Granian(
        "attachment_transfer.runtime.api_process:serving_from_env",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGINL,
        workers=1,
        backlog=2048,
        backpressure=_MOST_CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=_HEAD_WITHIN_MS),
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=settings.drain_s or 1,
        websockets=False,
    )
    try:
        server.serve()
    except RuntimeError as exc:  # granian's error for a failed bind; it also logs a backtrace
        why = str(exc).splitlines()[0] if str(exc) else "cannot be opened"
        fail(
            f"the API's port {settings.port} on {settings.host}: {why}. End the program that uses it, or set "
            "ATTACHMENT_TRANSFER_PORT to a free port",
            1,
        )


@main.command()
@click.option("--standby", is_flag=True, help="Wait for the lock of a running worker instead of failing.")
@report_errors
def work(standby: bool) -> None:
    """Run a worker process."""
    settings = read_settings()
    common.observe(settings)
    end_with_supervisor()
    worker_process.run_worker(settings, stop=_stop_on_signals(), standby=standby)


@main.command()
@report_errors
def run() -> None:
    """Embedded mode: migrate, then one API process and one worker process under one supervisor."""
    settings = read_settings()
    logs.configure(settings.log_format)
    stop = _stop_on_signals()
    database_tasks.migrate_all(settings)
    with wake_up_pipe() as pipe:
        code = supervise(
            [SupervisedProcess("api", ["serve"], pipe), SupervisedProcess("worker", ["work", "--standby"], pipe)], stop
        )
    raise SystemExit(code)


for _command in (migrate, transfers, service_audit, purge, after_restore_command, keys):
    main.add_command(_command)
transfers.add_command(transfer_audit)


@main.command("check-config")
@click.option("--json", "as_text", is_flag=True, help="Machine-readable.")
def check_config(as_text: bool) -> None:
    """Read the settings and print everything that is wrong or unsafe in them."""
    findings = findings_of(os.environ)
    ok = not any(finding.severity == "error" for finding in findings)
    if as_text:
        click.echo(json.dumps({"ok": ok, "findings": [asdict(finding) for finding in findings]}))
    else:
        for finding in findings:
            echo(f"{finding.severity}: {finding.message}")
        if ok:
            click.echo(f"the settings are good, {len(findings)} warning(s)" if findings else "the settings are good")
    raise SystemExit(0 if ok else 1)


@main.command()
@click.option("--file", "path", default="", help="Check this dialect file and print the resulting entries.")
@report_errors
def dialect(path: str) -> None:
    """Print what the service assumes about its neighbours, with evidence labels, as JSON."""
    document = shipped_dialect()
    if path:
        for full, value in asdict(dialect_of_file(path)).items():
            section, _, name = full.partition("_")
            document[section][name]["value"] = value
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


def _allow_connections() -> None:
    """Raise the limit of open files, usually 1,024: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * _MOST_CONNECTIONS if hard == resource.RLIM_INFINITY else min(hard, 2 * _MOST_CONNECTIONS)
    if wanted > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


if __name__ == "__main__":
    sys.exit(main())
