"""Saves a tenant of a running stack: its configuration, what the three mocks have of it, the service's rows."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from attachment_lab.clients.stack_clients import MOCKS, StackClients
from attachment_lab.snapshots import archive
from attachment_lab.snapshots.ledger_rows import read_rows
from attachment_lab.stack.clocks import read_offset
from attachment_lab.tenant.credentials import PastedIntegration, TenantNames

#: What a snapshot does not carry, for people.
NOT_CARRIED = (
    "values of secrets (made when it is restored)",
    "the mocks' journals and planned faults",
    "tokens and sessions",
    "passwords of business users",
    "transfers in progress (saved as failed; their event can be fired again)",
)


@dataclass(frozen=True, kw_only=True)
class TenantPlace:
    """A tenant and where it lives: clients of its stack, and the stack's files where they are on this machine."""

    to: StackClients
    names: TenantNames
    run_dir: Path | None = None
    clock_file: Path | None = None

    @property
    def caller(self) -> str:
        """What the service calls the tenant's OAuth client."""
        return f"{self.names.token_issuer}#{self.names.client_id}"


def save(place: TenantPlace, name: str, path: Path, *, overwrite: bool = False) -> archive.Snapshot:
    """Save the tenant into a file. Raises WrongUse, RequestRefused, Unreachable, LabFailed."""
    with tempfile.TemporaryDirectory(prefix="attachment-lab-snapshot-") as scratch:
        archives = save_mocks(place.to, place.names.name, Path(scratch))
        snapshot = archive.Snapshot(
            name=name,
            saved_at=datetime.now(UTC).isoformat(timespec="seconds"),
            version=_version(),
            tenant=archive.without_secrets(with_present_integrations(place.names, archives)),
            dialects={mock: dialect_of(place.to, mock, place.names.name) for mock in MOCKS},
            service_offset_s=read_offset(place.clock_file) if place.clock_file else 0.0,
            ledger=read_rows(place.run_dir, place.caller),
        )
        archive.write(path, snapshot, archives, place.names.guarded(), overwrite=overwrite)
    return snapshot


def save_mocks(to: StackClients, tenant: str, directory: Path) -> dict[str, Path]:
    """Each mock's archive of a tenant, as ``directory/MOCK.zip``."""
    found = {}
    for mock in MOCKS:
        answer = to.mock(mock).open("/_mock/snapshot", tenant=tenant)
        found[mock] = directory / f"{mock}.zip"
        try:
            with found[mock].open("wb") as sink:
                sink.writelines(answer.iter_bytes())
        finally:
            answer.close()
    return found


def dialect_of(to: StackClients, mock: str, tenant: str) -> dict[str, Any]:
    """The switches of a mock's tenant that differ from the defaults."""
    found = to.mock(mock).get("/_mock/dialect", tenant=tenant)
    return {name: value for name, value in found["dialect"].items() if value != found["defaults"].get(name)}


def with_present_integrations(names: TenantNames, archives: Mapping[str, Path]) -> TenantNames:
    """The names with the integrations as Contact Pro has them now, literal secrets masked."""
    with zipfile.ZipFile(archives["orchestration"]) as opened:
        state = json.loads(opened.read("state.json").decode("utf-8", "surrogatepass"))["state"]
    return replace(names, integrations=tuple(_pasted(each) for each in state["integrations"]))


def _pasted(form: Mapping[str, Any]) -> PastedIntegration:
    alike = ("json", "endpoint_url", "name", "description", "channel_type", "ordinal", "direction", "enabled")
    return PastedIntegration(
        **{name: form[name] for name in alike},
        events=tuple(form["events"]),
        queues=tuple(dict(each) for each in form["queues"]),
        direct_conversations=bool(form["direct_conversations"]),
    )


def _version() -> str:
    try:
        return version("attachment-lab")
    except PackageNotFoundError:
        return "unknown"
