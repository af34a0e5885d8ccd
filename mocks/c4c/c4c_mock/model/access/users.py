"""Who may call: communication systems, arrangements, users, lockout."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from c4c_mock.model.access.passwords import PasswordChecker, digest_of
from c4c_mock.model.edm import OLD_UMBRELLA, SERVICE_NAMES, UMBRELLA
from c4c_mock.model.errors import Forbidden, NotAuthenticated

LOGIN_FAILED = "Logon failed"
"""One text for unknown user, wrong password and locked user: the reply tells an attacker nothing."""


@dataclass(kw_only=True)
class C4CUser:
    """A technical user (of an arrangement) or a business user (a person's login).

    Attributes:
        digest: of the password; empty = the user cannot log in.
        services: names of the OData services the user may call; a business user may call all.
        failures: wrong passwords since the last good one.
        language: of the error texts for this user, one of ``texts.LANGUAGES``; empty = dialect ``user_language``.
    """

    name: str
    digest: str = field(default="", repr=False)
    kind: Literal["technical", "business"] = "technical"
    services: set[str] = field(default_factory=set)
    failures: int = 0
    locked: bool = False
    language: str = ""

    def may_call(self, service: str) -> bool:
        """True when an arrangement ticks the service for this user, or every user may call it.

        Who may call the umbrella service may call it under its older name too.
        """
        service = UMBRELLA if service == OLD_UMBRELLA else service
        return self.kind == "business" or service in self.services or service not in known_services()


@dataclass(frozen=True, kw_only=True)
class Arrangement:
    """A communication arrangement as the administrator entered it, without its password.

    Attributes:
        id: running number of the tenant, from 1; 0 before it is stored.
    """

    scenario: str
    system: str
    authentication: str
    user: str
    services: tuple[str, ...]
    id: int = 0


class Access:
    """Logins of one tenant.

    Args:
        dialect: the tenant's switches.
        changed: called after every change that should outlive the process.
        verified: called with user and password when a password was correct for the first time in this process.
    """

    def __init__(
        self,
        dialect: Mapping[str, Any],
        *,
        changed: Callable[[], None] = lambda: None,
        verified: Callable[[str, str], None] = lambda _user, _password: None,
    ) -> None:
        self._dialect = dialect
        self._changed = changed
        self._verified = verified
        self._lock = threading.RLock()
        self._passwords = PasswordChecker()
        self._last_id = 0
        self.systems: dict[str, str] = {}
        self.arrangements: dict[int, Arrangement] = {}
        self.users: dict[str, C4CUser] = {}

    def add_system(self, name: str, host: str) -> None:
        """Create or change a communication system."""
        with self._lock:
            self.systems[name] = host
            self._changed()

    def delete_system(self, name: str) -> None:
        """Delete a communication system; the caller has made sure that no arrangement uses it."""
        with self._lock:
            self.systems.pop(name, None)
            self._changed()

    def arrange(self, arrangement: Arrangement, password: str) -> Arrangement:
        """Add an arrangement; a user that exists keeps earlier ticks and gets the new password."""
        with self._lock:
            self._last_id += 1
            stored = self.arrangements[self._last_id] = replace(arrangement, id=self._last_id)
            user = self.users.setdefault(stored.user, C4CUser(name=stored.user))
            user.digest = digest_of(password)
            user.services |= set(stored.services)
            self._changed()
            return stored

    def tick(self, arrangement: Arrangement, services: tuple[str, ...]) -> Arrangement:
        """Replace the services used of an arrangement."""
        with self._lock:
            stored = self.arrangements[arrangement.id] = replace(arrangement, services=services)
            self._sum_services(stored.user)
            return stored

    def edit(self, arrangement: Arrangement, *, system: str, services: tuple[str, ...]) -> Arrangement:
        """Replace the system and the services used of an arrangement."""
        return self.tick(replace(arrangement, system=system), services)

    def delete_arrangement(self, arrangement: Arrangement) -> None:
        """Delete an arrangement; its user stays, with what other arrangements tick."""
        with self._lock:
            self.arrangements.pop(arrangement.id, None)
            self._sum_services(arrangement.user)

    def _sum_services(self, name: str) -> None:
        of_user = [a for a in self.arrangements.values() if a.user == name]
        self.users[name].services = {service for a in of_user for service in a.services}
        self._changed()

    def set_password(self, name: str, password: str) -> None:
        """What the administrator's "Edit Credentials" does; a lockout stays. KeyError for an unknown user."""
        with self._lock:
            self.users[name].digest = digest_of(password)
            self._changed()

    def set_language(self, name: str, language: str) -> bool:
        """Choose the language of a user's texts. False when there is no such user."""
        with self._lock:
            user = self.users.get(name)
            if user is None:
                return False
            user.language = language
            self._changed()
            return True

    def add_business_user(self, name: str, password: str) -> None:
        """Add or replace a business user's login, which needs no arrangement."""
        with self._lock:
            self.users[name] = C4CUser(name=name, digest=digest_of(password), kind="business")
            self._changed()

    def log_in(self, name: str, password: str) -> C4CUser:
        """The user behind Basic credentials. Raises NotAuthenticated; counts towards the lockout."""
        with self._lock:
            user = self.users.get(name)
            if user is None or user.locked:
                raise NotAuthenticated(LOGIN_FAILED)
            correct, first_time = self._passwords.check(user.digest, password)
            if not correct:
                self._count_failure(user)
                raise NotAuthenticated(LOGIN_FAILED)
            if user.failures:
                user.failures = 0
                self._changed()
        if first_time:
            self._verified(name, password)
        return user

    def _count_failure(self, user: C4CUser) -> None:
        user.failures += 1
        limit = int(self._dialect["lockout_after"])
        user.locked = limit > 0 and user.failures >= limit
        self._changed()

    def unlock(self, name: str) -> bool:
        """What an administrator does. False when there is no such user."""
        with self._lock:
            user = self.users.get(name)
            if user is None:
                return False
            user.failures, user.locked = 0, False
            self._changed()
            return True

    def lift_lockouts(self) -> None:
        """Unlock every user."""
        with self._lock:
            for user in self.users.values():
                user.failures, user.locked = 0, False

    def described_users(self) -> list[dict[str, Any]]:
        """Every user as plain JSON, without its password."""
        members = ("name", "kind", "failures", "locked", "language")
        with self._lock:
            return [
                {**{member: getattr(user, member) for member in members}, "services": sorted(user.services)}
                for user in self.users.values()
            ]

    def check_service(self, user: C4CUser, service: str) -> None:
        """Raises Forbidden when no arrangement of the user ticks the service."""
        if not user.may_call(service):
            raise Forbidden(
                f"User {user.name} is not authorized for service {service}",
                hint=f"tick {service} in the communication arrangement",
                status=int(self._dialect["unticked_service_status"]),
            )

    def needs_token(self, user: C4CUser) -> bool:
        """Technical users write without a CSRF token unless the dialect demands one."""
        return user.kind == "business" or bool(self._dialect["csrf_for_technical_users"])

    def state(self) -> dict[str, Any]:
        """Everything as plain JSON; passwords as digests."""
        with self._lock:
            return {
                "systems": dict(self.systems),
                "arrangements": [asdict(a) for a in self.arrangements.values()],
                "users": [{**asdict(u), "services": sorted(u.services)} for u in self.users.values()],
                "last_id": self._last_id,
            }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Load what ``state`` returned."""
        with self._lock:
            self.systems = dict(state["systems"])
            arrangements = [Arrangement(**{**a, "services": tuple(a["services"])}) for a in state["arrangements"]]
            self.arrangements = {a.id: a for a in arrangements}
            users = [C4CUser(**{**u, "services": set(u["services"])}) for u in state["users"]]
            self.users = {u.name: u for u in users}
            self._last_id = int(state["last_id"])


def known_services() -> tuple[str, ...]:
    """Names an arrangement may tick."""
    return (*SERVICE_NAMES, UMBRELLA)
