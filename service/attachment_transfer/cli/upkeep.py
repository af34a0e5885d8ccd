"""Commands on the whole database: purge, after-restore, sealing keys. Actor: ``operator``."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from attachment_contract.terminal import echo
from attachment_transfer.cli.support import fail, json_option, print_json, report_errors, settings
from attachment_transfer.ledger import audit as trail
from attachment_transfer.ledger.sealing import KeyRing, SealBroken, new_master_key
from attachment_transfer.ledger.upkeep.purge import give_back_space
from attachment_transfer.ledger.upkeep.restore import after_restore
from attachment_transfer.ledger.upkeep.rotation import rotate
from attachment_transfer.runtime import database_tasks


@click.command()
@click.option(
    "--older-than", "days", type=click.IntRange(min=1), help="Days since their end. Default: the retention time."
)
@click.option("--dry-run", is_flag=True, help="Print how many, delete nothing.")
@json_option
@report_errors
def purge(days: int | None, dry_run: bool, as_text: bool) -> None:
    """Delete transfers that ended long ago, with their attachments' records, audit and the engine's rows."""
    found = settings()
    retention_s = found.retention_s if days is None else days * 86_400.0
    if not retention_s:
        fail("ATTACHMENT_TRANSFER_RETENTION_S is 0 (keep for ever): write --older-than DAYS", 2)
    engine, _, clock = database_tasks.operator_tools(found)
    purger = database_tasks.purger(found, engine, clock.now_s, retention_s=retention_s, actor=trail.OPERATOR)
    count = purger.due() if dry_run else 0
    while not dry_run and (gone := purger.purge_batch()):
        count += len(gone)
        give_back_space(engine)
    before = datetime.fromtimestamp(clock.now_s() - retention_s, UTC).isoformat(timespec="seconds")
    if as_text:
        print_json({"dry_run": dry_run, "ended_before": before, "transfers": count})
    else:
        echo(f"{count} transfer(s) that ended before {before}{' would be' if dry_run else ''} deleted")


@click.command("after-restore")
@json_option
@report_errors
def after_restore_command(as_text: bool) -> None:
    """Run once after a backup was restored, before the worker starts.

    Files are then looked for at C4C before they are posted.
    """
    engine, _, clock = database_tasks.operator_tools(settings())
    count = after_restore(engine, now_s=clock.now_s())
    if as_text:
        print_json({"files": count})
    else:
        echo(f"{count} file(s) are looked for before they are posted, and new ones for 30 days")


@click.group()
def keys() -> None:
    """Sealing keys: what the secrets of open transfers are encrypted with."""


@keys.command()
@click.option("--id", "key_id", default="k1", show_default=True, help="Name of the key; no other key may have it.")
@json_option
def new(key_id: str, as_text: bool) -> None:
    """Print a fresh key as ID:BASE64, for ATTACHMENT_TRANSFER_SEALING_KEYS."""
    key = new_master_key()
    if as_text:
        print_json({"id": key_id, "key": key, "setting": f"{key_id}:{key}"})
    else:
        echo(f"{key_id}:{key}")


@keys.command("rotate")
@json_option
@report_errors
def rotate_command(as_text: bool) -> None:
    """Wrap the secrets of all open transfers with the first sealing key; then older keys may be removed.

    Keep an older key until no round that it sealed is waiting: a week is enough.
    """
    found = settings()
    engine, _, clock = database_tasks.operator_tools(found)
    try:
        count = rotate(engine, KeyRing.parse(found.sealing_keys), now_s=clock.now_s())
    except SealBroken as exc:
        fail(f"{exc}: add it to ATTACHMENT_TRANSFER_SEALING_KEYS behind the new one", 1)
    if as_text:
        print_json({"transfers": count})
    else:
        echo(f"{count} transfer(s) rewrapped")
