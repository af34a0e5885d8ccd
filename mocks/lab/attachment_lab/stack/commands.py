"""The exact command and environment of each process of the stack."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attachment_lab.evidence.dialect_file import DialectFile
from attachment_lab.stack import egress
from attachment_lab.stack.ports import LOOPBACK, Ports
from attachment_lab.stack.processes import Command
from attachment_lab.stack.ready_file import ALLOW_LIST_NAME
from attachment_lab.tenant.credentials import AUDIENCE, TenantNames

#: The console reads its settings, secrets included, from this one variable.
CONSOLE_VARIABLE = "ATTACHMENT_LAB_CONSOLE"
INSTRUMENTATION = "ATTACHMENT_LAB_INSTRUMENTATION"
#: Holds a ``sitecustomize`` and nothing else.
BOOTSTRAP = Path(__file__).parents[1] / "recorder" / "bootstrap"
#: What a mock answers to a planned wire fault where the service's egress map bypasses the fault proxies.
PROXY_BYPASSED = (
    "the service reaches the mock itself, not its fault proxy; start the stack with `attachment-lab up --fault-proxy`"
)
#: In the run directory: plans a crash point of the service (its ``runtime/crash_points.py``); usually absent.
CRASH_NAME = "crash.json"


def mock(name: str, ports: Ports, run_dir: Path, *, collector: str = "", fault_proxy: bool = True) -> Command:
    """One of the three mocks.

    Args:
        name: orchestration, cmi or c4c.
        collector: address to which the process reports its exchanges; empty = no recorder.
        fault_proxy: without, the mock answers to every planned wire fault that it has no effect, and what would help.
    """
    arguments = [
        *("--host", LOOPBACK),
        *("--port", str(getattr(ports, name))),
        *("--fault-proxy-port", str(getattr(ports, f"{name}_fault_proxy"))),
        *("--data", str(run_dir / name)),
    ]
    if name == "orchestration":
        arguments += ["--egress", egress.everything(ports)]
    if not fault_proxy:
        arguments += ["--fault-proxy-bypassed", PROXY_BYPASSED]
    if collector:
        arguments.append("--recorder")
    return Command(name=name, module=f"{name}_mock", arguments=arguments, environment=instrumented(collector))


def instrumented(collector: str) -> dict[str, str]:
    """The environment in which a process reports what it exchanges to ``collector`` (``recorder.instrumentation``)."""
    if not collector:
        return {}
    path = [str(BOOTSTRAP), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {INSTRUMENTATION: collector, "PYTHONPATH": os.pathsep.join(path)}


def allow_list(run_dir: Path) -> Path:
    """The service's allow-list file: the exact hosts and issuers of the open tenants."""
    return run_dir / ALLOW_LIST_NAME


def edge(ports: Ports, run_dir: Path, *, fault_proxy: bool, service: str = "") -> Command:
    """The edge proxy, between the service or the event engine and everything that a tenant's addresses name.

    ``service``: the base address of one that is not ours.
    """
    arguments = [
        *("--host", LOOPBACK),
        *("--port", str(ports.edge)),
        *("--edge-port", str(ports.edge_proxy)),
        *("--data", str(run_dir / "edge")),
    ]
    for name, base in egress.edge_targets(ports, fault_proxy=fault_proxy, service=service).items():
        arguments += ["--target", f"{name}={base}"]
    return Command(name="edge", module="mock_kit.edge", arguments=arguments, environment={})


def service(
    ports: Ports,
    run_dir: Path,
    *,
    clock_file: Path,
    sealing_key: str,
    extra: Mapping[str, str],
    dialect: DialectFile | None = None,
) -> Command:
    """The transfer service, embedded: one API process and one worker process on SQLite.

    Times and checks are those of production: what takes long is skipped by moving the clock.
    """
    settings = {
        "HOST": LOOPBACK,
        "PORT": str(ports.service),
        "LAB_MODE": "1",
        "EGRESS_MAP": egress.everything(ports),
        "TOKEN_AUDIENCE": AUDIENCE,
        "ALLOWED_HOSTS": "",
        "ALLOW_LIST_FILE": str(allow_list(run_dir)),
        "SEALING_KEYS": sealing_key,
        "LAB_CLOCK_FILE": str(clock_file),
        "LAB_CRASH_FILE": str(clock_file.with_name(CRASH_NAME)),
    }
    if dialect is not None:
        settings["DIALECT_FILE"] = str(dialect.path)
    environment = {f"ATTACHMENT_TRANSFER_{name}": value for name, value in settings.items()}
    environment["DATABASE_URL"] = f"sqlite:///{run_dir / 'service.db'}"
    return Command(
        name="service",
        module="attachment_transfer",
        arguments=["run"],
        environment=environment | dict(extra),
    )


def console(ports: Ports, urls: Mapping[str, str], tenant: TenantNames, control: Mapping[str, Any]) -> Command:
    """The console; ``control`` says what it may do to the stack itself (``StackControl`` of the console, as JSON)."""
    settings = json.dumps({"urls": dict(urls), "tenant": tenant.to_json(), "control": dict(control)})
    return Command(
        name="console",
        module="attachment_lab.console",
        arguments=["--host", LOOPBACK, "--port", str(ports.console)],
        environment={CONSOLE_VARIABLE: settings},
    )
