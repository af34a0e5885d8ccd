"""One request and its answer, kept in memory until it has been read and redacted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from attachment_lab.probe.target import System


@dataclass(frozen=True, kw_only=True)
class ProbeExchange:
    """A request that was sent and its answer.

    Attributes:
        label: of the request, such as ``c4c.activity.strict``; unique within a run.
        status: 0 without an answer.
        url: the full address.
        headers: of the answer, names in lower case.
        asked: headers of the request, names in lower case, without credentials.
        sent: the request's body, empty for a read.
        body: of the answer; for a file only its beginning.
        size_bytes: of the part of the answer's body that was read.
        cut: the body was longer; the rest was not read.
        took_s: seconds until the answer was read.
    """

    label: str
    system: System
    method: str
    url: str
    at: datetime
    status: int = 0
    asked: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    sent: bytes = b""
    body: bytes = b""
    size_bytes: int = 0
    cut: bool = False
    took_s: float = 0.0

    @property
    def ok(self) -> bool:
        """A success."""
        return 200 <= self.status < 300

    @property
    def media_type(self) -> str:
        """Content-Type without parameters, lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self) -> Any:
        """The body as JSON; None if it is something else."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def data(self) -> dict[str, Any]:
        """The object in an OData document's ``d``; empty if there is none."""
        data = self._d()
        return data if isinstance(data, dict) else {}

    @property
    def created_id(self) -> str:
        """ObjectID of a created entity, from Location, which is sent with and without a body; empty without it."""
        return self.headers.get("location", "").rpartition("('")[2].partition("'")[0]

    @property
    def entity(self) -> dict[str, Any]:
        """A single OData entity in either shape; empty if there is none."""
        inner = self.data.get("results", self.data)
        return inner if isinstance(inner, dict) else {}

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of an OData feed in either shape; empty if it is none."""
        data = self._d()
        rows = data.get("results") if isinstance(data, dict) else data
        return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []

    @property
    def error_text(self) -> str:
        """The human text of an OData error in JSON; empty if there is none."""
        error = _member(self.json(), "error")
        return str(_member(_member(error, "message"), "value") or "")

    def _d(self) -> Any:
        return _member(self.json(), "d")


def _member(document: Any, name: str) -> Any:
    return document.get(name) if isinstance(document, dict) else None


class ExchangeLog:
    """The exchanges of a run in their order, found by label."""

    def __init__(self) -> None:
        self._by_label: dict[str, ProbeExchange] = {}

    def add(self, exchange: ProbeExchange) -> ProbeExchange:
        """Keep one. Raises ValueError when its label exists."""
        if exchange.label in self._by_label:
            raise ValueError(f"{exchange.label} was sent already")
        self._by_label[exchange.label] = exchange
        return exchange

    def get(self, label: str) -> ProbeExchange | None:
        """The exchange of that label, if it was sent and answered."""
        found = self._by_label.get(label)
        return found if found is not None and found.status else None

    def good(self, label: str) -> ProbeExchange | None:
        """The same, if it was a success."""
        found = self.get(label)
        return found if found is not None and found.ok else None

    def __iter__(self) -> Iterator[ProbeExchange]:
        return iter(self._by_label.values())

    def __len__(self) -> int:
        return len(self._by_label)
