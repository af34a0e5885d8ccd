"""The only way out. Whatever the lists of requests contain, nothing is sent that is not permitted.

- Reads are GET and HEAD. Anything else goes to the test activity, to what this run made there, or nowhere.
- After a 401 to the right credentials no further request carries them: a second try could lock the user.
- At most one wrong password per run, on the account that was named for it.
- Redirects are not followed, proxies of the environment not used, certificates checked.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx

from attachment_lab.errors import LabFailed, WrongUse
from attachment_lab.probe.exchange import ExchangeLog, ProbeExchange
from attachment_lab.probe.loopback import MappedTransport, read_loopback_map
from attachment_lab.probe.permits import (
    ACCOUNTS,
    NotPermitted,
    Permits,
    PermitUse,
    check_permits,
    check_site,
    check_write,
)
from attachment_lab.probe.target import PREFIX, ProbeTarget, System

#: right: the account's; none: no credentials; no_key, no_user: CMI's without one of the two;
#: wrong_key: a key that is none, and no user; wrong_password: see Permits.
Credentials = Literal["right", "none", "no_key", "no_user", "wrong_key", "wrong_password"]
USER_AGENT = "attachment-lab-probe"
TIMEOUT_S = 60.0
#: Documents are read up to this size; of a file only the beginning.
DOCUMENT_BYTES = 32 * 1024 * 1024
FILE_BYTES = 64 * 1024
_WRONG = "this-is-not-the-right-one-"
_WITH_PASSWORD = frozenset({"right", "no_key"})


class ProbeFailed(LabFailed):
    """A system could not be probed any further; the message says why and what to do."""

    def __init__(self, system: System, message: str) -> None:
        super().__init__(f"{system}: {message}")
        self.system = system


class CredentialsRefused(ProbeFailed):
    """401 to the right credentials: nothing more is sent with them."""


class ProbeClient:
    """Sends the requests of one run and keeps the answers.

    Args:
        on_exchange: called after each exchange, to show progress.
    """

    def __init__(
        self, target: ProbeTarget, permits: Permits, *, on_exchange: Callable[[ProbeExchange], None] = lambda _: None
    ) -> None:
        check_permits(target, permits)
        check_site(target, permits)
        self.target = target
        self.permits = permits
        self.used = PermitUse()
        self.log = ExchangeLog()
        self._on_exchange = on_exchange
        self._refused: set[System] = set()
        self._http = _client(target)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ask(
        self,
        system: System,
        label: str,
        url: str,
        *,
        method: str = "GET",
        credentials: Credentials = "right",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        is_file: bool = False,
        meanwhile: Callable[[], object] | None = None,
    ) -> ProbeExchange:
        """Send one request and keep the exchange under ``label``. ``meanwhile`` is called in the middle of the body.

        Raises NotPermitted (nothing was sent), CredentialsRefused, ProbeFailed for a system that does not answer.
        """
        self._check(system, method, url, body, credentials)
        content = _halves(body, meanwhile) if meanwhile else body
        request = self._request(system, method, url, credentials, headers or {}, content)
        asked = {name: value for name, value in (headers or {}).items() if name.lower() != "x-csrf-token"}
        unanswered = ProbeExchange(
            label=label,
            system=system,
            method=method,
            url=url,
            at=datetime.now(UTC),
            asked={name.lower(): value for name, value in asked.items()},
            sent=body,
        )
        answered = self._send(unanswered, request, FILE_BYTES if is_file else DOCUMENT_BYTES)
        self.log.add(answered)
        self._on_exchange(answered)
        if answered.status == 401 and credentials in _WITH_PASSWORD and not _lacks(system, credentials):
            self._refused.add(system)
            raise CredentialsRefused(system, _REFUSED_WORDS[system])
        if answered.status == 429:
            wait = answered.headers.get("retry-after", "a while")
            raise ProbeFailed(system, f"429: too many requests. Stopped at once; try again after {wait} (s)")
        return answered

    def _check(self, system: System, method: str, url: str, body: bytes, credentials: Credentials) -> None:
        if system not in self.target.systems:
            raise NotPermitted(f"this run does not probe {system}")
        if credentials not in {"none", "wrong_key"}:
            self._check_account(system, url)
        if method not in {"GET", "HEAD"} and system in ACCOUNTS:
            check_write(self.target, self.permits, self.used, method=method, url=url, body=body)
        if credentials == "wrong_password":
            if self.permits.tries_on != system or self.used.wrong_passwords:
                raise NotPermitted(f"no (further) wrong password may be tried on {system}")
            self.used.wrong_passwords += 1

    def _check_account(self, system: System, url: str) -> None:
        """Credentials go to the system's own address only, and never after they were refused."""
        own, there = urlsplit(self.target.address(system)), urlsplit(url)
        if (own.scheme, own.netloc) != (there.scheme, there.netloc):
            raise NotPermitted(f"{system}: credentials go to no other host than {own.netloc}")
        if system in self._refused:
            raise CredentialsRefused(system, _REFUSED_WORDS[system])

    def _request(
        self,
        system: System,
        method: str,
        url: str,
        credentials: Credentials,
        headers: Mapping[str, str],
        body: bytes | Iterator[bytes],
    ) -> httpx.Request:
        named = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity", **headers}
        named |= _key(self.target, system, credentials)
        auth = _auth(self.target, system, credentials)
        request = self._http.build_request(method, url, headers=named, content=body or None)
        return next(httpx.BasicAuth(*auth).auth_flow(request)) if auth else request

    def _send(self, unanswered: ProbeExchange, request: httpx.Request, limit_bytes: int) -> ProbeExchange:
        started = time.monotonic()
        try:
            response = self._http.send(request, stream=True, follow_redirects=False)
            try:
                body, cut = _read(response, limit_bytes)
            finally:
                response.close()
        except httpx.TransportError as exc:
            raise ProbeFailed(unanswered.system, _transport_words(self.target, unanswered, exc)) from exc
        return replace(
            unanswered,
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            body=body,
            size_bytes=len(body),
            cut=cut,
            took_s=time.monotonic() - started,
        )


