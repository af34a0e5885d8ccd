"""Loads the demo's customers for a page: in the background, once at a time, with its progress."""

from __future__ import annotations

import threading
from typing import Any

from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.errors import LabError, WrongUse
from attachment_lab.tenant.credentials import TenantNames


class Seeding:
    """Loads the demo's customers into one tenant. Safe for threads."""

    def __init__(self, to: StackClients, names: TenantNames) -> None:
        self._to = to
        self._names = names
        self._busy = threading.Lock()
        self._message = ""
        self._error: str | None = None

    def start(self) -> None:
        """Begin. Raises WrongUse while one is under way."""
        if not self._busy.acquire(blocking=False):
            raise WrongUse("the demo's customers are being loaded already; wait a few seconds")
        self._message, self._error = "Preparing the files", None
        threading.Thread(target=self._load, daemon=True, name="seeding").start()

    def state(self) -> dict[str, Any]:
        """``{"is_loading", "message", "error"}``; ``message`` is a sentence for a person."""
        return {"is_loading": self._busy.locked(), "message": self._message, "error": self._error}

    def _load(self) -> None:
        from attachment_lab.demo.seeds.load import load  # noqa: PLC0415 - builds pictures: heavy imports

        try:
            self._message = f"{load(self._to, self._names, on_chat=self._set_message)} are there."
        except LabError as exc:
            self._error = str(exc)
        finally:
            self._busy.release()

    def _set_message(self, words: str) -> None:
        self._message = words
