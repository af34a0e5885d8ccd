"""How one command finds the stack that another one started, and what outsiders are told.

The ready file has a fixed shape that programs outside rely on. The stack file is the lab's own; it adds
what ``chat``, ``reconcile`` and the like need. Both hold the tenant's credentials and only their owner may
read them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attachment_lab.errors import WrongUse
from attachment_lab.tenant.credentials import SCOPE, TenantNames


@dataclass(frozen=True, kw_only=True)
class RunningStack:
    """A stack started by ``up`` or ``demo --keep``.

    Attributes:
        pid: of the command that owns the stack; None when read from a ready file.
        resets: how often it was set back; a waiting ``reset`` sees it grow.
    """

    urls: Mapping[str, str]
    tenant: TenantNames
    run_dir: Path | None = None
    clock_file: Path | None = None
    pid: int | None = None
    resets: int = 0


def ready_json(urls: Mapping[str, str], tenant: TenantNames, contact_id: str) -> dict[str, Any]:
    """The ready file's content: base URLs, the default tenant's credentials, a chat waiting for its event."""
    return {
        "urls": {name: urls[name] for name in ("console", "orchestration", "cmi", "c4c", "service")},
        "tenant": {
            "cmi": {
                "cmi_url": tenant.cmi_url,
                "host": tenant.cmi_host,
                "api_key": tenant.api_key,
                "user": tenant.cmi_user,
                "password": tenant.cmi_password,
            },
            "c4c": {
                "url": tenant.c4c_url,
                "host": tenant.c4c_host,
                "user": tenant.c4c_user,
                "password": tenant.c4c_password,
            },
            "oauth": {
                "token_url": f"{urls['orchestration']}/{tenant.tenant_path}/oauth2/token",
                "client_id": tenant.client_id,
                "client_secret": tenant.client_secret,
                "scope": SCOPE,
            },
            "contact_id": contact_id,
        },
    }


def stack_json(stack: RunningStack) -> dict[str, Any]:
    """The stack file's content."""
    return {
        "stack": {
            "urls": dict(stack.urls),
            "tenant": stack.tenant.to_json(),
            "run_dir": str(stack.run_dir) if stack.run_dir else None,
            "clock_file": str(stack.clock_file) if stack.clock_file else None,
            "pid": stack.pid,
            "resets": stack.resets,
        }
    }


def default_path(environment: Mapping[str, str] | None = None) -> Path:
    """``$XDG_RUNTIME_DIR/attachment-lab/stack.json``, else ``.lab/stack.json`` in the current folder."""
    runtime = (os.environ if environment is None else environment).get("XDG_RUNTIME_DIR")
    if runtime and Path(runtime).is_dir():
        return Path(runtime) / "attachment-lab" / "stack.json"
    return Path(".lab") / "stack.json"


def write(path: Path, content: Mapping[str, Any]) -> None:
    """Write atomically, mode 0600: a reader sees nothing or the whole."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as sink:
        json.dump(content, sink, indent=2)
    fresh.replace(path)


def read(path: Path) -> RunningStack:
    """A stack file or a ready file. Raises WrongUse when there is none, or it is something else."""
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError:
        raise WrongUse(f"no stack is known at {path}; start one with `attachment-lab up`") from None
    except ValueError:
        raise WrongUse(f"{path} is not JSON; remove it and start a stack with `attachment-lab up`") from None
    try:
        return _from_ready(content) if "urls" in content else _from_stack(content["stack"])
    except (KeyError, TypeError) as exc:
        raise WrongUse(f"{path} is neither a stack file nor a ready file: {exc} is missing") from None


def _from_stack(body: Mapping[str, Any]) -> RunningStack:
    def path(name: str) -> Path | None:
        return Path(body[name]) if body.get(name) else None

    return RunningStack(
        urls=body["urls"],
        tenant=TenantNames(**body["tenant"]),
        run_dir=path("run_dir"),
        clock_file=path("clock_file"),
        pid=body["pid"],
        resets=int(body["resets"]),
    )


def _from_ready(body: Mapping[str, Any]) -> RunningStack:
    cmi, c4c, oauth = (body["tenant"][name] for name in ("cmi", "c4c", "oauth"))
    tenant = TenantNames(
        name="default",
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
    return RunningStack(urls=body["urls"], tenant=tenant)
