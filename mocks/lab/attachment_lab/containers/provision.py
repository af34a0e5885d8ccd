"""What the containers need before they start: a lab CA, certificates for the real names, and fresh secrets.

Everything is created in volumes, one for each reader, when a stack first starts; nothing of it is in an image or in the
compose file. ``provision`` is safe to run twice: existing files are kept, so a restarted stack keeps its database.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import trustme

from attachment_lab.containers.names import aliases, pool
from attachment_lab.tenant.credentials import default_tenant, sealing_key

#: Base URLs inside the network, for console, tests and smoke check.
URLS = {
    "console": "http://console:8100",
    "orchestration": "http://orchestration:8101",
    "cmi": "http://cmi:8102",
    "c4c": "http://c4c:8103",
    "service": "http://balancer:8104",
}
_PRIVATE = 0o400
_PUBLIC = 0o444


@dataclass(frozen=True)
class Volumes:
    """The volumes, one folder below ``root`` for each reader."""

    root: Path

    @property
    def ca(self) -> Path:
        """The CA's certificate alone, for every container."""
        return self.root / "ca"

    def tls(self, container: str) -> Path:
        """A container's own certificate with its key."""
        return self.root / f"tls-{container}"

    @property
    def service(self) -> Path:
        """Sealing keys and the database's URL."""
        return self.root / "service"

    @property
    def database(self) -> Path:
        """The password of the database's user."""
        return self.root / "database"

    @property
    def console(self) -> Path:
        """The console's settings: addresses, names and secrets of all tenants."""
        return self.root / "console"

    @property
    def grafana(self) -> Path:
        """The password of Grafana's administrator."""
        return self.root / "grafana"


def provision(root: Path) -> bool:
    """Fill the volumes; False if they were filled before."""
    volumes = Volumes(root)
    grafana_password = volumes.grafana / "admin_password"
    if not grafana_password.exists():  # a stack of an older release has its other secrets already
        # Grafana is another user, and the only reader of this volume.
        _write(grafana_password, secrets.token_urlsafe(24), _PUBLIC)
    if (volumes.console / "console.json").exists():
        _without_dialects(volumes.console / "console.json")
        return False
    _certificates(volumes)
    password = secrets.token_urlsafe(24)
    _write(volumes.database / "password", password, _PRIVATE)
    _write(volumes.service / "database_url", f"postgresql://transfer:{password}@postgres/transfer", _PRIVATE)
    _write(volumes.service / "sealing_keys", sealing_key(), _PRIVATE)
    # Last: its presence means that everything else exists.
    _write(volumes.console / "console.json", json.dumps(console_settings()), _PRIVATE)
    return True


def console_settings(urls: Mapping[str, str] = URLS) -> dict[str, object]:
    """The console's settings (console.app.create_app)."""
    return {
        "urls": dict(urls),
        "tenant": default_tenant().to_json(),
        "pool": [names.to_json() for names in pool()],
        "dialects": {},
    }


def _without_dialects(path: Path) -> None:
    """Remove a switch that volumes of an earlier version contain and the mocks refuse now."""
    settings = json.loads(path.read_text(encoding="utf-8"))
    if settings["dialects"]:
        _write(path, json.dumps(settings | {"dialects": {}}), _PRIVATE)


def _certificates(volumes: Volumes) -> None:
    authority = trustme.CA(organization_name="attachment-lab")
    _write(volumes.ca / "ca.pem", authority.cert_pem.bytes().decode(), _PUBLIC)
    for container, names in aliases().items():
        issued = authority.issue_cert(*names, container)
        _write(volumes.tls(container) / "tls.pem", issued.private_key_and_cert_chain_pem.bytes().decode(), _PRIVATE)


def _write(path: Path, text: str, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
