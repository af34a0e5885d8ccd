"""Who may call: communication systems, arrangements, users, lockout, sessions with CSRF tokens."""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from .edm import SERVICE_NAMES, UMBRELLA
from .errors import CsrfRequired, Forbidden, NotAuthenticated

FORBIDDEN_IN_PASSWORDS = "¤£€½§"
"""Characters C4C refuses in a technical user's password. Source: Sinch configuration guide; documented."""

LOGIN_FAILED = "Logon failed"
"""One text for unknown user, wrong password and locked user: the reply tells an attacker nothing."""


@dataclass(kw_only=True)
class User:
    """A technical user (of an arrangement) or a business user (a person's login).

    Attributes:
        services: names of the OData services the user may call; a business user may call all.
        failures: wrong passwords since the last good one.
    """

    name: str
    password: str = field(repr=False)
    kind: Literal["technical", "business"] = "technical"
    services: set[str] = field(default_factory=set)
    failures: int = 0
    locked: bool = False

    def may_call(self, service: str) -> bool:
        """True when an arrangement ticks the service for this user."""
        return self.kind == "business" or service in self.services


@dataclass(frozen=True, kw_only=True)
class Arrangement:
    """A communication arrangement as the administrator entered it, without its password."""

    scenario: str
    system: str
    authentication: str
    user: str
    services: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Session:
    """A browser-like session: a token is good only together with all cookies of its session."""

    token: str = field(repr=False)
    cookies: Mapping[str, str] = field(repr=False)
    user: str
    expires_at: datetime


def password_problem(password: str) -> str:
    """Why C4C would refuse this password; empty when it would not.

    Documented: no non-Latin letters and none of the listed signs. The password travels as header bytes.
    """
    bad = sorted({c for c in password if c in FORBIDDEN_IN_PASSWORDS})
    if bad:
        return f"none of the characters {' '.join(FORBIDDEN_IN_PASSWORDS)}; found {' '.join(bad)}"
    if any(ord(c) > 0xFF for c in password):
        return "Latin characters only; found a character outside Latin-1"
    return "" if password else "a password"


class Access:
    """Logins of one world. ``now`` is the world's virtual clock; limits come from its dialect."""

    def __init__(self, now: Callable[[], datetime], dialect: Mapping[str, object]) -> None:
        self._now = now
        self._dialect = dialect
        self._lock = threading.RLock()
        self.systems: dict[str, str] = {}
        self.arrangements: list[Arrangement] = []
        self.users: dict[str, User] = {}
        self._sessions: dict[str, Session] = {}

    def arrange(self, arrangement: Arrangement, password: str) -> None:
        """Add an arrangement; a user that exists keeps earlier ticks and takes the new password."""
        with self._lock:
            self.arrangements.append(arrangement)
            user = self.users.get(arrangement.user)
            if user is None:
                user = self.users[arrangement.user] = User(name=arrangement.user, password=password)
            user.password = password
            user.services |= set(arrangement.services)

    def add_user(self, user: User) -> None:
        """Add or replace a login that no arrangement made."""
        with self._lock:
            self.users[user.name] = user

    def log_in(self, name: str, password: str) -> User:
        """The user behind Basic credentials. Raises NotAuthenticated; counts towards the lockout."""
        with self._lock:
            user = self.users.get(name)
            if user is None or user.locked:
                raise NotAuthenticated(LOGIN_FAILED)
            if not hmac.compare_digest(user.password.encode(), password.encode()):
                self._count_failure(user)
                raise NotAuthenticated(LOGIN_FAILED)
            user.failures = 0
            return user

    def _count_failure(self, user: User) -> None:
        user.failures += 1
        limit = int(str(self._dialect["lockout_after"]))
        user.locked = limit > 0 and user.failures >= limit

    def unlock(self, name: str) -> bool:
        """What an administrator does. False when there is no such user."""
        with self._lock:
            user = self.users.get(name)
            if user is None:
                return False
            user.failures, user.locked = 0, False
            return True

    def forget_sessions(self) -> None:
        """Close every session and lift every lockout."""
        with self._lock:
            self._sessions.clear()
            for user in self.users.values():
                user.failures, user.locked = 0, False

    def check_service(self, user: User, service: str) -> None:
        """Raises Forbidden when no arrangement of the user ticks the service."""
        if not user.may_call(service):
            raise Forbidden(
                f"User {user.name} is not authorized for service {service}",
                hint=f"tick {service} in the communication arrangement",
                status=int(str(self._dialect["unticked_service_status"])),
            )

    def needs_token(self, user: User) -> bool:
        """Technical users write without a CSRF token unless the dialect says otherwise."""
        return user.kind == "business" or bool(self._dialect["csrf_for_technical_users"])

    def open_session(self, user: User, cookies: Mapping[str, str]) -> Session:
        """The session these cookies belong to, or a new one with a token and two cookies."""
        with self._lock:
            known = self._session_of(user, cookies)
            if known is not None:
                return known
            token = secrets.token_urlsafe(18)
            session = Session(
                token=token,
                cookies={
                    "SAP_SESSIONID_C4C_100": secrets.token_urlsafe(24),
                    "sap-XSRF_C4C_100": secrets.token_urlsafe(18),
                },
                user=user.name,
                expires_at=self._now() + timedelta(seconds=float(str(self._dialect["csrf_session_s"]))),
            )
            self._sessions[session.cookies["SAP_SESSIONID_C4C_100"]] = session
            return session

    def _session_of(self, user: User, cookies: Mapping[str, str]) -> Session | None:
        session = self._sessions.get(cookies.get("SAP_SESSIONID_C4C_100", ""))
        if session is None or session.user != user.name or session.expires_at <= self._now():
            return None
        return session if all(cookies.get(k) == v for k, v in session.cookies.items()) else None

    def check_token(self, user: User, token: str, cookies: Mapping[str, str]) -> None:
        """Raises CsrfRequired unless the token and all cookies of one session of this user came along."""
        with self._lock:
            session = self._session_of(user, cookies)
        if session is None or not hmac.compare_digest(session.token, token):
            raise CsrfRequired(
                "CSRF token validation failed",
                hint="GET the service root with x-csrf-token: fetch, then send the token and all cookies",
            )


def known_services() -> tuple[str, ...]:
    """Names an arrangement may tick."""
    return (*SERVICE_NAMES, UMBRELLA)
