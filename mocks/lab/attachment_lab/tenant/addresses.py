"""Where a tenant's addresses lead: the edge proxy learns them, and the service's allow-list file has their exact hosts.

Both change while the stack runs, whichever process opens the tenant: the command line, the console or a test.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from attachment_contract.gate import vocabulary as words
from attachment_lab.clients.stack_clients import MOCKS, StackClients
from attachment_lab.errors import RequestRefused, WrongUse
from attachment_lab.shared_files import locked, replace_json
from attachment_lab.tenant.credentials import HTTPS_PORT, TenantNames
from mock_kit.http.loopback import loopback_host

#: The owner of the endpoints, which all tenants share.
_ENDPOINTS_OWNER = "endpoints"
#: Path below an endpoint's host → who answers; the siblings of chat-attachments have a stand-in.
_ENDPOINT_TARGETS = {words.ENDPOINT_PATH: "service", "/prod/": "orchestration"}


def put_endpoints(to: StackClients) -> None:
    """Tell the edge proxy the documented endpoints, from the start of the stack."""
    if to.edge is not None:
        routes = [
            {"host": host, "path_prefix": prefix, "target": target}
            for host in words.REGIONS
            for prefix, target in _ENDPOINT_TARGETS.items()
        ]
        to.edge.put(f"/_mock/edge/routes/{_ENDPOINTS_OWNER}", {"routes": routes})


def publish(to: StackClients, names: TenantNames) -> None:
    """Make the addresses of an open tenant reachable and allowed. Raises WrongUse when another tenant has one."""
    routes = list(_routes(to, names))
    if to.edge is not None:
        try:
            to.edge.put(f"/_mock/edge/routes/{names.name}", {"routes": routes})
        except RequestRefused as exc:
            raise WrongUse(f"tenant {names.name}: {exc}") from exc
    if to.allow_list is not None:
        hosts = {route["host"] for route in routes if route["target"] != "orchestration"}
        with _changing(to.allow_list) as tenants:
            tenants[names.name] = {"hosts": sorted(hosts), "issuers": [names.token_issuer]}


def withdraw(to: StackClients, name: str) -> None:
    """The tenant's addresses lead nowhere and are not allowed any more."""
    if to.edge is not None:
        with suppress(RequestRefused):  # it had none
            to.edge.delete(f"/_mock/edge/routes/{name}")
    if to.allow_list is not None:
        with _changing(to.allow_list) as tenants:
            tenants.pop(name, None)


def loopback_origins(urls: Mapping[str, str], name: str) -> dict[str, str]:
    """``http://acme.c4c.localhost:8103`` and the like by mock: for clients that cannot set a Host header.

    Neither the edge proxy nor the allow-list knows these names: the service is given a tenant's real ones.
    """
    ports = {mock: urlsplit(urls[mock]).port for mock in MOCKS}
    return {mock: f"http://{loopback_host(name, mock)}:{port}" for mock, port in ports.items()}


def loopback_addresses(urls: Mapping[str, str], names: TenantNames) -> dict[str, str]:
    """The tenant's CMI address, C4C address and token address at its loopback names."""
    origins = loopback_origins(urls, names.name)
    return {
        "cmi_url": origins["cmi"] + urlsplit(names.cmi_url).path,
        "c4c_url": origins["c4c"],
        "token_url": origins["orchestration"] + urlsplit(names.token_url).path,
    }


def write_allow_list(path: Path) -> None:
    """A first allow-list, which allows nothing: the service needs the file at its start."""
    with _changing(path) as tenants:
        tenants.clear()


def _routes(to: StackClients, names: TenantNames) -> Iterator[dict[str, Any]]:
    """One route for each key by which a mock finds the tenant: ``host`` or ``host/path``."""
    for mock in MOCKS:
        for key in to.mock(mock).get(f"/_mock/tenants/{names.name}")["keys"]:
            authority, _, path = key.removeprefix("https://").partition("/")
            if "." not in authority:
                continue  # a path alone: the tenant's own pages, which no other system calls
            host, _, port = authority.partition(":")
            is_cmi = mock == "cmi" and host == names.cmi_host
            number = int(port) if port else (names.cmi_port if is_cmi else HTTPS_PORT)
            prefix = f"/{path}/" if mock == "cmi" else f"/{path}"
            yield {"host": host, "port": number, "path_prefix": prefix, "target": mock}


@contextmanager
def _changing(path: Path) -> Iterator[dict[str, Any]]:
    """The entries of each tenant, beside the list; at the end both are written, the list atomically."""
    source = path.with_suffix(".tenants.json")
    with locked(path):
        tenants: dict[str, Any] = json.loads(source.read_text()) if source.exists() else {}
        yield tenants
        replace_json(source, tenants)
        merged = {
            part: sorted({each for one in tenants.values() for each in one[part]}) for part in ("hosts", "issuers")
        }
        replace_json(path, merged)
