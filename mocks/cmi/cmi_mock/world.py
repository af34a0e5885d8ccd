"""A world of this mock: one Contact Pro tenant behind one CMI host."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cmi_mock.dialect import Dialect, read_dialect
from cmi_mock.model.desk import ChatDesk
from cmi_mock.model.errors import Refused
from cmi_mock.model.gateway import GatewayLimits, Throttle
from cmi_mock.model.history import HistoryRules
from cmi_mock.model.users import PasswordPolicy, Rights, User, Users
from mock_kit.clock import Clock
from mock_kit.ids import Ids
from mock_kit.worlds import World

_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_TENANT = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, kw_only=True)
class WorldOrder:
    """What a new world is made of, already checked.

    Attributes:
        host: CMI's host name, lower-case, without port.
        tenant: first segment of every path.
        rights: of the first user.
        expires: the first user's expiration time, aware UTC.
    """

    name: str
    host: str
    tenant: str
    api_key: str = field(repr=False)
    user: str
    password: str = field(repr=False)
    rights: Rights = field(default_factory=Rights)
    expires: datetime | None = None
    dialect: Mapping[str, Any] = field(default_factory=dict)


@dataclass(kw_only=True)
class CmiWorld(World):
    """State of one tenant; hold ``lock`` while touching desk, users or throttle."""

    order: WorldOrder
    rules: Dialect
    desk: ChatDesk
    users: Users
    throttle: Throttle
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False, compare=False)

    def apply(self, changes: Mapping[str, Any]) -> None:
        """Set some switches of the dialect now. Raises Refused, and changes nothing, for a bad one."""
        if changes.get("rich_content_base", self.rules.rich_content_base) != self.rules.rich_content_base:
            raise _bad("dialect.rich_content_base", "a change", "to be set when the world is made")
        self.rules = read_dialect(self.dialect | dict(changes))
        self.dialect.update(asdict(self.rules))
        self.users.policy = _policy(self.rules)
        self.throttle.limits = _limits(self.rules)
        self.desk.outgoing_limit_bytes, self.desk.outgoing_types = _outgoing(self.rules)

    @property
    def history(self) -> HistoryRules:
        """When chats become readable here."""
        return HistoryRules(self.rules.history_visible_at, self.rules.history_delay_s)

    @property
    def cmi_url(self) -> str:
        """The public CMI address, without a trailing slash."""
        return f"https://{self.order.host}/{self.order.tenant}/cmi"

    @property
    def rich_content_base(self) -> str:
        """Where public links point."""
        base = self.rules.rich_content_base
        return base.replace("{tenant}", self.order.tenant).replace("{host}", self.order.host).rstrip("/")

    @property
    def keys(self) -> list[str]:
        """What this world answers to: CMI's host and the host of its public links, each with the tenant."""
        login = urlsplit(self.rich_content_base).netloc.lower()
        return [world_key(host, self.order.tenant) for host in dict.fromkeys((self.order.host, login))]

    def describe(self) -> dict[str, Any]:
        """Identity without secrets."""
        return {
            "cmi_url": self.cmi_url,
            "tenant": self.order.tenant,
            "users": [u.name for u in self.users.all()],
        }

    def reset(self) -> None:
        """No chats, the first user only, nobody locked; host, tenant, secrets and dialect stay."""
        with self.lock:
            fresh = _state(self.order, self.rules, self.clock, self.ids)
            self.desk, self.users, self.throttle = fresh["desk"], fresh["users"], fresh["throttle"]


def world_key(host: str, tenant: str) -> str:
    """How a request finds its world: ``host/tenant``, the port left out."""
    return f"{host.lower().partition(':')[0]}/{tenant}"


def make_world(order: WorldOrder, data_dir: Path) -> CmiWorld:
    """Raises Refused for a bad host, tenant, dialect entry or password."""
    if not _HOST.fullmatch(order.host):
        raise _bad("host", order.host, "a host name such as 8h6b51di7x.execute-api.eu-central-1.amazonaws.com")
    if not _TENANT.fullmatch(order.tenant):
        raise _bad("tenant", order.tenant, "letters, digits, _ and -")
    rules = read_dialect(order.dialect)
    if not urlsplit(rules.rich_content_base).netloc:
        raise _bad("dialect.rich_content_base", rules.rich_content_base, "an address such as https://host/path")
    parts = World.parts(order.name, data_dir, asdict(rules))
    parts["journal"].guard(order.api_key)
    parts["journal"].guard(order.password, order.user)
    return CmiWorld(**parts, order=order, rules=rules, **_state(order, rules, parts["clock"], parts["ids"]))


def _state(order: WorldOrder, rules: Dialect, clock: Clock, ids: Ids) -> dict[str, Any]:
    """Users, throttle and an empty desk."""
    users = Users(clock, _policy(rules))
    users.put(User(order.user, order.password, order.rights, order.expires))
    limit_bytes, types = _outgoing(rules)
    desk = ChatDesk(clock, ids, limit_bytes, types)
    return {"desk": desk, "users": users, "throttle": Throttle(clock, _limits(rules))}


def _policy(rules: Dialect) -> PasswordPolicy:
    return PasswordPolicy(rules.lock_after_failures, rules.lock_minutes, rules.password_min_length)


def _limits(rules: Dialect) -> GatewayLimits:
    return GatewayLimits(
        rules.gateway_payload_bytes,
        rules.gateway_timeout_s,
        rules.gateway_backend_bytes_per_s,
        rules.gateway_rate_per_s,
        rules.gateway_burst,
    )


def _outgoing(rules: Dialect) -> tuple[int, frozenset[str]]:
    types = (part.strip(" .").lower() for part in re.split("[,;]", rules.outgoing_allowed_types))
    return rules.outgoing_max_mb * 1024 * 1024, frozenset(part for part in types if part)


def _bad(field_name: str, value: str, expected: str) -> Refused:
    return Refused(f"{value!r} does not fit", field=field_name, expected=expected, remedy="correct it")
