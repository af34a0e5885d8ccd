"""A service that is not ours: started by its own command, or running at an address of this machine.

What the lab gives it and what it must do: ``contract_tests/conformance/README.md``. The lab uses no interface of it but
the endpoint.
"""

from __future__ import annotations

import ipaddress
import json
import os
import shlex
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from attachment_contract.gate.vocabulary import ENDPOINT_PATH
from attachment_lab.errors import StackFailed, WrongUse
from attachment_lab.reconciliation.quiet import QUIET_S
from attachment_lab.stack import egress
from attachment_lab.stack.ports import LOOPBACK, Ports
from attachment_lab.stack.processes import Command, StackProcess, StackProcesses
from attachment_lab.stack.progress import STALLED_S
from attachment_lab.stack.readiness import Readiness
from attachment_lab.tenant.credentials import AUDIENCE, ENDPOINT, REGION, SCOPE

#: In the run directory.
ENV_NAME, JSON_NAME = "service.env", "service.json"
#: Any tenant of the lab; a final ``*`` stands for the tenant's path.
ANY_ISSUER = f"https://login-{REGION}.cc.sinch.com/*"
#: The variables by which Python (ssl, requests), curl and Node find a CA file.
CA_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
#: How long a service that somebody else starts is waited for, in seconds.
WAIT_S = 600.0
POLL_S = 0.2
NEEDS_VERSION = 1
UNAUTHORISED = 401


@dataclass(frozen=True, kw_only=True)
class ForeignOptions:
    """Which service takes the place of ours; exactly one of ``url`` and ``command``.

    Attributes:
        url: its address, such as ``http://127.0.0.1:9000``; it is running, or it is started while the lab waits.
        command: how to start it, as in a shell but without one; its port is in the variable PORT.
        issuers: whose tokens it must accept; a final ``*`` stands for a tenant's path.
        env_file: where its environment is written besides the run directory.
        wait_s: how long a service at ``url`` is waited for, in seconds.
        quiet_s: a chat is at rest when nothing has moved for so long, in seconds; longer than the service's own pauses.
        folder: where ``command`` runs.
        announce: called when its needs are written, before it is waited for.
    """

    url: str = ""
    command: str = ""
    issuers: tuple[str, ...] = (ANY_ISSUER,)
    env_file: Path | None = None
    wait_s: float = WAIT_S
    quiet_s: float = QUIET_S
    folder: Path = field(default_factory=Path.cwd)
    announce: Callable[[ForeignService], None] = lambda _: None

    def __post_init__(self) -> None:
        """Raises WrongUse before anything is started."""
        if bool(self.url) == bool(self.command):
            raise WrongUse(
                "--service-url and --service-command exclude each other: name the running service or start it"
            )
        if self.command:
            _program(self.command, self.folder)
        else:
            _origin(self.url)


