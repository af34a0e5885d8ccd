"""``snapshot``: save a tenant of a running stack into a file, and open it again from there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click
from rich.text import Text

from attachment_lab.cli.common import (
    err,
    json_option,
    out,
    print_json,
    print_table,
    reconciliation_of,
    running,
    running_options,
    stack_option,
)
from attachment_lab.errors import NotSettled
from attachment_lab.reconciliation.settling import wait_until_settled
from attachment_lab.snapshots import archive
from attachment_lab.snapshots.restoring import restore
from attachment_lab.snapshots.saving import NOT_CARRIED, TenantPlace, save
from attachment_lab.stack import ready_file
from attachment_lab.stack.known_stacks import running_path

file_option = click.option(
    "--file",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="The snapshot's file, instead of one by its name in the user's folder of snapshots.",
)


@click.group()
def snapshot() -> None:
    """A tenant's state in a file: a demo begins in the middle of its story, a bug report carries its state."""


@snapshot.command("save", epilog=f"Not in a snapshot: {'; '.join(NOT_CARRIED)}.")
@click.argument("name", required=False)
@file_option
@click.option("--overwrite", is_flag=True, help="Replace a snapshot of the same name.")
@click.option("--now", is_flag=True, help="Do not wait: transfers in progress are saved as failed.")
@click.option("--timeout", "timeout_s", type=float, default=60.0, show_default=True, help="Seconds to wait for them.")
@running_options
@json_option
def snapshot_save(
    name: str | None,
    file: Path | None,
    overwrite: bool,
    now: bool,
    timeout_s: float,
    stack_path: Path | None,
    tenant_name: str | None,
    as_json: bool,
) -> None:
    """Save a tenant: configuration, chats, C4C's rows and files, deliveries, clocks, transfers. No secret is saved."""
    path = archive.path_of(name, file)
    stack, to = running(stack_path, tenant_name)
    if not now:
        try:
            wait_until_settled(reconciliation_of(stack, to), timeout_s=timeout_s)
        except NotSettled as exc:
            raise NotSettled(f"{exc}\n--now saves it all the same, these transfers as failed.") from exc
    place = TenantPlace(to=to, names=stack.tenant, run_dir=stack.run_dir, clock_file=stack.clock_file)
    saved = save(place, name or path.name.removesuffix(archive.SUFFIX), path, overwrite=overwrite)
    transfers = len(saved.ledger["tables"]["transfer"]) if saved.ledger else None
    if as_json:
        size_bytes = path.stat().st_size
        facts = {"name": saved.name, "file": str(path), "tenant": stack.default, "size_bytes": size_bytes}
        print_json({**facts, "transfers": transfers, "not_carried": list(NOT_CARRIED)})
        return
    with_transfers = "without the service's transfers" if transfers is None else f"with {transfers} transfer(s)"
    out().print(Text(f"tenant {stack.default} is saved {with_transfers}: {path}"), soft_wrap=True)
    again = f"`attachment-lab snapshot restore {name}`" if file is None else f"`… snapshot restore --file {path}`"
    out().print(Text(f"{again} opens it in a running stack, `attachment-lab up --snapshot` begins with it."))
    err().print(Text(f"Not in it: {'; '.join(NOT_CARRIED)}.", style="dim"), soft_wrap=True)


@snapshot.command("restore")
@click.argument("name", required=False)
@file_option
@click.option("--replace", "replace_open", is_flag=True, help="Close an open tenant of the same name first.")
@stack_option
@json_option
def snapshot_restore(
    name: str | None, file: Path | None, replace_open: bool, stack_path: Path | None, as_json: bool
) -> None:
    """Open the tenant of a snapshot in a running stack; its secrets have new values."""
    path = archive.path_of(name, file)
    announced = stack_path or running_path()
    stack, to = running(announced)
    ready_file.update(announced, lambda each: each)  # raises WrongUse for a ready file, before anything is opened
    found = restore(
        path,
        to,
        run_dir=stack.run_dir,
        clock_file=stack.clock_file,
        open_now=stack.tenants,
        replace_open=replace_open,
    )
    ready_file.update(announced, lambda each: replace(each, tenants={**each.tenants, found.names.name: found.names}))
    tenant = found.names
    if as_json:
        document = {"tenant": tenant.name, "saved_at": found.snapshot.saved_at, "remarks": list(found.remarks)}
        print_json(document | ready_file.tenant_json(stack.urls, tenant, None))
        return
    where = f"{tenant.cmi_url} and {tenant.c4c_url}"
    out().print(Text(f"tenant {tenant.name} of {found.snapshot.saved_at} is open: {where}"), soft_wrap=True)
    for remark in found.remarks:
        err().print(Text(remark, style="yellow"), soft_wrap=True)


@snapshot.command("list")
@json_option
def snapshot_list(as_json: bool) -> None:
    """The snapshots in the user's folder."""
    rows = []
    for name in archive.known():
        with archive.read(archive.path_of(name, None)) as (found, _):
            rows.append({"name": name, "tenant": str(found.tenant["name"]), "saved_at": found.saved_at})
    if as_json:
        print_json({"folder": str(archive.folder()), "snapshots": rows})
        return
    print_table(("name", "tenant", "saved at"), [list(row.values()) for row in rows])
