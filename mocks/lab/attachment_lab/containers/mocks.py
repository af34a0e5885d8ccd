"""One mock, or the ledger's PostgreSQL, as a Testcontainers container on a free loopback port.

with C4CContainer() as c4c:
    tenant = c4c.create_tenant(name="acme", host="my1234567.de1.crm.cloud.sap", user="v1user", password="…")
    httpx.get(f"{c4c.url}/sap/c4c/odata/v1/chatactivity/", headers={"Host": tenant["host"]}, auth=…)
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Self

from docker.errors import DockerException
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import HealthcheckWaitStrategy

from attachment_lab.clients.json_client import JsonClient
from attachment_lab.containers.engine import (
    OWNER_LABEL,
    ContainersFailed,
    log_tail,
    owner,
    require_images,
    sweep_once,
    unique_name,
)
from attachment_lab.tenant.entries import C4C_SERVICES, COMMUNICATION_SYSTEM

START_TIMEOUT_S = 120
LOOPBACK = "127.0.0.1"
_HEALTH_INTERVAL_NS = 500_000_000
_SECOND_NS = 1_000_000_000


class OwnContainer(DockerContainer):
    """A container with least privileges, its owner in name and label, and a health check."""

    #: Part of its name.
    kind = "container"
    default_image = "attachment-transfer-lab:local"

    def __init__(self, image: str | None = None, *, port: int, health: list[str], command: list[str]) -> None:
        # The reaper's image cannot be pulled offline; engine.sweep removes what a crash leaves behind.
        testcontainers_config.ryuk_disabled = True
        image = image or self.default_image
        require_images(image)
        sweep_once()
        super().__init__(image, name=unique_name(self.kind))
        self._port = port
        # A free port on loopback only: with_bind_ports has no address parameter, docker-py has.
        self.ports[f"{port}/tcp"] = (LOOPBACK,)  # type: ignore[assignment]
        self.with_command(command)
        self.waiting_for(HealthcheckWaitStrategy().with_startup_timeout(START_TIMEOUT_S))
        self.with_kwargs(
            labels={OWNER_LABEL: owner()},
            read_only=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges:true"],
            mem_limit="512m",
            init=True,
            healthcheck={
                "test": ["CMD", *health],
                "interval": _HEALTH_INTERVAL_NS,
                "timeout": 5 * _SECOND_NS,
                "retries": 200,
            },
        )
        self.with_tmpfs_mount("/tmp", "size=64m,mode=1777")  # noqa: S108 - in the container

    @property
    def port(self) -> int:
        """Its port on loopback."""
        return int(self.get_exposed_port(self._port))

    def start(self) -> Self:
        """Start and wait until healthy. Raises ContainersFailed with the end of its log."""
        try:
            return super().start()
        except (TimeoutError, RuntimeError, DockerException) as exc:
            text = f"{self._name} did not become healthy: {exc}\n{self.log_tail()}"
            self.stop()
            raise ContainersFailed(text) from exc

    def log_tail(self, lines: int = 40) -> str:
        """The end of its output."""
        return log_tail(str(self._name), lines)


class MockContainer(OwnContainer):
    """One mock over plain http; the Host header selects the tenant.

    Attributes:
        module: of the mock's process.
        inner_port: where it listens in the container.
    """

    module = ""
    inner_port = 0

    def __init__(self, image: str | None = None) -> None:
        command = ["-m", self.module, "--host", "0.0.0.0", "--port", str(self.inner_port), "--data", "/data"]
        health = ["healthy", str(self.inner_port), "/_mock/health"]
        super().__init__(image, port=self.inner_port, health=health, command=command)

    @property
    def url(self) -> str:
        """Base URL on loopback, without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def control(self) -> JsonClient:
        """Its control interface: ``control.get("/_mock/journal", tenant=…)``."""
        return JsonClient(f"{self.module} container", self.url)

    def add_tenant(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """``POST /_mock/tenants``; returns the tenant. Raises Refused."""
        answer: dict[str, Any] = self.control.post("/_mock/tenants", dict(body))
        return answer

    def reset(self, tenant: str) -> None:
        """Reset the tenant."""
        self.control.post("/_mock/reset", tenant=tenant)


class C4CContainer(MockContainer):
    """SAP Service Cloud's mock."""

    kind, module, inner_port = "c4c", "c4c_mock", 8103

    def create_tenant(
        self, *, name: str, host: str, user: str, password: str, dialect: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """A C4C tenant with a communication arrangement for the four services."""
        arrangement = {"user": user, "password": password, "services": list(C4C_SERVICES)}
        body = {"name": name, "host": host, "arrangement": arrangement, "dialect": dict(dialect or {})}
        return self.add_tenant(body | {"communication_system": {"id": COMMUNICATION_SYSTEM}})


class CMIContainer(MockContainer):
    """The Contact Management Interface's mock."""

    kind, module, inner_port = "cmi", "cmi_mock", 8102

    def create_tenant(
        self,
        *,
        name: str,
        host: str,
        tenant_path: str,
        api_key: str,
        user: str,
        password: str,
        dialect: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """A CMI address ``https://HOST/TENANT/cmi`` with one user."""
        given = {
            "name": name,
            "host": host,
            "tenant_path": tenant_path,
            "api_key": api_key,
            "user": user,
            "password": password,
        }
        return self.add_tenant(given | {"dialect": dict(dialect or {})})


class ContactProContainer(MockContainer):
    """Contact Pro's mock: secrets manager, event-driven integrations, token endpoint."""

    kind, module, inner_port = "contact-pro", "orchestration_mock", 8101

    def create_tenant(
        self, *, name: str, tenant_path: str, oauth: Mapping[str, str], dialect: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """A Contact Pro tenant; ``oauth``: client_id, client_secret, scope, audience."""
        return self.add_tenant(
            {"name": name, "tenant_path": tenant_path, "oauth": dict(oauth), "dialect": dict(dialect or {})}
        )


class LedgerPostgres(OwnContainer):
    """PostgreSQL for the service's ledger, with a password of its own."""

    kind = "postgres"
    default_image = "attachment-transfer-postgres:local"

    def __init__(self, image: str | None = None) -> None:
        super().__init__(image, port=5432, health=["/usr/local/bin/postgres.sh", "ready"], command=["serve"])
        self._password = secrets.token_urlsafe(18)
        self.with_env("PASSWORD", self._password)

    @property
    def url(self) -> str:
        """``postgresql://…`` on loopback; holds the password."""
        return f"postgresql://transfer:{self._password}@127.0.0.1:{self.port}/transfer"
