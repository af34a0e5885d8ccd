"""What the containers need before they start: a lab CA, certificates for the real names, and fresh secrets.

Everything is created in volumes, one for each reader, when a stack first starts; nothing of it is in an image or in the
compose file. ``provision`` is safe to run twice: existing files are kept, so a restarted stack keeps its database.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path

import trustme

from attachment_lab.containers.names import aliases, own_aliases, pool
from attachment_lab.errors import WrongUse
from attachment_lab.tenant.credentials import TenantNames, default_tenant, sealing_key

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


def provision(root: Path, own: TenantNames | None = None) -> bool:
    """Fill the volumes, one folder below ``root`` for each reader; False if they were filled before.

    ``own`` is the first tenant in place of the documentation's. Raises WrongUse where the volumes are those of another.

    ``ca``: the CA's certificate alone, for every container. ``tls-<container>``: its certificate with its key.
    ``service``: sealing keys and the database's URL. ``database``: its user's password. ``console``: addresses, names
    and secrets of all tenants. ``grafana``: its administrator's password.
    """
    grafana_password = root / "grafana" / "admin_password"
    if not grafana_password.exists():  # a stack of an older release has its other secrets already
        # Grafana is another user, and the only reader of this volume.
        _write(grafana_password, secrets.token_urlsafe(24), _PUBLIC)
    if (root / "console" / "console.json").exists():
        _without_dialects(root / "console" / "console.json")
        _same_tenant(root / "console" / "console.json", own)
        return False
    _certificates(root, own)
    password = secrets.token_urlsafe(24)
    _write(root / "database" / "password", password, _PRIVATE)
    _write(root / "service" / "database_url", f"postgresql://transfer:{password}@postgres/transfer", _PRIVATE)
    _write(root / "service" / "sealing_keys", sealing_key(), _PRIVATE)
    # Last: its presence means that everything else exists.
    _write(root / "console" / "console.json", json.dumps(console_settings(own)), _PRIVATE)
    return True


def console_settings(own: TenantNames | None = None) -> dict[str, object]:
    """The console's settings (console.app.create_app)."""
    return {
        "urls": URLS,
        "tenant": (own or default_tenant()).to_json(),
        "pool": [names.to_json() for names in pool()],
        "dialects": {},
    }


def _without_dialects(path: Path) -> None:
    """Remove a switch that volumes of an earlier version contain and the mocks refuse now."""
    settings = json.loads(path.read_text(encoding="utf-8"))
    if settings["dialects"]:
        _write(path, json.dumps(settings | {"dialects": {}}), _PRIVATE)


def _same_tenant(path: Path, own: TenantNames | None) -> None:
    """Certificates and secrets are made once: another configuration needs other volumes."""
    made = TenantNames.from_json(json.loads(path.read_text(encoding="utf-8"))["tenant"])
    wanted = own or made
    if (made.cmi_url, made.c4c_hosts, made.token_issuer) != (wanted.cmi_url, wanted.c4c_hosts, wanted.token_issuer):
        raise WrongUse(
            f"these volumes belong to {made.cmi_url} and {made.c4c_url}, the configuration names {wanted.cmi_url} and "
            f"{wanted.c4c_url}; remedy: make down, which removes the volumes, then make up again"
        )


def _certificates(root: Path, own: TenantNames | None) -> None:
    authority = trustme.CA(organization_name="attachment-lab")
    _write(root / "ca" / "ca.pem", authority.cert_pem.bytes().decode(), _PUBLIC)
    further = own_aliases(own) if own else {}
    for container, names in aliases().items():
        issued = authority.issue_cert(*names, *further.get(container, ()), container)
        _write(root / f"tls-{container}" / "tls.pem", issued.private_key_and_cert_chain_pem.bytes().decode(), _PRIVATE)


def _write(path: Path, text: str, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
