"""Contact Pro users: passwords, rights, lockout, the expiry of a service account.

Source: User and Role Management pages; "Chat attachment upload, before you start". Defaults of
the password policy are documented (lock after 5 failed logons for 30 minutes, at least 16
characters); that they hold for the CMI user is inferred.
"""

from __future__ import annotations

import hmac
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from cmi_mock.model.errors import NoSuchThing, Refused
from mock_kit.clock import Clock

FORBIDDEN_PASSWORD_CHARACTERS = "¤£€½§"  # noqa: S105 - an alphabet, not a password
ALL = "*"


class Logon(Enum):
    """How a logon went."""

    GOOD = "good"
    BAD = "bad"
    LOCKED = "locked"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Rights:
    """Objects on which the user holds "Manage contact history"; ``*`` means all.

    Attributes:
        queues: queue ids.
        agents: agent ids; they reach chats allocated to that agent, direct ones too.
    """

    queues: frozenset[str] = frozenset({ALL})
    agents: frozenset[str] = frozenset({ALL})


@dataclass
class User:
    """A Contact Pro user; ``expires`` is the service account's expiration time."""

    name: str
    password: str = field(repr=False)
    rights: Rights = field(default_factory=Rights)
    expires: datetime | None = None
    failures: int = 0
    locked_until: datetime | None = None


@dataclass(frozen=True)
class PasswordPolicy:
    """Numbers of the tenant's password policy; 0 failures switches the lockout off."""

    lock_after_failures: int = 5
    lock_minutes: float = 30
    min_length: int = 16


@dataclass
class Users:
    """The users of one world. Not locked: the world's lock is held by whoever calls."""

    clock: Clock
    policy: PasswordPolicy
    _users: dict[str, User] = field(default_factory=dict)

    def put(self, user: User) -> User:
        """Create or replace a user. Raises Refused when the password breaks the policy."""
        self._check_password(user.password)
        self._users[user.name] = user
        return user

    def get(self, name: str) -> User:
        """Raises NoSuchThing."""
        try:
            return self._users[name]
        except KeyError:
            raise NoSuchThing(f"no user is called {name}") from None

    def all(self) -> list[User]:
        """By name."""
        return sorted(self._users.values(), key=lambda user: user.name)

    def log_on(self, name: str, passwords: list[str]) -> Logon:
        """Check a password in its possible spellings (character sets); counts failures, locks.

        While locked even the right password is refused, and no failure is counted.
        """
        user = self._users.get(name)
        if user is None:
            return Logon.BAD
        now = self.clock.now()
        if user.locked_until and now < user.locked_until:
            return Logon.LOCKED
        if not any(hmac.compare_digest(p.encode(), user.password.encode()) for p in passwords):
            self._count_failure(user, now)
            return Logon.BAD
        user.failures, user.locked_until = 0, None
        return Logon.EXPIRED if user.expires and now >= user.expires else Logon.GOOD

    def _count_failure(self, user: User, now: datetime) -> None:
        user.failures += 1
        if 0 < self.policy.lock_after_failures <= user.failures:
            user.locked_until = now + timedelta(minutes=self.policy.lock_minutes)
            user.failures = 0

    def _check_password(self, password: str) -> None:
        """Alphabet: no non-Latin letters, none of ¤ £ € ½ §. Evidence: documented."""
        if len(password) < self.policy.min_length:
            raise Refused(
                f"a password of {len(password)} characters is too short",
                field="password",
                expected=f"at least {self.policy.min_length} characters (password policy's default)",
                remedy="use a longer password, or set the dialect's password_min_length",
            )
        bad = {c for c in password if c in FORBIDDEN_PASSWORD_CHARACTERS or _is_foreign_letter(c)}
        if bad:
            raise Refused(
                "the password holds characters that Contact Pro does not take",
                field="password",
                expected=f"Latin letters, none of {' '.join(FORBIDDEN_PASSWORD_CHARACTERS)}",
                remedy="choose another password",
            )


def _is_foreign_letter(character: str) -> bool:
    return character.isalpha() and "LATIN" not in unicodedata.name(character, "")
