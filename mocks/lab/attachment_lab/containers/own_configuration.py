"""A customer's configuration in containers: what compose and ``provision`` need of it before a container starts.

The files are in a folder of the host, which ``provision`` mounts. They hold names of secrets and no values.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from attachment_lab.containers.names import (
    ALLOWED_HOSTS,
    POOL_SIZE,
    PRIVATE_NAMES,
    TOKEN_ISSUERS,
    own_aliases,
    pool_name,
    private_networks,
)
from attachment_lab.errors import WrongUse
from attachment_lab.tenant.configured import ConfiguredTenant, read_tenant
from attachment_lab.tenant.credentials import HTTPS_PORT, TenantNames

#: Where ``provision`` mounts the folder.
FOLDER = Path("/run/lab/edi")
_SERVICES = ("api-1", "api-2", "worker-1", "worker-2")
_ENDPOINT = "ATTACHMENT_TRANSFER_"


def read_folder(folder: Path) -> ConfiguredTenant | None:
    """The tenant of all files in the folder, in the order of their names; None without a file.

    Raises ConfigurationRefused for errors of the gate, WrongUse for an address that the containers cannot have.
    """
    files = sorted(path for path in folder.glob("*") if path.is_file())
    if not files:
        return None
    taken = [pool_name(number) for number in range(1, POOL_SIZE + 1)]
    found = read_tenant([(path.name, path.read_bytes()) for path in files], taken=taken)
    if found.names.cmi_port != HTTPS_PORT:
        raise WrongUse(
            f"{found.names.cmi_url}: in containers CMI answers at port {HTTPS_PORT} alone; "
            "remedy: leave the port out of cmi_url, or use `attachment-lab up --edi`, which takes any port"
        )
    return found


def compose_override(names: TenantNames, folder: Path) -> dict[str, Any]:
    """A compose file over docker-compose.yml: aliases, the service's hosts and issuer, the folder for ``provision``.

    ``folder`` is the path on the host. Compose adds lists of aliases and volumes, and replaces variables.
    """
    added = own_aliases(names)
    private = [*PRIVATE_NAMES, *(host for hosts in added.values() for host in hosts)]
    environment = {
        f"{_ENDPOINT}ALLOWED_HOSTS": ",".join([ALLOWED_HOSTS, names.cmi_host, *names.c4c_hosts]),
        f"{_ENDPOINT}TOKEN_ISSUERS": ",".join([TOKEN_ISSUERS, names.token_issuer]),
        f"{_ENDPOINT}PRIVATE_NETWORKS": private_networks(private),
    }
    aliased = {
        container: {"networks": {"stack": {"aliases": list(hosts)}}} for container, hosts in added.items() if hosts
    }
    services = {service: {"environment": environment} for service in _SERVICES}
    return {"services": {**aliased, **services, "provision": {"volumes": [f"{folder}:{FOLDER}:ro"]}}}
