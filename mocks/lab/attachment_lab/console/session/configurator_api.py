"""System Configurator's API for the pages."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from attachment_lab.console.session.shared_reading import SharedReading, of_this_tenant
from attachment_lab.console.session.tenant_session import TenantSession

FRESH_S = 0.4


class ConfiguratorApi:
    """System Configurator's API of one tenant. What is only read bypasses it and is in no journal."""

    def __init__(self, session: TenantSession) -> None:
        base = f"/{session.names.tenant_path}/system-configurator/api"
        self.to, self._tenant = session.to.orchestration, session.names.name
        self.secrets_path = f"{base}/secrets"
        self.integrations_path = f"{base}/event-driven-integrations"
        self.secrets = SharedReading(lambda: self._read("secrets"), for_s=FRESH_S)
        self.integrations = SharedReading(lambda: self._read("event-driven-integrations"), for_s=FRESH_S)

    def integration(self, id_: str) -> Any:
        """One configuration as it was saved."""
        return self._read(f"event-driven-integrations/{id_}")

    def _read(self, what: str) -> Any:
        return self.to.get(f"/_mock/{what}", tenant=self._tenant)

    def forget(self) -> None:
        """Make the next call read again: something was just changed."""
        self.secrets.forget()
        self.integrations.forget()


_APIS: WeakKeyDictionary[TenantSession, ConfiguratorApi] = WeakKeyDictionary()


def configurator_api() -> ConfiguratorApi:
    """The API of the running request's tenant."""
    return of_this_tenant(_APIS, ConfiguratorApi)
