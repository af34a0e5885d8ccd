"""The audit trail of the allow-list file: one entry per accepted change, however many processes read the file.

The trail itself says which entries the list had before: each entry of it names what was added and removed, and ends
with the digest of the result. So a change that was made while no process ran is written, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import sqlalchemy as sa

from attachment_transfer.core.allow_list import AllowList, digest_of
from attachment_transfer.ledger import audit, tables
from attachment_transfer.ledger.database import writing

CHANGED = "allow-list changed"
#: PostgreSQL's advisory lock of this entry: a number that is ours.
_LOCK = 7_351_004
_MOST_CHARACTERS = 1800
_ITEM = re.compile(r"(added|removed) (host|issuer) (\S+);")
_VERSION = re.compile(r"list ([0-9a-f]+), file ([0-9]+)$")

Entries = frozenset[tuple[str, str]]


def note_change(
    engine: sa.Engine,
    now: AllowList,
    *,
    changed_at_ns: int,
    at_s: float,
    before: AllowList,
    is_current: Callable[[], bool],
) -> bool:
    """Write the entry, unless another process has. Returns whether this one did.

    Args:
        changed_at_ns: when the file got this content (its ctime).
        before: what this process had; used where the trail was too long to say it.
        is_current: whether the file still has this content. If not, it is written only if it is newer than what the
            trail has: a slow process must not write back an old list.
    """
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        known, digest, newest_ns = _audited(connection)
        if digest == digest_of(now.entries()) or (digest is None and not now.entries()):
            return False
        if changed_at_ns <= newest_ns and not is_current():
            return False
        if digest is not None and digest != digest_of(known):
            known = before.entries()
        audit.note(connection, CHANGED, _detail(known, now, changed_at_ns), actor=audit.ALLOW_LIST_FILE, at_s=at_s)
    return True


def _audited(connection: sa.Connection) -> tuple[Entries, str | None, int]:
    """The entries that the trail adds up to, the newest digest (None: no entry yet), and when its file was changed."""
    table = tables.audit
    details = connection.execute(
        sa.select(table.c.detail)
        .where(table.c.transfer_id.is_(None))
        .where(table.c.action == CHANGED)
        .order_by(table.c.id)
    ).scalars()
    known: set[tuple[str, str]] = set()
    digest, newest_ns = None, 0
    for detail in details:
        for verb, kind, text in _ITEM.findall(detail):
            (known.add if verb == "added" else known.discard)((kind, text))
        found = _VERSION.search(detail)
        digest, newest_ns = (found[1], int(found[2])) if found else ("", 0)
    return frozenset(known), digest, newest_ns


def _detail(known: Entries, now: AllowList, changed_at_ns: int) -> str:
    """``added host a; removed issuer b; now 3 hosts, 1 issuers; list 0123…, file 1765…``."""
    entries = now.entries()
    items = [
        *(f"added {kind} {text};" for kind, text in sorted(entries - known)),
        *(f"removed {kind} {text};" for kind, text in sorted(known - entries)),
    ]
    shown: list[str] = []
    while items and sum(map(len, shown)) + len(items[0]) < _MOST_CHARACTERS:
        shown.append(items.pop(0))
    if items:
        shown.append(f"and {len(items)} more;")
    result = f"now {len(now.hosts)} hosts, {len(now.issuers)} issuers;"
    return " ".join([*shown, result, f"list {digest_of(entries)}, file {changed_at_ns}"])
