"""All settings, read once from the environment into one frozen object. ``NAME_FILE`` reads a secret from a file."""

from __future__ import annotations

import ipaddress
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, cast

from attachment_transfer.clients.clamd import ClamdAddress
from attachment_transfer.core.allow_list import AllowList, BadAllowList
from attachment_transfer.core.callers import BadCallers, Callers, read_callers
from attachment_transfer.core.dialect import BadDialect, NeighbourDialect, overlay, read_dialect
from attachment_transfer.core.hosts import BadHostPattern, EgressRules, HostPattern, parse_egress_map, parse_patterns
from attachment_transfer.core.policy import MimePattern, parse_mime_patterns
from attachment_transfer.ledger.sealing import BadSealingKey, KeyRing
from attachment_transfer.runtime.allow_list_file import read_file
from attachment_transfer.runtime.setting_kinds import (
    PREFIX,
    BadSettings,
    boolean,
    by,
    choice,
    integer,
    number,
    parse_text,
    parsed,
    read_settings,
    secret_text,
    text,
)

#: The originators of chat messages that CMI is known to name (``dialect.toml`` may add more).
_ORIGINATORS = frozenset({"customer", "agent", "system"})

#: CMI's cloud addresses and C4C's two host families (documented); an on-premises CMI is added by the operator.
DEFAULT_ALLOWED_HOSTS = "*.execute-api.*.amazonaws.com,*.crm.cloud.sap,*.crm.ondemand.com"

#: Networks that are private on purpose, per host pattern.
PrivateNetworks = tuple[tuple[HostPattern, ipaddress.IPv4Network | ipaddress.IPv6Network], ...]
Env = Mapping[str, str]
Values = Mapping[str, Any]


@dataclass(frozen=True)
class AllowListSetting:
    """The allow-list file, and its content when the settings were read. Without a file both are empty."""

    path: Path | None = None
    content: AllowList = field(default_factory=AllowList)


def _lab_clock_file(env: Env, values: Values) -> Path | None:
    name = env.get(f"{PREFIX}LAB_CLOCK_FILE", "")
    if name and not values["lab_mode"]:
        raise BadSettings(f"{PREFIX}LAB_CLOCK_FILE is set but {PREFIX}LAB_MODE is not: production has one clock")
    return Path(name) if name else None


def _lab_crash_file(env: Env, values: Values) -> Path | None:
    name = env.get(f"{PREFIX}LAB_CRASH_FILE", "")
    if name and not values["lab_mode"]:
        raise BadSettings(f"{PREFIX}LAB_CRASH_FILE is set but {PREFIX}LAB_MODE is not: production has no crash points")
    return Path(name) if name else None


def _database_url(env: Env, _: Values) -> str:
    url = secret_text(env, "DATABASE_URL") or "sqlite:///var/attachment-transfer.db"
    if not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")) or ":memory:" in url:
        kind = url.split(":", 1)[0]  # the rest may contain a password
        raise BadSettings(
            f"DATABASE_URL starts with {kind!r}: write sqlite:///path/to/file.db or postgresql://user@host/name"
        )
    return url


def _egress(env: Env, values: Values) -> EgressRules:
    return parse_text(env, "EGRESS_MAP", "", lambda found: parse_egress_map(found, lab_mode=bool(values["lab_mode"])))


def _sealing_keys(env: Env, _: Values) -> str:
    keys = secret_text(env, f"{PREFIX}SEALING_KEYS")
    if not keys:
        raise BadSettings(
            f"{PREFIX}SEALING_KEYS (or {PREFIX}SEALING_KEYS_FILE) is not set: "
            "make a key with `attachment-transfer keys new`"
        )
    try:
        KeyRing.parse(keys)
    except BadSealingKey as exc:
        raise BadSettings(f"{PREFIX}SEALING_KEYS: {exc}") from exc
    return keys


def _private_networks(found: str) -> PrivateNetworks:
    """``cmi.example.org=10.0.0.0/8,…``."""
    networks = []
    for part in _words(found):
        pattern, equals, network = part.partition("=")
        if not equals:
            raise BadHostPattern(f"{part!r}: write HOSTPATTERN=NETWORK, e.g. cmi.example.org=10.1.0.0/16")
        networks.append((HostPattern(pattern.strip()), ipaddress.ip_network(network.strip())))
    return tuple(networks)


def _words(found: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in found.split(",") if part.strip())


