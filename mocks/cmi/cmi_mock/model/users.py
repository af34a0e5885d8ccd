"""Contact Pro users: passwords, rights, lockout, the expiry of a service account.

Source: User and Role Management pages; "Chat attachment upload, before you start". Documented: the password policy
(lock after 5 failed logons for 30 minutes, at least 16 characters, a password lives 365 days, the initial one must be
changed), and that it applies to API users too (best practices, RESTful interfaces).
"""

from __future__ import annotations

import hmac
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Literal

from cmi_mock.model.rights import Rights
from mock_kit.http.problem import FieldError
from mock_kit.http.refusals import Invalid, MissingItem
from mock_kit.tenants.clock import Clock

FORBIDDEN_PASSWORD_CHARACTERS = "¤£€½§"  # noqa: S105 - an alphabet, not a password


class Logon(Enum):
    """How a logon went."""

    GOOD = "good"
    BAD = "bad"
    LOCKED = "locked"
    EXPIRED = "expired"
    PASSWORD_OLD = "locked out until the password, which is too old, is changed"  # noqa: S105 - words for the journal
    PASSWORD_INITIAL = "locked out until the initial password is changed"  # noqa: S105 - words for the journal


@dataclass
class User:
    """A Contact Pro user.

    Attributes:
        expires: the service account's expiration time.
        password_set: when the present password was given; None until the user is known to ``Users``.
        initial: the password that an administrator gave has not been changed.
    """

    name: str
    password: str = field(repr=False)
    rights: Rights = field(default_factory=Rights)
    expires: datetime | None = None
    failures: int = 0
    locked_until: datetime | None = None
    password_set: datetime | None = None
    initial: bool = True


@dataclass(frozen=True)
class PasswordPolicy:
    """The tenant's password policy; 0 switches lockout or ageing off."""

    lock_after_failures: int = 5
    lock_minutes: float = 30
    min_length: int = 16
    lives_days: float = 365
    change_initial: bool = False
    letters: Literal["latin_alphabet", "any_latin"] = "latin_alphabet"


@dataclass
class Users:
    """The users of one tenant. Not locked: the caller has the tenant's lock."""

    clock: Clock
    policy: PasswordPolicy
    _users: dict[str, User] = field(default_factory=dict)

    def put(self, user: User) -> User:
        """Create or replace a user. Raises Invalid when the password breaks the policy."""
        self._check_password(user.password)
        user.password_set = self.clock.now()
        self._users[user.name] = user
        return user

    def change_password(self, name: str, password: str) -> User:
        """The user chooses a password: it starts to age now, and is no initial one. Raises MissingItem, Invalid."""
        user = self.get(name)
        self._check_password(password)
        user.password, user.password_set, user.initial = password, self.clock.now(), False
        return user

    def give_password(self, name: str, password: str) -> User:
        """An administrator gives a password: an initial one; a lockout stays. Raises MissingItem, Invalid."""
        user = self.get(name)
        self._check_password(password)
        user.password, user.password_set, user.initial = password, self.clock.now(), True
        return user

    def unlock(self, name: str) -> User:
        """An administrator lifts a lockout. Raises MissingItem."""
        user = self.get(name)
        user.failures, user.locked_until = 0, None
        return user

    def remove(self, name: str) -> None:
        """Raises MissingItem."""
        del self._users[self.get(name).name]

    def state(self, user: User) -> Logon:
        """How a logon with the right password would go now."""
        now = self.clock.now()
        if user.locked_until and now < user.locked_until:
            return Logon.LOCKED
        return self._admitted(user, now)

    def get(self, name: str) -> User:
        """Raises MissingItem."""
        try:
            return self._users[name]
        except KeyError:
            raise MissingItem(f"no user is called {name}") from None

    def load(self, users: Iterable[User]) -> None:
        """Replace all users by those of a snapshot; one that is known here keeps its present password."""
        known, self._users = self._users, {user.name: user for user in users}
        for name in known.keys() & self._users.keys():
            self._users[name].password = known[name].password

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
        return self._admitted(user, now)

    def _admitted(self, user: User, now: datetime) -> Logon:
        """The outcome for a user whose password is right."""
        if user.expires and now >= user.expires:
            return Logon.EXPIRED
        lives = timedelta(days=self.policy.lives_days)
        if lives and user.password_set and now >= user.password_set + lives:
            return Logon.PASSWORD_OLD
        return Logon.PASSWORD_INITIAL if user.initial and self.policy.change_initial else Logon.GOOD

    def _count_failure(self, user: User, now: datetime) -> None:
        user.failures += 1
        if 0 < self.policy.lock_after_failures <= user.failures:
            user.locked_until = now + timedelta(minutes=self.policy.lock_minutes)
            user.failures = 0

    def _check_password(self, password: str) -> None:
        """Length and alphabet, both documented. Raises Invalid with all that is wrong."""
        errors = []
        if len(password) < self.policy.min_length:
            expected = f"at least {self.policy.min_length} characters (password policy's default)"
            remedy = "use a longer password, or set the dialect's password_min_length"
            errors.append(FieldError("password", expected, remedy))
        if any(c in FORBIDDEN_PASSWORD_CHARACTERS or self._is_foreign_letter(c) for c in password):
            signs = " ".join(FORBIDDEN_PASSWORD_CHARACTERS)
            expected = f"letters of the Latin alphabet, so no umlaut or Scandinavian letter, and none of {signs}"
            errors.append(FieldError("password", expected, "choose a password without these characters"))
        if errors:
            raise Invalid("The password does not fit: " + "; ".join(each.expected for each in errors) + ".", *errors)

    def _is_foreign_letter(self, character: str) -> bool:
        if not character.isalpha() or character.isascii():
            return False
        return self.policy.letters == "latin_alphabet" or "LATIN" not in unicodedata.name(character, "")
