"""All settings, read once from the environment into one frozen object. ``NAME_FILE`` reads a secret from a file."""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar, cast

from attachment_transfer.clients.clamd import ClamdAddress
from attachment_transfer.core.callers import BadCallers, Callers, read_callers
from attachment_transfer.core.dialect import BadDialect, NeighbourDialect, overlay, read_dialect
from attachment_transfer.core.hosts import (
    BadHostPattern,
    EgressMap,
    HostPattern,
    parse_egress_map,
    parse_patterns,
)
from attachment_transfer.core.policy import MimePattern, parse_mime_patterns
from attachment_transfer.ledger.sealing import BadSealingKey, KeyRing

PREFIX = "ATTACHMENT_TRANSFER_"

T = TypeVar("T")

#: Who writes in a chat, in CMI's words as far as they are known (``dialect.toml`` may name more).
_ORIGINATORS = frozenset({"customer", "agent", "system"})

#: CMI's cloud addresses and C4C's two host families (documented); an on-premises CMI is added by the operator.
DEFAULT_ALLOWED_HOSTS = "*.execute-api.*.amazonaws.com,*.crm.cloud.sap,*.crm.ondemand.com"


class BadSettings(Exception):
    """A setting that cannot be used; the message names the variable, what is wrong and the remedy."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting of the service, one attribute per environment variable (see the table in ``service/README.md``)."""

    database_url: str = field(repr=False)
    host: str
    port: int
    lab_mode: bool
    lab_clock_file: Path | None
    egress: EgressMap
    allowed_hosts: tuple[HostPattern, ...]
    private_networks: tuple[tuple[HostPattern, ipaddress.IPv4Network | ipaddress.IPv6Network], ...]
    token_issuers: tuple[str, ...]
    token_audience: str
    token_leeway_s: float
    scope_post: str
    scope_status: str
    scope_operator: str
    sealing_keys: str = field(repr=False)
    dialect: NeighbourDialect
    verify_digest: bool
    max_request_bytes: int
    max_attachment_bytes: int
    prefetch_bytes: int
    upload_timeout_s: float
    read_timeout_s: float
    document_timeout_s: float
    slow_grace_s: float
    least_rate_bytes_per_s: float
    redrive_s: float
    retention_s: float
    otel: bool
    rounds_per_worker: int
    rounds_per_tenant: int
    poll_interval_s: float
    drain_s: int
    worker_port: int
    lease_ttl_s: float
    calls_per_s: float
    credential_park_s: float
    callers: Callers
    sync_wait_s: float
    max_open_transfers: int
    min_free_disk_bytes: int
    mime_allow: tuple[MimePattern, ...]
    mime_deny: tuple[MimePattern, ...]
    originators: tuple[str, ...]
    deduplicate_names: bool
    clamd: ClamdAddress | None
    transcript: bool
    write_back: bool
    log_format: str
    metrics: str

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Read ``env``. Raises :class:`BadSettings` at the first error, and never prints a secret's value."""
        return cls._read(_SettingsReader(env))

    @classmethod
    def checked(cls, env: Mapping[str, str]) -> tuple[Settings | None, list[str]]:
        """Read ``env`` to its end: the settings, or None and everything that is wrong, one message per variable."""
        errors: list[str] = []
        found = cls._read(_SettingsReader(env, errors))
        return (None if errors else found), errors

    @classmethod
    def _read(cls, read: _SettingsReader) -> Settings:
        port = read.integer("PORT", 8104, low=1, high=65_534)
        lab_mode = read.boolean("LAB_MODE", default=False)
        dialect = read.attempt(lambda: _dialect(read.text("DIALECT_FILE", ""), settle_s=read.text("SETTLE_S", "")))
        clock_file = read.attempt(lambda: _lab_clock_file(read.text("LAB_CLOCK_FILE", ""), lab_mode=lab_mode))
        return cls(
            database_url=read.attempt(
                lambda: _database_url(read.secret_or("DATABASE_URL", "sqlite:///var/attachment-transfer.db"))
            ),
            host=read.text("HOST", "127.0.0.1"),
            port=port,
            lab_mode=lab_mode,
            lab_clock_file=clock_file,
            egress=read.parsed("EGRESS_MAP", "", lambda text: parse_egress_map(text, lab_mode=lab_mode)),
            allowed_hosts=read.parsed("ALLOWED_HOSTS", DEFAULT_ALLOWED_HOSTS, parse_patterns),
            private_networks=read.parsed("PRIVATE_NETWORKS", "", _private_networks),
            token_issuers=tuple(part.strip() for part in read.text("TOKEN_ISSUERS", "").split(",") if part.strip()),
            token_audience=read.text("TOKEN_AUDIENCE", "attachment-transfer"),
            token_leeway_s=read.number("TOKEN_LEEWAY_S", 30.0),
            scope_post=read.text("SCOPE_POST", "chat-attachments"),
            scope_status=read.text("SCOPE_STATUS", "transfers"),
            scope_operator=read.text("SCOPE_OPERATOR", "transfers.operate"),
            sealing_keys=read.attempt(lambda: _sealing_keys(read.secret("SEALING_KEYS"))),
            dialect=dialect,
            verify_digest=read.boolean("VERIFY_DIGEST", default=False),
            max_request_bytes=read.integer("MAX_REQUEST_BYTES", 262_144, low=1024, high=16 * 1024**2),
            max_attachment_bytes=read.integer("MAX_ATTACHMENT_BYTES", 2 * 1024**3, low=1, high=2**40),
            prefetch_bytes=read.integer("PREFETCH_BYTES", 16 * 1024**2, low=0, high=2**40),
            upload_timeout_s=read.number("UPLOAD_TIMEOUT_S", 900.0),
            read_timeout_s=read.number("READ_TIMEOUT_S", 60.0),
            document_timeout_s=read.number("DOCUMENT_TIMEOUT_S", 30.0),
            slow_grace_s=read.number("SLOW_GRACE_S", 30.0),
            least_rate_bytes_per_s=read.number("LEAST_RATE_BYTES_PER_S", 16_384.0, unit="bytes per second"),
            redrive_s=read.number("REDRIVE_S", 7 * 86_400.0),
            retention_s=read.parsed("RETENTION_S", str(30 * 86_400), _retention),
            otel=read.boolean("OTEL", default=False),
            rounds_per_worker=read.integer("ROUNDS_PER_WORKER", 8, low=1, high=256),
            rounds_per_tenant=read.integer("ROUNDS_PER_TENANT", 4, low=1, high=64),
            poll_interval_s=read.number("POLL_INTERVAL_S", 0.1),
            drain_s=read.integer("DRAIN_S", 30, low=0, high=3600),
            worker_port=read.integer("WORKER_PORT", (port or 0) + 1, low=1, high=65_535),
            credential_park_s=read.number("CREDENTIAL_PARK_S", 1800.0),
            callers=read.attempt(lambda: _callers(read.text("CALLERS_FILE", ""))),
            sync_wait_s=read.parsed("SYNC_WAIT_S", "0", _sync_wait),
            max_open_transfers=read.integer("MAX_OPEN_TRANSFERS", 100_000, low=1, high=10**9),
            min_free_disk_bytes=read.integer("MIN_FREE_DISK_BYTES", 256 * 1024**2, low=0, high=2**50),
            calls_per_s=read.number("CALLS_PER_S", 50.0, unit="calls per second"),
            lease_ttl_s=read.number("LEASE_TTL_S", 30.0),
            mime_allow=read.parsed("MIME_ALLOW", "", parse_mime_patterns),
            mime_deny=read.parsed("MIME_DENY", "", parse_mime_patterns),
            originators=read.parsed("ORIGINATORS", "", lambda text: _originators(text, dialect)),
            deduplicate_names=read.boolean("DEDUPLICATE_NAMES", default=True),
            clamd=read.parsed("CLAMD", "", lambda text: ClamdAddress.parse(text) if text else None),
            transcript=read.boolean("TRANSCRIPT", default=False),
            write_back=read.boolean("WRITE_BACK", default=False),
            metrics=read.choice("METRICS", "open", ("open", "named", "closed")),
            log_format=read.choice("LOG_FORMAT", "json", ("json", "text")),
        )


