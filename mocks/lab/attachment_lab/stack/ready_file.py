"""How one command finds the stack that another one started, and what programs outside the lab read.

The ready file has a fixed shape that programs outside rely on. The stack file belongs to the lab; it adds what
``chat``, ``reconcile`` and other commands need. Both hold credentials of tenants, so only their owner may read them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from attachment_lab.errors import WrongUse
from attachment_lab.reconciliation.quiet import QUIET_S
from attachment_lab.shared_files import locked, replace_json
from attachment_lab.tenant.addresses import loopback_addresses
from attachment_lab.tenant.credentials import SCOPE, TenantNames

#: In the stack's run directory.
ALLOW_LIST_NAME = "allow-list.json"
URL_NAMES = ("console", "orchestration", "cmi", "c4c", "service")


@dataclass(frozen=True, kw_only=True)
class RunningStack:
    """A stack started by ``up`` or ``demo --keep``.

    Attributes:
        tenants: the tenants whose credentials are known, by name.
        default: name of the tenant that commands use without ``--tenant``.
        pid: of the command that owns the stack; None when read from a ready file.
        resets: number of resets so far; a waiting ``reset`` sees it grow.
        foreign: the service is not ours: it has no status API, no clock and no reset.
        quiet_s: beside such a service, how long nothing may move before a chat is at rest, in seconds.
    """

    urls: Mapping[str, str]
    tenants: Mapping[str, TenantNames]
    default: str
    run_dir: Path | None = None
    clock_file: Path | None = None
    pid: int | None = None
    resets: int = 0
    foreign: bool = False
    quiet_s: float = QUIET_S

    @property
    def tenant(self) -> TenantNames:
        """The default tenant."""
        return self.tenants[self.default]

    @property
    def allow_list(self) -> Path | None:
        """The service's allow-list file, beside its other files; None when read from a ready file."""
        return self.run_dir / ALLOW_LIST_NAME if self.run_dir else None

    def with_default(self, name: str | None) -> RunningStack:
        """The same stack with another default tenant; None = no change. Raises WrongUse for an unknown name."""
        if name is not None and name not in self.tenants:
            raise WrongUse(f"no tenant is called {name!r}; the stack has {', '.join(self.tenants)}")
        return self if name is None else replace(self, default=name)

    def with_tenant(self, names: TenantNames) -> RunningStack:
        """The same stack with this tenant added or replaced."""
        return replace(self, tenants={**self.tenants, names.name: names})

    def without_tenant(self, name: str) -> RunningStack:
        """The same stack without this tenant."""
        return replace(self, tenants={key: names for key, names in self.tenants.items() if key != name})


def tenant_json(urls: Mapping[str, str], names: TenantNames, contact_id: str | None) -> dict[str, Any]:
    """One tenant of the ready file: its credentials, and a chat that waits for its event (None without one).

    ``loopback``: the same addresses for clients that cannot set a Host header.
    """
    return {
        "cmi": {
            "cmi_url": names.cmi_url,
            "host": names.cmi_host,
            "api_key": names.api_key,
            "user": names.cmi_user,
            "password": names.cmi_password,
        },
        "c4c": {
            "url": names.c4c_url,
            "host": names.c4c_host,
            "user": names.c4c_user,
            "password": names.c4c_password,
        },
        "oauth": {
            "token_url": f"{urls['orchestration']}/{names.tenant_path}/oauth2/token",
            "client_id": names.client_id,
            "client_secret": names.client_secret,
            "scope": SCOPE,
        },
        "contact_id": contact_id,
        "loopback": loopback_addresses(urls, names),
    }


def ready_json(urls: Mapping[str, str], names: TenantNames, contact_id: str | None) -> dict[str, Any]:
    """The ready file's content: base URLs, the default tenant's credentials, a chat that waits for its event."""
    return {
        "urls": {name: urls[name] for name in URL_NAMES if name in urls},
        "tenants": {names.name: tenant_json(urls, names, contact_id)},
        "default": names.name,
    }


def stack_json(stack: RunningStack) -> dict[str, Any]:
    """The stack file's content."""
    return {
        "stack": {
            "urls": dict(stack.urls),
            "tenants": {name: names.to_json() for name, names in stack.tenants.items()},
            "default": stack.default,
            "run_dir": str(stack.run_dir) if stack.run_dir else None,
            "clock_file": str(stack.clock_file) if stack.clock_file else None,
            "pid": stack.pid,
            "resets": stack.resets,
            "foreign": stack.foreign,
            "quiet_s": stack.quiet_s,
        }
    }


def update(path: Path, change: Callable[[RunningStack], RunningStack]) -> RunningStack:
    """Change a stack file; two commands that do it at once do not lose each other's change. Raises WrongUse."""
    with locked(path):
        stack = read(path)
        if stack.pid is None:
            raise WrongUse(f"{path} is not a stack file, so tenants cannot be changed there; name it by --stack")
        changed = change(stack)
        replace_json(path, stack_json(changed))
        return changed


def read(path: Path) -> RunningStack:
    """A stack file or a ready file. Raises WrongUse when there is none, or it is something else."""
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError:
        raise WrongUse(f"no stack is known at {path}; start one with `attachment-lab up`") from None
    except OSError as exc:
        raise WrongUse(f"{str(path)[:200]} cannot be read: {exc.strerror}; name a stack or ready file") from None
    except ValueError:
        raise WrongUse(f"{path} is not JSON; remove it and start a stack with `attachment-lab up`") from None
    try:
        return _from_ready(content) if "urls" in content else _from_stack(content["stack"])
    except (AttributeError, IndexError, KeyError, TypeError) as exc:
        raise WrongUse(f"{path} is neither a stack file nor a ready file: {exc} is missing") from None


def _from_stack(body: Mapping[str, Any]) -> RunningStack:
    def path(name: str) -> Path | None:
        return Path(body[name]) if body.get(name) else None

    tenants = {name: TenantNames.from_json(names) for name, names in body["tenants"].items()}
    return _checked(
        RunningStack(
            urls=body["urls"],
            tenants=tenants,
            default=body["default"],
            run_dir=path("run_dir"),
            clock_file=path("clock_file"),
            pid=body["pid"],
            resets=int(body["resets"]),
            foreign=bool(body.get("foreign")),
            quiet_s=float(body.get("quiet_s", QUIET_S)),
        )
    )


def _from_ready(body: Mapping[str, Any]) -> RunningStack:
    tenants = {name: _names_from(name, tenant) for name, tenant in body["tenants"].items()}
    return _checked(RunningStack(urls=body["urls"], tenants=tenants, default=body["default"]))


def _checked(stack: RunningStack) -> RunningStack:
    if stack.default not in stack.tenants:
        raise KeyError(stack.default)
    return stack


def _names_from(name: str, tenant: Mapping[str, Any]) -> TenantNames:
    cmi, c4c, oauth = (tenant[part] for part in ("cmi", "c4c", "oauth"))
    return TenantNames(
        name=name,
        tenant_path=oauth["token_url"].split("/")[-3],
        cmi_host=cmi["host"],
        c4c_host=c4c["host"],
        client_id=oauth["client_id"],
        client_secret=oauth["client_secret"],
        api_key=cmi["api_key"],
        cmi_password=cmi["password"],
        c4c_password=c4c["password"],
        cmi_user=cmi["user"],
        c4c_user=c4c["user"],
    )
