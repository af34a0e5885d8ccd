"""What a run directory keeps when its stack ends, so that ``up`` with the same directory continues there.

The mocks keep their state in memory (C4C's also in files), so each tenant's state is saved as for a snapshot, below
``continue/``. The service's database stays where it is. Unlike a snapshot this is for the same owner and the same
machine: the directory also keeps the credentials and the service's sealing key (mode 0600), so that transfers in
progress continue.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attachment_lab.clients.stack_clients import MOCKS
from attachment_lab.errors import WrongUse
from attachment_lab.shared_files import replace_json
from attachment_lab.snapshots.restoring import open_from_archives
from attachment_lab.snapshots.saving import dialect_of, save_mocks
from attachment_lab.stack.clocks import catch_up, read_offset
from attachment_lab.stack.running import Stack
from attachment_lab.tenant.credentials import TenantNames
from attachment_lab.tenant.opening import open_names

FOLDER = "continue"
DOCUMENT = "tenants.json"
FORMAT = "attachment-lab-continue.v1"


@dataclass(frozen=True, kw_only=True)
class KeptStack:
    """The tenants of a stack that has ended; ``dialects``: by tenant, then by mock, the switches that were set."""

    folder: Path
    tenants: Mapping[str, TenantNames]
    default: str
    dialects: Mapping[str, Mapping[str, Mapping[str, Any]]]
    offset_s: float
    sealing_key: str


def keep(stack: Stack, tenants: Mapping[str, TenantNames], default: str) -> list[str]:
    """Save the tenants of a stack that is about to end, in its run directory; the service is ended first.

    Returns the names of open tenants that are not kept, because only the console or a test knows their credentials.
    Raises RequestRefused, Unreachable.
    """
    stack.stop_service()
    is_open = open_names(stack.clients)
    kept = {name: names for name, names in tenants.items() if name in is_open}
    fresh = stack.run_dir / f".{FOLDER}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    for name in kept:
        (fresh / name).mkdir(mode=0o700, parents=True)
        save_mocks(stack.clients, name, fresh / name)
    document = {
        "format": FORMAT,
        "default": default,
        "tenants": {name: names.to_json() for name, names in kept.items()},
        "dialects": {name: {mock: dialect_of(stack.clients, mock, name) for mock in MOCKS} for name in kept},
        "offset_s": read_offset(stack.clock_file),
        "sealing_key": stack.sealing_key,
    }
    replace_json(fresh / DOCUMENT, document)
    forget(stack.run_dir)
    fresh.replace(stack.run_dir / FOLDER)
    return sorted(is_open - kept.keys())


def read(run_dir: Path | None) -> KeptStack | None:
    """What the directory keeps; None where it keeps nothing. Raises WrongUse for what cannot be read."""
    if run_dir is None:
        return None
    folder = run_dir / FOLDER
    try:
        if not (folder / DOCUMENT).is_file():
            return None
        document = json.loads((folder / DOCUMENT).read_text())
        if document["format"] != FORMAT:
            raise ValueError(document["format"])
        return KeptStack(
            folder=folder.resolve(),
            tenants={name: TenantNames.from_json(each) for name, each in document["tenants"].items()},
            default=document["default"],
            dialects=document["dialects"],
            offset_s=float(document["offset_s"]),
            sealing_key=document["sealing_key"],
        )
    except (OSError, KeyError, TypeError, ValueError) as exc:
        why = f"cannot be read ({type(exc).__name__}); remove it to start empty, or name another --run-dir"
        raise WrongUse(f"{str(folder)[:200]} {why}") from exc


def open_kept(stack: Stack, kept: KeptStack) -> None:
    """Open the kept tenants in a stack whose service has not started yet. Raises WrongUse, RequestRefused."""
    for name, names in kept.tenants.items():
        archives = {mock: kept.folder / name / f"{mock}.zip" for mock in MOCKS}
        open_from_archives(stack.clients, names, archives, kept.dialects[name])
        catch_up(stack.clients, name, stack.clock_file)


def forget(run_dir: Path) -> None:
    """Remove what was kept: from now on it would be older than the service's database."""
    shutil.rmtree(run_dir / FOLDER, ignore_errors=True)