class _SettingsReader:
    """Reads one variable at a time; every error names it.

    Args:
        errors: takes the message of every error; then what could not be read is None, so that the reading goes on.
            Without it the first error is raised.
    """

    def __init__(self, env: Mapping[str, str], errors: list[str] | None = None) -> None:
        self._env = env
        self._errors = errors

    def attempt(self, action: Callable[[], T]) -> T:
        """What ``action`` reads. Raises :class:`BadSettings`, or takes a note of it."""
        try:
            return action()
        except BadSettings as exc:
            if self._errors is None:
                raise
            self._errors[:] = dict.fromkeys([*self._errors, str(exc)])
            return cast(T, None)

    def text(self, name: str, default: str) -> str:
        return self._env.get(PREFIX + name, default)

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        return self.attempt(lambda: self._choice(name, default, allowed))

    def _choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name, default)
        if value not in allowed:
            raise BadSettings(f"{PREFIX}{name}={value!r}: write one of {', '.join(allowed)}")
        return value

    def boolean(self, name: str, *, default: bool) -> bool:
        return self.attempt(lambda: self._boolean(name, default=default))

    def _boolean(self, name: str, *, default: bool) -> bool:
        value = self.text(name, "1" if default else "0").strip().lower()
        if value in {"1", "true", "yes", "on"}:
            return True
        if value in {"0", "false", "no", "off", ""}:
            return False
        raise BadSettings(f"{PREFIX}{name}={value!r}: write 1 or 0")

    def integer(self, name: str, default: int, *, low: int, high: int) -> int:
        return self.attempt(lambda: self._integer(name, default, low=low, high=high))

    def _integer(self, name: str, default: int, *, low: int, high: int) -> int:
        value = self.text(name, str(default))
        if not re.fullmatch(r"\s*[0-9]{1,18}\s*", value) or not low <= int(value) <= high:
            raise BadSettings(f"{PREFIX}{name}={value!r}: write a whole number from {low} to {high}")
        return int(value)

    def number(self, name: str, default: float, *, unit: str = "seconds") -> float:
        return self.attempt(lambda: self._number(name, default, unit=unit))

    def _number(self, name: str, default: float, *, unit: str) -> float:
        value = self.text(name, str(default))
        try:
            number = float(value)
        except ValueError:
            number = -1.0
        if not 0 < number < 1e9:
            raise BadSettings(f"{PREFIX}{name}={value!r}: write a number of {unit} above 0")
        return number

    def secret(self, name: str) -> str:
        value = self.secret_file_of(PREFIX + name) or self._env.get(PREFIX + name)
        if not value:
            raise BadSettings(
                f"{PREFIX}{name} (or {PREFIX}{name}_FILE) is not set: make a key with `attachment-transfer keys new`"
            )
        return value

    def secret_or(self, variable: str, default: str) -> str:
        return self.secret_file_of(variable) or self._env.get(variable) or default

    def secret_file_of(self, variable: str) -> str | None:
        """What ``variable_FILE`` names. It outranks ``variable``, for which an image may bring a default."""
        path = self._env.get(f"{variable}_FILE")
        if not path:
            return None
        try:
            content = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as exc:
            reason = exc.strerror if isinstance(exc, OSError) else "it is no text"
            raise BadSettings(f"{variable}_FILE={path!r} cannot be read: {reason}") from exc
        if not content:
            raise BadSettings(f"{variable}_FILE={path!r} is empty: write the secret into it, or unset the variable")
        return content

    def parsed(self, name: str, default: str, parse: Callable[[str], T]) -> T:
        return self.attempt(lambda: self._parsed(name, default, parse))

    def _parsed(self, name: str, default: str, parse: Callable[[str], T]) -> T:
        try:
            return parse(self.text(name, default))
        except (BadHostPattern, ValueError) as exc:
            raise BadSettings(f"{PREFIX}{name}: {exc}") from exc


