"""A tenant of this mock: one Contact Pro tenant behind one CMI host."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from cmi_mock.model.chat import Chat
from cmi_mock.model.chats import ChatStore
from cmi_mock.model.contact_records import ContactData, ContactRecords, Remark
from cmi_mock.model.contacts import CmiContacts
from cmi_mock.model.emails import Email, EmailStore
from cmi_mock.model.file_rules import FileRules
from cmi_mock.model.gateway import GatewayLimits, Throttle
from cmi_mock.model.history import HistoryRules
from cmi_mock.model.queue_messages import QueueMessage, QueueMessages
from cmi_mock.model.rights import Rights
from cmi_mock.model.rules import CmiRules, read_rules
from cmi_mock.model.signed import Readings, SignedLinks
from cmi_mock.model.users import PasswordPolicy, User, Users
from mock_kit.http.problem import FieldError, Problem
from mock_kit.http.refusals import Invalid
from mock_kit.tenants import MockTenant, TenantState
from mock_kit.tenants.clock import Clock
from mock_kit.tenants.ids import Ids
from mock_kit.tenants.plain import PlainReader, PlainWriter

_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_HTTPS = 443
Record = TypeVar("Record")
_TENANT = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, kw_only=True)
class NewTenant:
    """What a new tenant is made of, already checked.

    Attributes:
        host: CMI's host name, lower-case, without port.
        port: of CMI's address; other than 443 only on premises.
        tenant_path: first segment of every path.
        user: the first user; empty = none yet, the administrator adds one.
        rights: of the first user.
        expires: the first user's expiration time, aware UTC.
        ids_seed: decides the ids instead of the name, where given.
    """

    name: str
    host: str
    port: int = 443
    tenant_path: str
    api_key: str = field(repr=False)
    user: str
    password: str = field(repr=False)
    rights: Rights = field(default_factory=Rights)
    expires: datetime | None = None
    dialect: Mapping[str, Any] | None = None
    ids_seed: str | None = None

    @property
    def authority(self) -> str:
        """Host and, where it is not 443, port."""
        return self.host if self.port == _HTTPS else f"{self.host}:{self.port}"


@dataclass(kw_only=True)
class CmiTenant(MockTenant):
    """State of one tenant; take ``lock`` before reading or changing it."""

    identity: NewTenant
    rules: CmiRules
    chats: ChatStore
    emails: EmailStore
    queue_messages: QueueMessages
    records: ContactRecords
    users: Users
    throttle: Throttle
    readings: Readings
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False, compare=False)

    def change_dialect(self, changes: Mapping[str, Any]) -> None:
        """Set some switches of the dialect now. Raises Problem, and changes nothing, for one that is fixed."""
        with self.lock:
            rules = read_rules(self.dialect | dict(changes))
            if _link_base(self.identity, rules) != self.rich_content_base:
                raise _fixed("rich_content_base", "to be set, with region, when the tenant is made")
            if _signed_base(self.identity, rules) != self.signed_links.base:
                raise _fixed("signed_base", "to be set when the tenant is made")
            super().change_dialect(asdict(rules))
            self.rules = rules
            self.users.policy = _policy(rules)
            self.throttle.limits = _limits(rules)
            self.chats.file_rules = _file_rules(rules)

    @property
    def history(self) -> HistoryRules:
        """When chats become readable here."""
        return HistoryRules(self.rules.history_visible_at, self.rules.history_delay_s)

    @property
    def cmi_url(self) -> str:
        """The public CMI address, without a trailing slash."""
        return f"https://{self.identity.authority}/{self.identity.tenant_path}/cmi"

    @property
    def rich_content_base(self) -> str:
        """Where public links point."""
        return _link_base(self.identity, self.rules)

    @property
    def signed_links(self) -> SignedLinks:
        """Pre-signed addresses; their key outlives the process, because the API key does."""
        secret = hashlib.sha256(f"pre-signed {self.identity.tenant_path} {self.identity.api_key}".encode()).digest()
        return SignedLinks(base=_signed_base(self.identity, self.rules), secret=secret, clock=self.clock)

    @property
    def contacts(self) -> CmiContacts:
        """Legs of chats and e-mails alike."""
        return CmiContacts(self.chats, self.emails)

    @property
    def keys(self) -> list[str]:
        """The keys of this tenant: CMI's host and the hosts of its links, each with the tenant."""
        links = (urlsplit(base).netloc.lower() for base in (self.rich_content_base, self.signed_links.base))
        return [tenant_key(host, self.identity.tenant_path) for host in dict.fromkeys((self.identity.host, *links))]

    def describe(self) -> dict[str, Any]:
        """Identity without secrets."""
        return {
            "cmi_url": self.cmi_url,
            "tenant_path": self.identity.tenant_path,
            "users": [u.name for u in self.users.all()],
        }

    def saved_state(self) -> TenantState:
        """Chats with their files, e-mails, queue messages, results, remarks, and users without their passwords."""
        writer = PlainWriter()
        with self.lock:
            parts: dict[str, Iterable[Any]] = {
                "chats": self.chats,
                "emails": self.emails,
                "queue_messages": self.queue_messages,
                "contact_data": self.records,
                "remarks": self.records.all_remarks(),
                "users": self.users.all(),
            }
            state = {name: writer.write(list(each)) for name, each in parts.items()}
        return TenantState(state=state, files=writer.files)

    def restore_state(self, saved: TenantState) -> None:
        """Public links get new tokens; a user that this tenant did not have gets a password that nothing knows."""
        reader = PlainReader(saved.files)

        def read(name: str, kind: type[Record]) -> list[Record]:
            found: list[Record] = reader.read(list[kind], saved.state[name])  # type: ignore[valid-type]
            return found

        with self.lock:
            self.chats.load(read("chats", Chat))
            self.emails.load(read("emails", Email))
            self.queue_messages.load(read("queue_messages", QueueMessage))
            self.records.load(read("contact_data", ContactData), read("remarks", Remark))
            self.users.load(read("users", User))

    def reset(self) -> None:
        """No chats, the first user only, no lockout; host, tenant, secrets and dialect stay."""
        with self.lock:
            for name, fresh in _state(self.identity, self.rules, self.clock, self.ids).items():
                setattr(self, name, fresh)


