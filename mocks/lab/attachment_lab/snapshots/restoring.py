"""Opens a tenant from a snapshot, with new values for its secrets."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attachment_lab.clients.stack_clients import MOCKS, StackClients
from attachment_lab.errors import WrongUse
from attachment_lab.snapshots import archive
from attachment_lab.snapshots.ledger_rows import write_rows
from attachment_lab.snapshots.saving import TenantPlace
from attachment_lab.stack.clocks import advance_stack, catch_up, read_offset
from attachment_lab.tenant.credentials import TenantNames
from attachment_lab.tenant.opening import TenantOptions, close_tenant, open_names, open_tenant, stop_transfers

PIECE_BYTES = 256 * 1024


@dataclass(frozen=True, kw_only=True)
class RestoredTenant:
    """A tenant that was opened from a snapshot.

    Attributes:
        remarks: what could not be restored, for people.
    """

    names: TenantNames
    snapshot: archive.Snapshot
    remarks: tuple[str, ...] = ()


def restore(
    path: Path,
    to: StackClients,
    *,
    run_dir: Path | None,
    clock_file: Path | None,
    open_now: Mapping[str, TenantNames] | None = None,
    replace_open: bool = False,
) -> RestoredTenant:
    """Open the snapshot's tenant. Raises WrongUse, RequestRefused, Unreachable; then the tenant is not open.

    Args:
        open_now: tenants of the stack whose credentials are known; ``replace_open``: one of the same name is closed.
    """
    with archive.read(path) as (snapshot, opened), tempfile.TemporaryDirectory() as scratch:
        names = archive.with_fresh_secrets(snapshot.tenant)
        _make_room(to, names.name, open_now or {}, replace_open=replace_open)
        archives = {mock: _extracted(opened, mock, Path(scratch)) for mock in MOCKS}
        open_from_archives(to, names, archives, snapshot.dialects)
    place = TenantPlace(to=to, names=names, run_dir=run_dir, clock_file=clock_file)
    why = write_rows(run_dir, place.caller, snapshot.ledger)
    _set_clocks(place, snapshot.service_offset_s)
    remarks = (f"The service's transfers were not restored: {why}.",) if why else ()
    return RestoredTenant(names=names, snapshot=snapshot, remarks=remarks)


def open_from_archives(
    to: StackClients, names: TenantNames, archives: Mapping[str, Path], dialects: Mapping[str, Mapping[str, Any]]
) -> None:
    """Open a tenant and give it the mocks' saved states. Nothing of it is left when one is refused."""
    open_tenant(to, names, TenantOptions(dialects=dialects))
    try:
        for mock, path in archives.items():
            with path.open("rb") as content:
                pieces = iter(lambda: content.read(PIECE_BYTES), b"")
                to.mock(mock).put_file("/_mock/snapshot", pieces, tenant=names.name)
    except BaseException:
        close_tenant(to, names.name)
        raise


def _make_room(to: StackClients, name: str, known: Mapping[str, TenantNames], *, replace_open: bool) -> None:
    if name not in open_names(to):
        return
    if not replace_open:
        raise WrongUse(f"tenant {name} is open in this stack; --replace closes it, and opens the snapshot's")
    if name in known:
        stop_transfers(to, known[name])
    close_tenant(to, name)


def _extracted(opened: zipfile.ZipFile, mock: str, directory: Path) -> Path:
    path = directory / f"{mock}.zip"
    with opened.open(f"{mock}.zip") as source, path.open("wb") as target:
        shutil.copyfileobj(source, target)
    return path


def _set_clocks(place: TenantPlace, offset_s: float) -> None:
    """The service's clock cannot go back: the later of both times holds for service and tenant."""
    if place.clock_file is None or not place.clock_file.exists():
        return
    behind_s = offset_s - read_offset(place.clock_file)
    if behind_s > 0:
        advance_stack(place.to, place.clock_file, behind_s)
    catch_up(place.to, place.names.name, place.clock_file)