def _lab_clock_file(text: str, *, lab_mode: bool) -> Path | None:
    if text and not lab_mode:
        raise BadSettings(f"{PREFIX}LAB_CLOCK_FILE is set but {PREFIX}LAB_MODE is not: production has one clock")
    return Path(text) if text else None


def _database_url(url: str) -> str:
    if not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")) or ":memory:" in url:
        kind = url.split(":", 1)[0]  # the rest may hold a password
        raise BadSettings(
            f"DATABASE_URL starts with {kind!r}: write sqlite:///path/to/file.db or postgresql://user@host/name"
        )
    return url


def _sealing_keys(text: str) -> str:
    try:
        KeyRing.parse(text)
    except BadSealingKey as exc:
        raise BadSettings(f"{PREFIX}SEALING_KEYS: {exc}") from exc
    return text


def _private_networks(
    text: str,
) -> tuple[tuple[HostPattern, ipaddress.IPv4Network | ipaddress.IPv6Network], ...]:
    """``cmi.example.org=10.0.0.0/8,…``: networks that are private on purpose, per host pattern."""
    found = []
    for part in (piece.strip() for piece in text.split(",")):
        if part:
            pattern, equals, network = part.partition("=")
            if not equals:
                raise BadHostPattern(f"{part!r}: write HOSTPATTERN=NETWORK, e.g. cmi.example.org=10.1.0.0/16")
            found.append((HostPattern(pattern.strip()), ipaddress.ip_network(network.strip())))
    return tuple(found)


