"""CSRF tokens of one tenant, in the form of today or in the older one: dialect ``csrf_form``.

stateless: no session is created; the token is compared with one cookie, which only a request for a token returns.
Source: SAP KBA 3339155 and 3048103, documented. session: the token belongs to a security session and counts with all
of its cookies. Source: SAP KBA 3339155 on the time before, documented; SAP NetWeaver's documentation.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote

from c4c_mock.model.access.users import C4CUser
from c4c_mock.model.errors import CsrfCheckFailed

SESSION_COOKIE = "SAP_SESSIONID_C4C_100"
TOKEN_COOKIE = "sap-XSRF_C4C_100"  # noqa: S105 - a cookie's name
"""Cookie names of the form <name>_<SID>_<tenant's internal id>. Source: SAP KBA 3339155; documented."""

_TOKEN_BYTES = 16


@dataclass(frozen=True, kw_only=True)
class CsrfToken:
    """A token and the cookies that a client has to send with it."""

    token: str = field(repr=False)
    cookies: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class _Session(CsrfToken):
    """A security session of one user."""

    user: str
    expires_at: datetime


class CsrfTokens:
    """Issues and checks tokens. ``now`` is the tenant's virtual clock, ``host`` its name."""

    def __init__(self, now: Callable[[], datetime], dialect: Mapping[str, Any], host: str) -> None:
        self._dialect = dialect
        self._stateless = _Stateless(now, dialect, host)
        self._sessions = _Sessions(now, dialect)

    def clear(self) -> None:
        """Close every session; a stateless token stays valid for its life."""
        self._sessions.clear()

    def issue(self, user: C4CUser, cookies: Mapping[str, str]) -> CsrfToken:
        """The token that these cookies belong to while it is valid, or a new one."""
        if self._dialect["csrf_form"] == "session":
            return self._sessions.open(user, cookies)
        return self._stateless.issue(cookies)

    def check(self, user: C4CUser, token: str, cookies: Mapping[str, str]) -> None:
        """Raises CsrfCheckFailed unless the token and all of its cookies were sent."""
        if self._dialect["csrf_form"] == "session":
            session = self._sessions.find(user, cookies)
            wanted = "" if session is None else session.token
        else:
            wanted = self._stateless.token_in(cookies)
        if not wanted or not hmac.compare_digest(wanted.encode(), token.encode("utf-8", "replace")):
            raise CsrfCheckFailed(
                "CSRF token validation failed",
                hint="GET the service root with x-csrf-token: fetch, then send the token and all cookies",
            )


class _Stateless:
    """Tokens that nothing remembers: the cookie carries the token, its time and a digest, so none can be made up.

    The digest's key follows from the host: a token is valid for its life, also after a restart of the mock.
    """

    def __init__(self, now: Callable[[], datetime], dialect: Mapping[str, Any], host: str) -> None:
        self._now = now
        self._dialect = dialect
        self._key = hashlib.sha256(f"{TOKEN_COOKIE} of {host}".encode()).digest()

    def issue(self, cookies: Mapping[str, str]) -> CsrfToken:
        if token := self.token_in(cookies):
            return CsrfToken(token=token, cookies={TOKEN_COOKIE: cookies[TOKEN_COOKIE]})
        token = _new_token()
        stamped = f"{token}:{int(self._now().timestamp())}"
        return CsrfToken(token=token, cookies={TOKEN_COOKIE: quote(f"{stamped}:{self._digest(stamped)}", safe="")})

    def token_in(self, cookies: Mapping[str, str]) -> str:
        """The token that the cookie carries; empty when there is no cookie, or one that is not valid (any more)."""
        stamped, _, digest = unquote(cookies.get(TOKEN_COOKIE, "")).rpartition(":")
        if not hmac.compare_digest(self._digest(stamped), digest.encode("ascii", "replace").decode()):
            return ""
        token, _, issued_s = stamped.rpartition(":")
        age_s = self._now().timestamp() - int(issued_s)
        return token if age_s < float(self._dialect["csrf_token_life_s"]) else ""

    def _digest(self, stamped: str) -> str:
        return hmac.new(self._key, stamped.encode("utf-8", "replace"), "sha256").hexdigest()[:32]


class _Sessions:
    """Open security sessions; they end with the process."""

    def __init__(self, now: Callable[[], datetime], dialect: Mapping[str, Any]) -> None:
        self._now = now
        self._dialect = dialect
        self._lock = threading.Lock()
        self._open: dict[str, _Session] = {}

    def clear(self) -> None:
        with self._lock:
            self._open.clear()

    def open(self, user: C4CUser, cookies: Mapping[str, str]) -> _Session:
        """The session that these cookies belong to, or a new one with a token and two cookies."""
        with self._lock:
            known = self._find(user, cookies)
            if known is not None:
                return known
            session = _Session(
                token=_new_token(),
                cookies={SESSION_COOKIE: secrets.token_urlsafe(24), TOKEN_COOKIE: secrets.token_urlsafe(18)},
                user=user.name,
                expires_at=self._now() + timedelta(seconds=float(self._dialect["csrf_session_s"])),
            )
            self._open[session.cookies[SESSION_COOKIE]] = session
            return session

    def find(self, user: C4CUser, cookies: Mapping[str, str]) -> _Session | None:
        """The open session of this user that all of its cookies name."""
        with self._lock:
            return self._find(user, cookies)

    def _find(self, user: C4CUser, cookies: Mapping[str, str]) -> _Session | None:
        session = self._open.get(cookies.get(SESSION_COOKIE, ""))
        if session is None or session.user != user.name or session.expires_at <= self._now():
            return None
        return session if all(cookies.get(k) == v for k, v in session.cookies.items()) else None


def _new_token() -> str:
    """16 bytes in padded Base64. Source: tokens shown in the C4C OData developer guide; recorded."""
    return base64.b64encode(secrets.token_bytes(_TOKEN_BYTES)).decode()
