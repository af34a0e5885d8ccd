"""``ComposeStack``: the whole stack of docker-compose.yml, under a name and on ports of its own.

    with ComposeStack(project_root) as stack, stack.tenant() as tenant:
        tenant.chat(files=[("photo.jpg", b"…")]).end()
        tenant.wait_until_settled()

It needs this project's folder (the compose file) and its images (``deploy/images/build.sh``). Several stacks can run at
the same time; what a killed test left behind is removed by the next one (``engine.sweep``).
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any, Self

from attachment_lab.clients.stack_clients import MOCKS, StackClients
from attachment_lab.containers.engine import (
    ContainersFailed,
    compose_command,
    docker,
    require_images,
    sweep_once,
    unique_name,
)
from attachment_lab.containers.names import POOL_SIZE
from attachment_lab.containers.own_configuration import compose_override, read_folder
from attachment_lab.errors import WrongUse
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.tenant.credentials import TenantNames, with_new_secrets
from attachment_lab.tenant.opening import TenantOptions, close_tenant, open_tenant
from attachment_lab.testing.lab import LabTenant

IMAGES = (
    "attachment-transfer",
    "attachment-transfer-lab",
    "attachment-transfer-postgres",
    "attachment-transfer-balancer",
)
START_TIMEOUT_S = 300.0
POLL_S = 0.5
_FILES = ("docker-compose.yml", "deploy/compose.tests.yml")
_PORTS = {"orchestration": 8101, "cmi": 8102, "c4c": 8103, "console": 8100, "balancer": 8104}


@dataclass(frozen=True, kw_only=True)
class ComposeStackOptions:
    """How a stack differs from the compose file.

    Attributes:
        tag: of the images.
        profiles: of the compose file; ``demo`` brings the console.
        environment: variables that the compose file reads, such as ``LEASE_TTL_S``.
        files: further compose files, in the stack's folder, applied after ``deploy/compose.tests.yml``.
        configuration: files of a customer's configuration; the first tenant is theirs. None: the documentation's.
    """

    tag: str = "local"
    profiles: Sequence[str] = ("core",)
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[str] = ()
    configuration: Sequence[Path] = ()


class ComposeStack:
    """The stack in containers, from ``with`` to its end.

    Attributes:
        project: the compose project's name; part of every container's name.
        urls: base URLs on loopback of console (profile demo), orchestration, cmi, c4c and service (the balancer).
    """

    def __init__(self, root: Path, options: ComposeStackOptions | None = None) -> None:
        self.root = root
        self.options = options or ComposeStackOptions()
        self.project = unique_name("stack")
        self.urls: dict[str, str] = {}
        self._pool: list[TenantNames] = []
        self._settings: dict[str, Any] = {}
        self._own: TemporaryDirectory[str] | None = None

    def __enter__(self) -> Self:
        sweep_once()
        require_images(*(f"{image}:{self.options.tag}" for image in IMAGES))
        self._configure()
        try:
            self.compose("up", "-d")
            self.wait_until_healthy()
            self._read_addresses()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Remove containers, networks and volumes; safe to call twice."""
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "5", check=False)
        if self._own is not None:
            self._own.cleanup()

    def _configure(self) -> None:
        """Write the compose file for the configuration; ``provision`` reads its copies as another user."""
        if not self.options.configuration:
            return
        self._own = TemporaryDirectory(prefix="attachment-lab-edi-")
        root = Path(self._own.name)
        folder = root / "edi"
        folder.mkdir()
        for number, path in enumerate(self.options.configuration):
            copy = folder / f"{number:03}-{path.name}"
            copy.write_bytes(path.read_bytes())
            copy.chmod(0o644)
        root.chmod(0o755)
        found = read_folder(folder)
        assert found is not None, "the loop above has written a file"
        (root / "compose.yml").write_text(json.dumps(compose_override(found.names, folder)), encoding="utf-8")

    @property
    def first_tenant(self) -> TenantNames:
        """The documentation's own names, or those of the configuration; the tenant is open from the start."""
        return TenantNames.from_json(self._settings["tenant"])

    @property
    def clients(self) -> StackClients:
        """Clients for the mocks' control interfaces and the service."""
        return StackClients(self.urls)

    @contextmanager
    def tenant(self, options: TenantOptions | None = None, *, check: bool = True) -> Iterator[LabTenant]:
        """A tenant of the pool; the reconciliation's invariants are checked at its end unless ``check`` is False.

        Raises WrongUse where all of them are open.
        """
        if not self._pool:
            raise WrongUse(f"all {POOL_SIZE} tenants of the stack are open; remedy: close one, or start another stack")
        names, to = self._pool.pop(0), self.clients
        open_tenant(to, names, options or TenantOptions(dialects=self._settings["dialects"]))
        tenant = self.tenant_of(names)
        try:
            yield tenant
            if check:
                tenant.assert_invariants_hold()
        finally:
            close_tenant(to, names.name)
            self._pool.append(with_new_secrets(names))

    def tenant_of(self, names: TenantNames) -> LabTenant:
        """A tenant that is open already, such as the first one."""
        # The part of a lab that LabTenant uses; the service's clock cannot be moved here.
        read = partial(Reconciliation, self.clients)
        stack = SimpleNamespace(clients=self.clients, run_dir=None, reconciliation=read)
        lab: Any = SimpleNamespace(is_own=False, stack=stack)
        return LabTenant(lab, names)

    def compose(self, *arguments: str, check: bool = True, variables: Mapping[str, str] | None = None) -> str:
        """Run docker compose on this stack; ``variables`` apply to this call only.

        Raises ContainersFailed with the end of its output and of the logs.
        """
        environment = os.environ | {
            "COMPOSE_PROJECT_NAME": self.project,
            "COMPOSE_PROFILES": ",".join(self.options.profiles),
            "CONSOLE_PORT": "0",
            "BALANCER_PORT": "0",
            "TAG": self.options.tag,
            **self.options.environment,
            **(variables or {}),
        }
        own = [str(Path(self._own.name) / "compose.yml")] if self._own is not None else []
        files = [word for file in (*_FILES, *self.options.files, *own) for word in ("-f", file)]
        done = subprocess.run(
            [*compose_command(), *files, *arguments],
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        if check and done.returncode:
            raise ContainersFailed(f"compose {arguments[0]}: {done.stderr.strip()[-2000:]}\n{self.logs(lines=10)}")
        return done.stdout

    def container(self, service: str) -> str:
        """Name of the running (or ended) container of a compose service. Raises LookupError."""
        filters = [f"label=com.docker.compose.project={self.project}", f"label=com.docker.compose.service={service}"]
        found = docker("ps", "-a", "--format", "{{.Names}}", *(f"--filter={each}" for each in filters)).split()
        if not found:
            raise LookupError(f"the stack has no container of {service}")
        return found[0]

    def containers(self) -> dict[str, dict[str, Any]]:
        """``docker inspect`` of every container, by compose service."""
        ids = docker("ps", "-aq", "--filter", f"label=com.docker.compose.project={self.project}").split()
        inspected: list[dict[str, Any]] = json.loads(docker("inspect", *ids)) if ids else []
        return {each["Config"]["Labels"]["com.docker.compose.service"]: each for each in inspected}

    def network(self, name: str) -> str:
        """Full name of a network of the compose file."""
        return f"{self.project}_{name}"

    def exec(self, service: str, *command: str) -> str:
        """Run a command in a container; returns what it prints. Raises ContainersFailed."""
        return docker("exec", self.container(service), *command)

    def logs(self, *services: str, lines: int = 40) -> str:
        """The end of the logs, for a failure's report."""
        return self.compose("logs", "--no-color", "--tail", str(lines), *services, check=False)

    def wait_until_healthy(self, *services: str, timeout_s: float = START_TIMEOUT_S) -> None:
        """Until these (or all) services are healthy and one-shot jobs have ended well. Raises ContainersFailed."""
        self.wait_for(
            lambda: not self._unwell(services), lambda: ", ".join(self._unwell(services)), timeout_s=timeout_s
        )

    def wait_for(self, done: Callable[[], bool], what: Callable[[], str], *, timeout_s: float) -> None:
        """Poll until ``done``. Raises ContainersFailed with ``what`` and the logs."""
        deadline = time.monotonic() + timeout_s
        while not done():
            if time.monotonic() > deadline:
                raise ContainersFailed(f"not within {timeout_s:g} s: {what()}\n{self.logs(lines=15)}")
            time.sleep(POLL_S)

    def _unwell(self, services: Sequence[str]) -> list[str]:
        found = self.containers()
        states = {name: _state(each) for name, each in found.items() if not services or name in services}
        return [f"{name} is {state}" for name, state in states.items() if state not in {"healthy", "exited 0"}]

    def _read_addresses(self) -> None:
        containers = self.containers()
        for service, port in _PORTS.items():
            if service in containers:
                published = containers[service]["NetworkSettings"]["Ports"].get(f"{port}/tcp") or []
                if published:
                    name = "service" if service == "balancer" else service
                    self.urls[name] = f"http://127.0.0.1:{published[0]['HostPort']}"
        if missing := [name for name in (*MOCKS, "service") if name not in self.urls]:
            raise ContainersFailed(f"no published port of {', '.join(missing)}")
        if not self._settings:
            volume = f"{self.project}_console:/run/lab/console:ro"
            image = f"attachment-transfer-lab:{self.options.tag}"
            path = "/run/lab/console/console.json"
            command = ["run", "--rm", "--network", "none", "-v", volume, "--entrypoint", "cat", image, path]
            self._settings = json.loads(docker(*command))
            self._pool = [TenantNames.from_json(each) for each in self._settings["pool"]]


def _state(container: dict[str, Any]) -> str:
    state = container["State"]
    if state["Running"] and "Health" in state:
        return str(state["Health"]["Status"])
    return f"{state['Status']} {state['ExitCode']}" if not state["Running"] else str(state["Status"])