def _client(target: ProbeTarget) -> httpx.Client:
    try:
        context = ssl.create_default_context(cafile=target.ca_file or None)
    except (OSError, ssl.SSLError) as exc:
        raise WrongUse(f"{PREFIX}CA_FILE={target.ca_file!r} cannot be used: {exc}") from exc
    targets = read_loopback_map(target.loopback_map)
    return httpx.Client(transport=MappedTransport(targets, context), timeout=TIMEOUT_S, trust_env=False)


def _lacks(system: System, credentials: Credentials) -> bool:
    """An expected 401: the gateway requires what was left out on purpose."""
    return system == "cmi" and credentials == "no_key"


def _key(target: ProbeTarget, system: System, credentials: Credentials) -> dict[str, str]:
    if system != "cmi" or credentials in {"none", "no_key"}:
        return {}
    return {"x-api-key": _WRONG.rstrip("-") if credentials == "wrong_key" else target.cmi_api_key}


def _auth(target: ProbeTarget, system: System, credentials: Credentials) -> tuple[str, str] | None:
    if credentials in {"none", "no_user", "wrong_key"} or system == "endpoint":
        return None
    accounts = {
        "cmi": (target.cmi_user, target.cmi_password),
        "c4c": (target.c4c_user, target.c4c_password),
        "token": (target.client_id, target.client_secret),
    }
    user, password = accounts[system]
    return (user, _WRONG + "Aa1") if credentials == "wrong_password" else (user, password)


def _halves(body: bytes, meanwhile: Callable[[], object]) -> Iterator[bytes]:
    """The body in two halves, with ``meanwhile`` called between them."""
    middle = len(body) // 2
    yield body[:middle]
    meanwhile()
    yield body[middle:]


def _read(response: httpx.Response, limit_bytes: int) -> tuple[bytes, bool]:
    pieces, size = [], 0
    for piece in response.iter_bytes():
        pieces.append(piece)
        size += len(piece)
        if size > limit_bytes:
            return b"".join(pieces)[:limit_bytes], True
    return b"".join(pieces), False


def _transport_words(target: ProbeTarget, unanswered: ProbeExchange, exc: httpx.TransportError) -> str:
    """The reason, with the variable's name in place of the host: it is stored, and a host identifies a customer."""
    own = urlsplit(unanswered.url).hostname == urlsplit(target.address(unanswered.system)).hostname
    host = f"the host of {PREFIX}{unanswered.system.upper()}_URL" if own else "the host of an attachment's link"
    if "CERTIFICATE" in f"{exc} {exc.__cause__ or ''}".upper():
        return (
            f"the certificate of {host} cannot be trusted; nothing was sent. Behind a proxy of your own that opens "
            f"TLS, name its certificates in {PREFIX}CA_FILE"
        )
    if isinstance(exc, httpx.ConnectError | httpx.ConnectTimeout):
        return f"{host} cannot be reached ({type(exc).__name__}); check the address and this network's access to it"
    return f"{host} did not answer ({type(exc).__name__}); try again, or check the time-outs of proxies on the way"


_REFUSED_WORDS: dict[Any, str] = {
    "cmi": f"401 to the user and password given. Stopped at once, so as not to lock the user: check {PREFIX}CMI_USER "
    f"and {PREFIX}CMI_PASSWORD, and whether the user is locked or expired",
    "c4c": f"401 to the user and password given. Stopped at once, so as not to lock the user: check {PREFIX}C4C_USER "
    f"and {PREFIX}C4C_PASSWORD, and whether the technical user is locked",
    "token": f"401 to the client given. Stopped at once: check {PREFIX}CLIENT_ID and {PREFIX}CLIENT_SECRET",
    "endpoint": "401",
}