class ForeignService:
    """The service in the place of ours."""

    def __init__(self, options: ForeignOptions, ports: Ports, run_dir: Path) -> None:
        self.options = options
        self._ports = ports
        self._run_dir = run_dir
        #: Base address, without a path.
        self.url = _origin(options.url) if options.url else egress.url(ports.service)
        self.process: StackProcess | None = None

    @property
    def is_ours_to_kill(self) -> bool:
        """Whether the lab has started it, so that it can kill and start it again."""
        return bool(self.options.command)

    def needs(self) -> dict[str, Any]:
        """What the service needs to know, as JSON (``contract_tests/conformance/service_needs.schema.json``)."""
        return {
            "version": NEEDS_VERSION,
            "endpoint": {
                "url": f"{self.url}{ENDPOINT_PATH}",
                "port": urlsplit(self.url).port,
                "path": ENDPOINT_PATH,
                "called_as": ENDPOINT,
            },
            "tokens": {
                "issuers": [
                    {"issuer": each, "jwks_url": f"{each}/.well-known/jwks.json"} for each in self.options.issuers
                ],
                "audience": AUDIENCE,
                "scope": SCOPE.split()[0],
            },
            "network": {
                "https_proxy": egress.url(self._ports.edge_proxy),
                "no_proxy": f"{LOOPBACK},localhost",
                "ca_file": str(self._run_dir / "edge" / "ca.pem"),
            },
        }

    def environment(self) -> dict[str, str]:
        """The same as variables of a process."""
        needs = self.needs()
        endpoint, tokens, network = needs["endpoint"], needs["tokens"], needs["network"]
        found = {
            "PORT": str(endpoint["port"]),
            "ENDPOINT_PATH": endpoint["path"],
            "TOKEN_ISSUERS": ",".join(each["issuer"] for each in tokens["issuers"]),
            "TOKEN_JWKS_URLS": ",".join(each["jwks_url"] for each in tokens["issuers"]),
            "TOKEN_AUDIENCE": tokens["audience"],
            "TOKEN_SCOPE": tokens["scope"],
            "HTTPS_PROXY": network["https_proxy"],
            "NO_PROXY": network["no_proxy"],
        }
        return found | dict.fromkeys(CA_VARIABLES, network["ca_file"])

    @property
    def env_file(self) -> Path:
        """The environment as a file of ``NAME=value`` lines, which holds no secret."""
        return self.options.env_file or self._run_dir / ENV_NAME

    @property
    def json_file(self) -> Path:
        """``needs`` as a file."""
        return self._run_dir / JSON_NAME

    def write_needs(self) -> None:
        """Write env file and JSON. Raises WrongUse for an env file that cannot be written."""
        lines = [f"{name}={value}\n" for name, value in self.environment().items()]
        self.json_file.write_text(json.dumps(self.needs(), indent=2) + "\n")
        for path in dict.fromkeys((self._run_dir / ENV_NAME, self.env_file)):
            try:
                path.write_text("".join(lines))
            except OSError as exc:
                raise WrongUse(
                    f"--env-file {str(path)[:200]}: {exc.strerror}; name a file that can be written"
                ) from exc

    def start(self, processes: StackProcesses) -> StackProcess | None:
        """Start the command; with an address there is nothing to start."""
        if self.process is None:
            self.options.announce(self)
        if not self.options.command:
            return None
        command = Command(
            name="service",
            program=_program(self.options.command, self.options.folder),
            folder=self.options.folder,
            environment=self.environment(),
        )
        self.process = processes.start(command)
        return self.process

    def wait(self, processes: StackProcesses, *, stalled_s: float = STALLED_S) -> None:
        """Wait until a request without a token is answered 401. Raises StackFailed."""
        seen = Readiness(
            f"{self.url}{ENDPOINT_PATH}",
            "POST",
            good=lambda answer: answer.status_code == UNAUTHORISED,
            wanted=f"without a token must be answered {UNAUTHORISED}",
        )
        if self.process is not None:
            processes.wait_until(seen.ready, process=self.process, status=seen.words, stalled_s=stalled_s)
            return
        deadline = time.monotonic() + self.options.wait_s
        while not seen.ready():
            dead = processes.find_dead()
            if dead is not None:
                raise dead.died()
            if time.monotonic() > deadline:
                raise StackFailed(f"the service is not ready after {self.options.wait_s:g} s: {seen.words()}")
            time.sleep(POLL_S)


def _origin(url: str) -> str:
    """Scheme, host and port of an address of this machine. Raises WrongUse for any other."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme != "http" or port is None or parts.path not in {"", "/", ENDPOINT_PATH} or parts.query:
        raise WrongUse(f"--service-url {url[:100]!r}: give http://127.0.0.1:PORT, without any path but {ENDPOINT_PATH}")
    if not _is_loopback(parts.hostname or ""):
        remedy = "the lab sends to loopback alone; publish the service's port there"
        raise WrongUse(f"--service-url {url[:100]!r}: {parts.hostname} is not this machine: {remedy}")
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"http://{host}:{port}"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _program(command: str, folder: Path) -> tuple[str, ...]:
    """The command's words. Raises WrongUse when there is no such program."""
    try:
        words = shlex.split(command)
    except ValueError as exc:
        raise WrongUse(f"--service-command {command[:100]!r}: {exc}") from exc
    first = words[0] if words else ""
    path = str(folder / first) if os.sep in first else first
    if not first or shutil.which(path) is None:
        raise WrongUse(f'--service-command: no program {first!r} is found; name one, such as "node server.js"')
    return (path, *words[1:])