def _originators(env: Env, values: Values) -> tuple[str, ...]:
    """The originators whose files are carried; empty = the dialect's list. A misspelt word would skip every file."""
    words = tuple(word.lower() for word in _words(env.get(f"{PREFIX}ORIGINATORS", "")))
    dialect: NeighbourDialect | None = values["dialect"]
    if dialect is None:  # its own error is reported
        return words
    known = _ORIGINATORS | {word.lower() for word in dialect.cmi_originators}
    if unknown := [word for word in words if word not in known]:
        raise BadSettings(f"{PREFIX}ORIGINATORS: {unknown[0]!r}: write one or more of {', '.join(sorted(known))}")
    return words or tuple(word.lower() for word in dialect.cmi_originators)


def _callers(env: Env, _: Values) -> Callers:
    path = env.get(f"{PREFIX}CALLERS_FILE", "")
    if not path:
        return Callers()
    try:
        return read_callers(tomllib.loads(Path(path).read_text(encoding="utf-8")))
    except (BadCallers, OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise BadSettings(f"{PREFIX}CALLERS_FILE={path!r}: {exc}") from exc


def _allow_list(env: Env, _: Values) -> AllowListSetting:
    """Read at the start, so that a process never runs with a file that it could not read once."""
    path = env.get(f"{PREFIX}ALLOW_LIST_FILE", "")
    if not path:
        return AllowListSetting()
    try:
        return AllowListSetting(Path(path), read_file(Path(path)))
    except BadAllowList as exc:
        raise BadSettings(f"{PREFIX}ALLOW_LIST_FILE={path!r}: {exc}") from exc


def _clamd(found: str) -> ClamdAddress | None:
    return ClamdAddress.parse(found) if found else None


def _retention(found: str) -> float:
    seconds = float(found)
    if seconds != 0 and not 3600 <= seconds < 1e10:
        raise ValueError(f"{found!r}: write 0 (keep for ever) or seconds from 3600 (an hour)")
    return seconds


def _sync_wait(found: str) -> float:
    """Contact Pro gives up after 10 s by default (documented), so a longer wait would only lose the answer."""
    seconds = float(found)
    if not 0 <= seconds <= 60:
        raise ValueError(f"{found!r}: write seconds from 0 (do not wait) to 60")
    return seconds


def shipped_dialect() -> dict[str, Any]:
    """The dialect file that comes with the program, as parsed TOML with its evidence labels."""
    shipped = resources.files("attachment_transfer").joinpath("dialect.toml").read_text(encoding="utf-8")
    return tomllib.loads(shipped)


def dialect_of_file(path: str) -> NeighbourDialect:
    """The shipped dialect, overlaid by a tenant's own file if there is one. Raises BadSettings."""
    try:
        shipped = read_dialect(shipped_dialect())
        return overlay(shipped, tomllib.loads(Path(path).read_text(encoding="utf-8"))) if path else shipped
    except (BadDialect, OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise BadSettings(f"{PREFIX}DIALECT_FILE={path!r}: {exc}") from exc


def _dialect(env: Env, _: Values) -> NeighbourDialect:
    dialect = dialect_of_file(env.get(f"{PREFIX}DIALECT_FILE", ""))
    settle_s = env.get(f"{PREFIX}SETTLE_S", "")
    try:
        return overlay(dialect, {"c4c": {"settle_s": {"value": settle_s}}}) if settle_s else dialect
    except BadDialect as exc:
        raise BadSettings(f"{PREFIX}SETTLE_S: {exc}") from exc


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting of the service, one attribute per environment variable (see the table in ``service/README.md``)."""

    lab_mode: bool = field(metadata=boolean("LAB_MODE", default=False))
    lab_clock_file: Path | None = field(metadata=by(_lab_clock_file))
    lab_crash_file: Path | None = field(metadata=by(_lab_crash_file))
    database_url: str = field(repr=False, metadata=by(_database_url))
    host: str = field(metadata=text("HOST", "127.0.0.1"))
    port: int = field(metadata=integer("PORT", 8104, low=1, high=65_534))
    worker_port: int = field(
        metadata=integer("WORKER_PORT", lambda values: (values["port"] or 0) + 1, low=1, high=65_535)
    )
    egress: EgressRules = field(metadata=by(_egress))
    allowed_hosts: tuple[HostPattern, ...] = field(
        metadata=parsed("ALLOWED_HOSTS", DEFAULT_ALLOWED_HOSTS, parse_patterns)
    )
    private_networks: PrivateNetworks = field(metadata=parsed("PRIVATE_NETWORKS", "", _private_networks))
    callers: Callers = field(metadata=by(_callers))
    token_issuers: tuple[str, ...] = field(metadata=parsed("TOKEN_ISSUERS", "", _words))
    allow_list: AllowListSetting = field(metadata=by(_allow_list))
    token_audience: str = field(metadata=text("TOKEN_AUDIENCE", "attachment-transfer"))
    token_leeway_s: float = field(metadata=number("TOKEN_LEEWAY_S", 30.0))
    scope_post: str = field(metadata=text("SCOPE_POST", "chat-attachments"))
    scope_status: str = field(metadata=text("SCOPE_STATUS", "transfers"))
    scope_operator: str = field(metadata=text("SCOPE_OPERATOR", "transfers.operate"))
    sealing_keys: str = field(repr=False, metadata=by(_sealing_keys))
    dialect: NeighbourDialect = field(metadata=by(_dialect))
    max_request_bytes: int = field(metadata=integer("MAX_REQUEST_BYTES", 262_144, low=1024, high=16 * 1024**2))
    max_attachment_bytes: int = field(metadata=integer("MAX_ATTACHMENT_BYTES", 2 * 1024**3, low=1, high=2**40))
    max_open_transfers: int = field(metadata=integer("MAX_OPEN_TRANSFERS", 100_000, low=1, high=10**9))
    min_free_disk_bytes: int = field(metadata=integer("MIN_FREE_DISK_BYTES", 256 * 1024**2, low=0, high=2**50))
    prefetch_bytes: int = field(metadata=integer("PREFETCH_BYTES", 16 * 1024**2, low=0, high=2**40))
    verify_digest: bool = field(metadata=boolean("VERIFY_DIGEST", default=False))
    upload_timeout_s: float = field(metadata=number("UPLOAD_TIMEOUT_S", 900.0))
    read_timeout_s: float = field(metadata=number("READ_TIMEOUT_S", 60.0))
    document_timeout_s: float = field(metadata=number("DOCUMENT_TIMEOUT_S", 30.0))
    slow_grace_s: float = field(metadata=number("SLOW_GRACE_S", 30.0))
    least_rate_bytes_per_s: float = field(metadata=number("LEAST_RATE_BYTES_PER_S", 16_384.0, unit="bytes per second"))
    redrive_s: float = field(metadata=number("REDRIVE_S", 7 * 86_400.0))
    retention_s: float = field(metadata=parsed("RETENTION_S", str(30 * 86_400), _retention))
    credential_park_s: float = field(metadata=number("CREDENTIAL_PARK_S", 1800.0))
    sync_wait_s: float = field(metadata=parsed("SYNC_WAIT_S", "0", _sync_wait))
    rounds_per_worker: int = field(metadata=integer("ROUNDS_PER_WORKER", 8, low=1, high=256))
    rounds_per_tenant: int = field(metadata=integer("ROUNDS_PER_TENANT", 4, low=1, high=64))
    poll_interval_s: float = field(metadata=number("POLL_INTERVAL_S", 0.1))
    drain_s: int = field(metadata=integer("DRAIN_S", 30, low=0, high=3600))
    lease_ttl_s: float = field(metadata=number("LEASE_TTL_S", 30.0))
    calls_per_s: float = field(metadata=number("CALLS_PER_S", 50.0, unit="calls per second"))
    mime_allow: tuple[MimePattern, ...] = field(metadata=parsed("MIME_ALLOW", "", parse_mime_patterns))
    mime_deny: tuple[MimePattern, ...] = field(metadata=parsed("MIME_DENY", "", parse_mime_patterns))
    originators: tuple[str, ...] = field(metadata=by(_originators))
    deduplicate_names: bool = field(metadata=boolean("DEDUPLICATE_NAMES", default=True))
    clamd: ClamdAddress | None = field(metadata=parsed("CLAMD", "", _clamd))
    transcript: bool = field(metadata=boolean("TRANSCRIPT", default=False))
    write_back: bool = field(metadata=boolean("WRITE_BACK", default=False))
    metrics: str = field(metadata=choice("METRICS", "open", ("open", "named", "closed")))
    log_format: str = field(metadata=choice("LOG_FORMAT", "json", ("json", "text")))
    otel: bool = field(metadata=boolean("OTEL", default=False))

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Read ``env``. Raises :class:`BadSettings` at the first error, and never prints a secret's value."""
        return cast(Settings, read_settings(cls, env))

    @classmethod
    def checked(cls, env: Mapping[str, str]) -> tuple[Settings | None, list[str]]:
        """Read all of ``env``: the settings, or None and every error, one message per variable."""
        errors: list[str] = []
        return read_settings(cls, env, errors), errors
