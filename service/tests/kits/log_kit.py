"""Every line that the service logs in a test is one of the table in docs/operations.md: event, level, fields."""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import structlog

_OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"
_ROW = re.compile(r"^\| `([^`]+)` \| (debug|info|warning|error) \| ([a-z0-9_, ]+) \|", re.MULTILINE)
#: Fields that may be None: a file put off for no reason of its own, a size that CMI did not list.
_MAY_BE_NONE = {"reason", "size_bytes"}


def documented_lines() -> set[tuple[str, str, frozenset[str]]]:
    """(event, level, fields) of each row of the table."""
    rows = _ROW.findall(_OPERATIONS.read_text(encoding="utf-8"))
    return {(event, level, frozenset(fields.split(", "))) for event, level, fields in rows}


def _fits(name: str, value: object) -> bool:
    """A reason is its code; what is named after a unit is a number."""
    if name == "reason":
        return isinstance(value, str | None)
    return not name.endswith(("_s", "_ms")) or isinstance(value, int | float)


class LogBook:
    """Collects lines that the table does not have; a processor of structlog."""

    def __init__(self) -> None:
        self._documented = documented_lines()
        self._bound = frozenset({"transfer_id", "round", "trace_id", "span_id"})
        self.complaints: list[str] = []

    def __call__(self, _logger: object, method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        level = {"exception": "error"}.get(method, method)
        fields = frozenset(line) - {"event"}
        event = str(line.get("event"))
        known = any(
            event == row[0] and level == row[1] and row[2] <= fields <= row[2] | self._bound for row in self._documented
        )
        empty = sorted(name for name in fields - _MAY_BE_NONE if line[name] is None)
        odd = sorted(name for name in fields if not _fits(name, line[name]))
        if not known or empty or odd:
            self.complaints.append(f"{level}: {event!r} with {sorted(fields)}; None: {empty}; of another type: {odd}")
        return line

    def read(self) -> list[str]:
        """What was found since the last time."""
        if self not in structlog.get_config()["processors"]:
            self.complaints.append("a test has set up logging in this process: use structlog.testing.capture_logs")
        found, self.complaints = self.complaints, []
        return found


def keep_log_book() -> LogBook:
    """Have every line of this process checked; no tracebacks are rendered: that takes most of a test's time."""
    book = LogBook()
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, book, structlog.processors.KeyValueRenderer()],
        logger_factory=structlog.ReturnLoggerFactory(),
    )
    return book
