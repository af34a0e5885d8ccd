"""Every host name of the containers: those of the documentation, those of 32 tenants for tests, a customer's own.

The names are fixed, because a container's network aliases and its certificate are created before it starts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from attachment_contract.gate import vocabulary as words
from attachment_lab.tenant.credentials import EXAMPLE_C4C_HOST, EXAMPLE_CMI, TenantNames, default_tenant, login_host

POOL_SIZE = 32
#: The orchestration layer's endpoint. Source: Chat attachment upload, Configuration.
WORKFLOW_HOSTS = tuple(words.REGIONS)
#: Contact Pro's token endpoints, one host for each region's tenants.
LOGIN_HOSTS = tuple(map(login_host, WORKFLOW_HOSTS))
#: Settings of the service in docker-compose.yml, which a customer's configuration adds to.
ALLOWED_HOSTS = "*.execute-api.*.amazonaws.com,*.crm.cloud.sap"
TOKEN_ISSUERS = "https://login-*.cc.sinch.com/*"  # noqa: S105 - an address
PRIVATE_NAMES = ("*.amazonaws.com", "*.crm.cloud.sap", "login-*.cc.sinch.com")
#: Of Docker.
NETWORKS = ("172.16.0.0/12", "192.168.0.0/16", "10.0.0.0/8")


def pool_name(number: int) -> str:
    """Name of the tenant and of its Contact Pro tenant, from 1."""
    return f"tenant{number:02}"


def cmi_host(number: int) -> str:
    """An API gateway's host as CMI's public address has it: ten letters and digits before ``execute-api``."""
    return f"pool{number:06}.execute-api.eu-central-1.amazonaws.com"


def c4c_host(number: int) -> str:
    """A C4C tenant's host."""
    return f"my99{number:05}.de1.crm.cloud.sap"


def aliases() -> dict[str, tuple[str, ...]]:
    """Host names by container: ``balancer``, ``orchestration``, ``cmi`` and ``c4c``."""
    numbers = range(1, POOL_SIZE + 1)
    return {
        "balancer": WORKFLOW_HOSTS,
        "orchestration": LOGIN_HOSTS,
        "cmi": (EXAMPLE_CMI.partition("/")[0], *(cmi_host(number) for number in numbers)),
        "c4c": (EXAMPLE_C4C_HOST, *(c4c_host(number) for number in numbers)),
    }


def own_aliases(names: TenantNames) -> dict[str, tuple[str, ...]]:
    """Host names that a customer's configuration adds, by container."""
    issuers = dict.fromkeys(str(urlsplit(url).hostname) for url in (names.token_issuer, names.token_url))
    wanted = {"orchestration": tuple(issuers), "cmi": (names.cmi_host,), "c4c": names.c4c_hosts}
    known = {host for hosts in aliases().values() for host in hosts}
    return {container: tuple(host for host in hosts if host not in known) for container, hosts in wanted.items()}


def private_networks(patterns: Iterable[str]) -> str:
    """The service's setting: names that may resolve to an address of Docker's networks."""
    return ",".join(f"{pattern}={network}" for pattern in patterns for network in NETWORKS)


def pool() -> list[TenantNames]:
    """The tenants for tests, with fresh secrets."""
    return [_renamed(default_tenant(), number) for number in range(1, POOL_SIZE + 1)]


def _renamed(fresh: TenantNames, number: int) -> TenantNames:
    name = pool_name(number)
    changes: Mapping[str, Any] = {"name": name, "tenant_path": name, "client_id": f"contact-pro-{name}"}
    return replace(fresh, **changes, cmi_host=cmi_host(number), c4c_host=c4c_host(number))
