"""The evidence folder: one redacted JSON file per exchange, an index, and a last check for unredacted texts."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from attachment_lab.errors import LabFailed, WrongUse
from attachment_lab.probe.exchange import ExchangeLog, ProbeExchange
from attachment_lab.probe.findings.redaction import Redactor
from attachment_lab.probe.target import ProbeTarget

FOLDER = "evidence"
#: Shorter texts would be found by chance.
_SHORTEST = 4


class NotRedacted(LabFailed):
    """A file would have contained something that must not be stored; nothing of it was written."""


class EvidenceFolder:
    """Writes evidence, each file the moment its exchange is complete, so a run that breaks off leaves what it saw.

    Args:
        folder: of the run; it is created, and refused when it is not empty.
    """

    def __init__(self, folder: Path, target: ProbeTarget, redactor: Redactor) -> None:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise WrongUse(f"{folder} holds something already; name a new folder with --out")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / FOLDER).mkdir(mode=0o700)
        self.folder = folder
        self._redactor = redactor
        self._forbidden = _forbidden(target)
        #: Path below the folder of each exchange's file, by label.
        self.files: dict[str, str] = {}

    def keep(self, exchange: ProbeExchange) -> None:
        """Write one exchange. Raises NotRedacted."""
        name = f"{FOLDER}/{len(self.files) + 1:04d}-{exchange.label}.json"
        self.write(name, self._redactor.exchange(exchange))
        self.files[exchange.label] = name

    def index(self, log: ExchangeLog) -> list[dict[str, Any]]:
        """The requests in order, with their evidence files."""
        return [
            {
                "what": one.label,
                "request": f"{one.method} {self._redactor.url(one.url)}",
                "status": one.status,
                "file": self.files[one.label],
            }
            for one in log
        ]

    def write(self, name: str, document: Any) -> None:
        """Write a JSON file below the folder, after the last check. Raises NotRedacted."""
        self.write_text(name, json.dumps(document, indent=2, ensure_ascii=False) + "\n")

    def write_text(self, name: str, text: str) -> None:
        """Write a text file below the folder, after the last check. Raises NotRedacted."""
        low = text.casefold()
        for what, value in self._forbidden.items():
            if value.casefold() in low:
                raise NotRedacted(f"{name} would have contained {what}; it was not written. Please report this.")
        path = self.folder / name
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as sink:
            sink.write(text)


def _forbidden(target: ProbeTarget) -> Mapping[str, str]:
    """Accounts, and what identifies the customer: hosts and the tenant in CMI's path."""
    named = dict(target.guarded())
    for system in target.systems:
        host, _, tenant = target.site(system).partition("/")
        named[f"the host of {system}"] = host
        if tenant:
            named["the path of CMI's tenant"] = f"/{tenant}/"
        if urlsplit(target.address(system)).port:
            named[f"the address of {system}"] = urlsplit(target.address(system)).netloc
    return {what: value for what, value in named.items() if len(value) >= _SHORTEST}