def _originators(text: str, dialect: NeighbourDialect | None) -> tuple[str, ...]:
    """Whose files are carried; nothing written means the dialect's list. A word nobody knows would skip every file."""
    words = tuple(part.strip().lower() for part in text.split(",") if part.strip())
    if dialect is None:  # its own error is reported
        return words
    known = _ORIGINATORS | {word.lower() for word in dialect.cmi_originators}
    if unknown := [word for word in words if word not in known]:
        raise ValueError(f"{unknown[0]!r}: write one or more of {', '.join(sorted(known))}")
    return words or tuple(word.lower() for word in dialect.cmi_originators)


def shipped_dialect() -> dict[str, Any]:
    """The dialect file that comes with the program, as parsed TOML with its evidence labels."""
    text = resources.files("attachment_transfer").joinpath("dialect.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _callers(path: str) -> Callers:
    if not path:
        return Callers()
    try:
        return read_callers(tomllib.loads(Path(path).read_text(encoding="utf-8")))
    except (BadCallers, OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise BadSettings(f"{PREFIX}CALLERS_FILE={path!r}: {exc}") from exc


def _retention(text: str) -> float:
    seconds = float(text)
    if seconds != 0 and not 3600 <= seconds < 1e10:
        raise ValueError(f"{text!r}: write 0 (keep for ever) or seconds from 3600 (an hour)")
    return seconds


def _sync_wait(text: str) -> float:
    """Contact Pro gives up after 10 s by default (documented), so a longer wait would only lose the answer."""
    seconds = float(text)
    if not 0 <= seconds <= 60:
        raise ValueError(f"{text!r}: write seconds from 0 (do not wait) to 60")
    return seconds


def dialect_of_file(path: str) -> NeighbourDialect:
    """The shipped dialect under a tenant's own file, or under none. Raises BadSettings."""
    try:
        shipped = read_dialect(shipped_dialect())
        return overlay(shipped, tomllib.loads(Path(path).read_text(encoding="utf-8"))) if path else shipped
    except (BadDialect, OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise BadSettings(f"{PREFIX}DIALECT_FILE={path!r}: {exc}") from exc


def _dialect(path: str, *, settle_s: str) -> NeighbourDialect:
    dialect = dialect_of_file(path)
    try:
        return overlay(dialect, {"c4c": {"settle_s": {"value": settle_s}}}) if settle_s else dialect
    except BadDialect as exc:
        raise BadSettings(f"{PREFIX}SETTLE_S: {exc}") from exc