def tenant_key(host: str, tenant_path: str) -> str:
    """How a request finds its tenant: ``host/tenant``, the port left out."""
    return f"{host.lower().partition(':')[0]}/{tenant_path}"


def make_tenant(identity: NewTenant, data_dir: Path) -> CmiTenant:
    """Raises Invalid for a bad host, tenant or password, Problem for a bad dialect."""
    if not _HOST.fullmatch(identity.host):
        raise _bad("host", identity.host, "a host name such as 8h6b51di7x.execute-api.eu-central-1.amazonaws.com")
    if not 0 < identity.port < 65_536:
        raise _bad("port", str(identity.port), "1 to 65535; 443 where the address names none")
    if not _TENANT.fullmatch(identity.tenant_path):
        raise _bad("tenant_path", identity.tenant_path, "letters, digits, _ and -")
    rules = read_rules(identity.dialect)
    if not urlsplit(rules.rich_content_base).netloc:
        raise _bad("dialect.rich_content_base", rules.rich_content_base, "an address such as https://host/path")
    signed = urlsplit(_signed_base(identity, rules))
    if signed.scheme != "https" or not signed.netloc or signed.path != f"/{identity.tenant_path}/objects":
        raise _bad("dialect.signed_base", rules.signed_base, "an address such as https://host/{tenant}/objects")
    parts = MockTenant.parts(identity.name, data_dir, asdict(rules), ids_seed=identity.ids_seed)
    parts["journal"].mask_secret(identity.api_key)
    if identity.user:
        parts["journal"].mask_secret(identity.password, identity.user)
    return CmiTenant(**parts, identity=identity, rules=rules, **_state(identity, rules, parts["clock"], parts["ids"]))


def _state(identity: NewTenant, rules: CmiRules, clock: Clock, ids: Ids) -> dict[str, Any]:
    """Users, throttle and empty stores, by the members of the tenant they become."""
    users = Users(clock, _policy(rules))
    if identity.user:
        users.put(User(identity.user, identity.password, identity.rights, identity.expires))
    return {
        "chats": ChatStore(clock, ids, _file_rules(rules)),
        "emails": EmailStore(clock, ids),
        "queue_messages": QueueMessages(clock, ids),
        "records": ContactRecords(clock, ids),
        "users": users,
        "throttle": Throttle(clock, _limits(rules)),
        "readings": Readings(),
    }


def _link_base(identity: NewTenant, rules: CmiRules) -> str:
    base = rules.rich_content_base.rstrip("/")
    return (
        base.replace("{tenant}", identity.tenant_path)
        .replace("{host}", identity.authority)
        .replace("{region}", rules.region)
    )


def _signed_base(identity: NewTenant, rules: CmiRules) -> str:
    return rules.signed_base.rstrip("/").replace("{tenant}", identity.tenant_path).replace("{host}", identity.authority)


def _policy(rules: CmiRules) -> PasswordPolicy:
    return PasswordPolicy(
        rules.lock_after_failures,
        rules.lock_minutes,
        rules.password_min_length,
        rules.password_lives_days,
        rules.initial_password_must_change,
        rules.password_letters,
    )


def _limits(rules: CmiRules) -> GatewayLimits:
    return GatewayLimits(
        rules.gateway_payload_bytes,
        rules.gateway_timeout_s,
        rules.gateway_backend_bytes_per_s,
        rules.gateway_rate_per_s,
        rules.gateway_burst,
        rules.gateway_quota,
        rules.gateway_quota_period,
    )


def _file_rules(rules: CmiRules) -> FileRules:
    types = (part.strip(" .").lower() for part in re.split("[,;]", rules.outgoing_allowed_types))
    return FileRules(
        outgoing_limit_bytes=rules.outgoing_max_mb * 1024 * 1024,
        outgoing_types=frozenset(part for part in types if part),
        channel_limits=rules.channel_limits == "on",
        eu_links=rules.eu_links,
        web_chat_files=rules.web_chat_files,
    )


def _fixed(switch: str, expected: str) -> Problem:
    error = FieldError(f"dialect.{switch}", expected, "Leave it out, or create another tenant.")
    return Problem(422, "The dialect cannot be set like this", f"{switch} cannot be changed.", [error])


def _bad(field_name: str, value: str, expected: str) -> Invalid:
    return Invalid(f"{value!r} does not fit", FieldError(field_name, expected, "correct it"))
