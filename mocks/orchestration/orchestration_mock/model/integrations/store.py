"""All configurations of one tenant. Documented: each has a UUID."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from threading import RLock
from typing import Any

from mock_kit.http.refusals import MissingItem
from mock_kit.tenants.ids import normal_id
from orchestration_mock.model.integrations.form import read_integration
from orchestration_mock.model.integrations.integration import Integration


class Integrations:
    """All configurations of one tenant, in the order of their creation."""

    def __init__(self, *, new_id: Callable[[], str], guard: Callable[[str], None], dialect: Mapping[str, Any]) -> None:
        self._new_id = new_id
        self._guard = guard
        self._dialect = dialect
        self._items: dict[str, Integration] = {}
        self._serial = 0
        self._lock = RLock()

    def all(self) -> list[Integration]:
        """All configurations."""
        with self._lock:
            return [*self._items.values()]

    def get(self, id_: str) -> Integration:
        """One configuration; its id in any case, with or without dashes. Raises ``MissingItem``."""
        with self._lock:
            for key, found in self._items.items():
                if normal_id(key) == normal_id(id_):
                    return found
        raise MissingItem(f"There is no configuration {id_}.")

    def create(self, body: object) -> Integration:
        """Save a new configuration. Raises ``Invalid``."""
        with self._lock:
            found = self._read(body, self._new_id(), self._serial + 1)
            self._serial += 1
            self._items[found.id] = found
        return found

    def load(self, saved: Iterable[Mapping[str, Any]]) -> None:
        """Replace all configurations by those of a snapshot: forms with ``id`` and ``serial``. Raises ``Invalid``."""
        with self._lock:
            found = [
                self._read({name: each[name] for name in each if name != "serial"}, each["id"], int(each["serial"]))
                for each in saved
            ]
            self._items = {each.id: each for each in found}
            self._serial = max((each.serial for each in found), default=0)

    def replace(self, id_: str, body: object) -> Integration:
        """Replace a configuration; its id stays. Raises ``MissingItem`` or ``Invalid``."""
        with self._lock:
            old = self.get(id_)
            found = self._read(body, old.id, old.serial)
            self._items[found.id] = found
        return found

    def switch(self, id_: str, *, enabled: bool) -> Integration:
        """Enable or disable a configuration. Raises ``MissingItem``."""
        with self._lock:
            found = replace(self.get(id_), enabled=enabled)
            self._items[found.id] = found
        return found

    def delete(self, id_: str) -> None:
        """Remove a configuration. Raises ``MissingItem``."""
        with self._lock:
            del self._items[self.get(id_).id]

    def using_secret(self, name: str) -> list[Integration]:
        """The configurations whose JSON refers to that secret."""
        return [found for found in self.all() if name in found.used_secrets]

    def _read(self, body: object, id_: str, serial: int) -> Integration:
        if isinstance(body, dict):
            for item in body.get("authentications") or []:
                if isinstance(item, dict) and isinstance(item.get("value"), str):
                    self._guard(item["value"])
        found = read_integration(body, id_=id_, serial=serial, dialect=self._dialect)
        for value in found.definition.literal_secrets:
            self._guard(value)
        return found
