"""Load the demo's customers from the command line: before the start ends, and in the background after a reset."""

from __future__ import annotations

import threading

from rich.console import Console
from rich.text import Text

from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.demo.seeds.load import load
from attachment_lab.errors import LabError
from attachment_lab.tenant.credentials import TenantNames


class SeedLoader:
    """Loads customers into a tenant and prints its progress."""

    def __init__(self, to: StackClients, console: Console) -> None:
        self._to = to
        self._console = console

    def load(self, names: TenantNames, *, wait: bool) -> None:
        """Load them; without ``wait`` in the background, where a failure is only printed."""
        if wait:
            self._load(names)
        else:
            threading.Thread(target=self._try, args=(names,), daemon=True, name="seeding").start()

    def _load(self, names: TenantNames) -> None:
        loaded = load(self._to, names, on_chat=self._print)
        self._print(f"{loaded} are loaded")

    def _try(self, names: TenantNames) -> None:
        try:
            self._load(names)
        except LabError as exc:
            self._console.print(Text(f"The demo's customers were not loaded: {exc}", "red"), soft_wrap=True)

    def _print(self, line: str) -> None:
        self._console.print(Text(f"  {line}", "dim"), soft_wrap=True)
