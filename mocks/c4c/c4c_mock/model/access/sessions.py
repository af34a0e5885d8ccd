"""Sessions and CSRF tokens: a token is valid only together with all cookies of its session."""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from c4c_mock.model.access.users import C4CUser
from c4c_mock.model.errors import CsrfCheckFailed

SESSION_COOKIE = "SAP_SESSIONID_C4C_100"
TOKEN_COOKIE = "sap-XSRF_C4C_100"  # noqa: S105 - a cookie's name
"""Cookie names of the form <name>_<SID>_<client>. Source: SAP Gateway's documentation; documented for that."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """A browser-like session of one user."""

    token: str = field(repr=False)
    cookies: Mapping[str, str] = field(repr=False)
    user: str
    expires_at: datetime


class Sessions:
    """Open sessions of one tenant; they end with the process. ``now`` is the tenant's virtual clock."""

    def __init__(self, now: Callable[[], datetime], dialect: Mapping[str, Any]) -> None:
        self._now = now
        self._dialect = dialect
        self._lock = threading.Lock()
        self._open: dict[str, Session] = {}

    def clear(self) -> None:
        """Close every session."""
        with self._lock:
            self._open.clear()

    def open(self, user: C4CUser, cookies: Mapping[str, str]) -> Session:
        """The session these cookies belong to, or a new one with a token and two cookies."""
        with self._lock:
            known = self._find(user, cookies)
            if known is not None:
                return known
            session = Session(
                token=secrets.token_urlsafe(18),
                cookies={SESSION_COOKIE: secrets.token_urlsafe(24), TOKEN_COOKIE: secrets.token_urlsafe(18)},
                user=user.name,
                expires_at=self._now() + timedelta(seconds=float(self._dialect["csrf_session_s"])),
            )
            self._open[session.cookies[SESSION_COOKIE]] = session
            return session

    def _find(self, user: C4CUser, cookies: Mapping[str, str]) -> Session | None:
        session = self._open.get(cookies.get(SESSION_COOKIE, ""))
        if session is None or session.user != user.name or session.expires_at <= self._now():
            return None
        return session if all(cookies.get(k) == v for k, v in session.cookies.items()) else None

    def check_token(self, user: C4CUser, token: str, cookies: Mapping[str, str]) -> None:
        """Raises CsrfCheckFailed unless the token and all cookies of one session of this user were sent."""
        with self._lock:
            session = self._find(user, cookies)
        if session is None or not hmac.compare_digest(session.token.encode(), token.encode("utf-8", "replace")):
            raise CsrfCheckFailed(
                "CSRF token validation failed",
                hint="GET the service root with x-csrf-token: fetch, then send the token and all cookies",
            )
