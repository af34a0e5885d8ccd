"""Re-reads the allow-list file while a process runs: content that cannot be used keeps the last good one.

The file is looked up at each use (one ``stat``), so a change counts from the next request and the next round on. A
thread does the same once a second, so that a change is audited, logged and measured without any traffic.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
import structlog
from prometheus_client import Gauge

from attachment_transfer.core.allow_list import AllowList, BadAllowList, read_allow_list
from attachment_transfer.core.hosts import HostPattern
from attachment_transfer.ledger.allow_list_audit import note_change
from attachment_transfer.ledger.database import DatabaseBusy

_EVERY_S = 1.0
_MOST_BYTES = 4 * 1024**2
#: Of one process, while the database does not answer; older ones then show in the next entry.
_MOST_PENDING = 100
_REMEDY = "the last good content counts until it is corrected; replace the file by rename"
_log = structlog.get_logger(__name__)

#: What changes with every replacement, and with almost every write.
_Signature = tuple[int, int, int, int]


def read_file(path: Path) -> AllowList:
    """Read it now. Raises :class:`BadAllowList`, also for a file that cannot be read."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as exc:
        raise BadAllowList(f"it cannot be read: {exc.strerror}; create it, or correct the path") from exc
    if len(content) > _MOST_BYTES:
        raise BadAllowList(f"it is larger than {_MOST_BYTES} bytes: write patterns in place of single hosts")
    return read_allow_list(content)


class AllowListFile:
    """The present content of one file, for every thread of a process.

    Args:
        path: None = no file: the list is empty.
        start: the content that the settings were read with.
        valid: the process's metric, 1 while the file's content counts.
    """

    def __init__(self, path: Path | None, start: AllowList, *, valid: Gauge) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._content = start
        self._seen: _Signature | None = None
        self._valid_now = True
        self._valid = valid
        #: Accepted contents that are not in the audit trail yet, with the file's ctime; and what wakes their writer.
        self.accepted: deque[tuple[AllowList, int]] = deque(maxlen=_MOST_PENDING)
        self.changed = threading.Event()
        valid.set(1)

    def current(self) -> AllowList:
        """What counts now."""
        if self._path is None:
            return self._content
        signature = _signature(self._path)
        if signature != self._seen or signature is None:
            with self._lock:
                self._refresh(self._path, signature)
        return self._content

    def hosts(self) -> tuple[HostPattern, ...]:
        """The host patterns of the file."""
        return self.current().hosts

    def issuers(self) -> tuple[str, ...]:
        """The token issuers of the file."""
        return self.current().issuers

    def watch(self, engine: sa.Engine, now_s: Callable[[], float], *, every_s: float = _EVERY_S) -> None:
        """From now on, in a thread: read changes, and write each accepted one to the audit trail."""
        if self._path is None:
            return
        trail = _Trail(self, engine, now_s)

        def keep_watching() -> None:
            while True:
                self.changed.clear()
                trail.write()
                self.changed.wait(every_s)

        threading.Thread(target=keep_watching, name="allow-list", daemon=True).start()

    def _refresh(self, path: Path, signature: _Signature | None) -> None:
        if signature == self._seen and (signature is not None or not self._valid_now):
            return
        try:
            content = read_file(path)
        except BadAllowList as exc:
            self._seen = signature
            self._valid_now = False
            self._valid.set(0)
            _log.error("the allow-list file cannot be used", file=str(path), error=str(exc), remedy=_REMEDY)
            return
        self._valid_now = True
        self._valid.set(1)
        if content != self._content:
            _log.info("the allow-list file was read", hosts=len(content.hosts), issuers=len(content.issuers))
        for field, text in content.too_wide():
            _log.warning("the allow-list file covers names that anyone can register", field=field, value=text)
        self._content = content
        self._seen = signature  # last: threads that see it do not wait for the lock
        self.accepted.append((content, signature[1] if signature else 0))
        self.changed.set()


def _signature(path: Path) -> _Signature | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - at each request: no object is made
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


class _Trail:
    """Writes what this process has not yet seen in the audit trail."""

    def __init__(self, file: AllowListFile, engine: sa.Engine, now_s: Callable[[], float]) -> None:
        self._file = file
        self._engine = engine
        self._now_s = now_s
        self._written = AllowList()

    def write(self) -> None:
        """Each accepted content, once; tried again at the next call if the database does not take it."""
        self._file.current()
        while self._file.accepted:
            content, changed_at_ns = self._file.accepted[0]
            try:
                self._note(content, changed_at_ns)
            except (sa.exc.SQLAlchemyError, DatabaseBusy) as exc:
                _log.warning("the change of the allow-list is not in the audit trail yet", error=type(exc).__name__)
                return
            self._file.accepted.popleft()
            self._written = content

    def _note(self, content: AllowList, changed_at_ns: int) -> None:
        note_change(
            self._engine,
            content,
            changed_at_ns=changed_at_ns,
            at_s=self._now_s(),
            before=self._written,
            is_current=lambda: self._file.current() == content,
        )
