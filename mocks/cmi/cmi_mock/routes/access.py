"""Who may come in: the gateway checks the API key, Contact Pro the user, each resource the user's right."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Request, request

from cmi_mock.evidence import touch
from cmi_mock.model.chat import Agent, Queue
from cmi_mock.model.rights import Grant
from cmi_mock.model.users import Logon, User
from cmi_mock.routes.responses import CmiError
from cmi_mock.tenant import CmiTenant
from mock_kit.http.headers import basic_credentials
from mock_kit.http.refusals import MissingItem
from mock_kit.mock import Mock

_EVIDENCE = {
    Logon.LOCKED: "cmi.auth.lockout",
    Logon.EXPIRED: "cmi.auth.expiry",
    Logon.PASSWORD_OLD: "cmi.dialect.password_lives_days",
    Logon.PASSWORD_INITIAL: "cmi.dialect.initial_password_must_change",
}


@contextmanager
def admitted(mock: Mock[CmiTenant]) -> Iterator[tuple[CmiTenant, User]]:
    """Tenant and user, once gateway and Contact Pro let the request in; the tenant is locked. Raises CmiError."""
    tenant = mock.tenant()
    with tenant.lock:
        _pass_gateway(tenant, request)
        yield tenant, _log_on(tenant, request)


def require_right(
    grant: Grant, tenant: CmiTenant, queue: Queue | None, agent: Agent | None = None, *, right: str, what: str
) -> None:
    """Raises CmiError when the right does not reach this queue or agent."""
    if not grant.reaches(queue, agent):
        raise no_right(tenant, right, what)


def no_right(tenant: CmiTenant, right: str, what: str) -> CmiError:
    """403, or 404 as if there were no such thing, as the dialect says."""
    touch("cmi.dialect.no_right")
    why = f"the user lacks '{right}' on the queue and agent of this {what.lower()}"
    if tenant.rules.no_right == "403":
        return CmiError(403, "Insufficient rights", note=why)
    return CmiError(404, f"{what} not found", note=why)


@contextmanager
def not_found_as(what: str) -> Iterator[None]:
    """An unknown id as 404 in CMI's words."""
    try:
        yield
    except MissingItem as exc:
        raise CmiError(404, f"{what} not found", note=exc.detail) from exc


def _pass_gateway(tenant: CmiTenant, request: Request) -> None:
    """The API key, its usage plan, the size of the request. Raises CmiError 403, 429 or 413 in the gateway's words."""
    if tenant.rules.auth_mode != "key_and_basic":
        return  # on premises there is no gateway
    _check_key(tenant, request)
    if not tenant.throttle.admits():
        touch("cmi.dialect.gateway_rate_per_s")
        raise CmiError(429, "Too Many Requests", gateway="TooManyRequestsException", note="throttled by dialect")
    if not tenant.throttle.within_quota():
        touch("cmi.dialect.gateway_quota")
        raise CmiError(429, "Limit Exceeded", gateway="LimitExceededException", note="the quota is used up")
    if tenant.throttle.limits.too_large(request.content_length or 0):
        touch("cmi.dialect.gateway_payload_bytes")
        why = f"a request of {request.content_length} bytes is too large for the gateway"
        raise CmiError(413, "Request Too Long", gateway="RequestEntityTooLargeException", note=why)


def _check_key(tenant: CmiTenant, request: Request) -> None:
    given = request.headers.get("x-api-key", "")
    touch("cmi.auth.key_and_basic")
    if not hmac.compare_digest(given.encode(), tenant.identity.api_key.encode()):
        touch("cmi.auth.forbidden_body")
        why = "x-api-key is missing" if not given else "x-api-key is not this tenant's"
        raise CmiError(403, "Forbidden", gateway="ForbiddenException", note=why)


def _log_on(tenant: CmiTenant, request: Request) -> User:
    """The user behind the Basic credentials. Raises CmiError 401, or the dialect's ``locked_status``."""
    if tenant.rules.auth_mode == "none":
        touch("cmi.dialect.auth_mode")
        return tenant.users.get(tenant.identity.user)
    header = request.headers.get("Authorization", "")
    for_user = _basic(header, tenant.rules.basic_charset)
    if for_user is None:
        raise _unauthorized("Authorization is missing or not Basic user:password")
    name, passwords = for_user
    outcome = tenant.users.log_on(name, passwords)
    if outcome is Logon.GOOD:
        return tenant.users.get(name)
    if outcome is Logon.BAD:
        touch("cmi.auth.bad_password")
        raise _unauthorized("user or password is wrong; it counts towards the lockout")
    touch(_EVIDENCE[outcome])
    raise CmiError(tenant.rules.locked_status, "Logon failed", note=f"the user is {outcome.value}", challenge=True)


def _unauthorized(why: str) -> CmiError:
    return CmiError(401, "Logon failed", note=why, challenge=True)


def _basic(header: str, charset: str) -> tuple[str, list[str]] | None:
    """User and the spellings its password may have, or None when the header is no Basic header."""
    raw = basic_credentials(header)
    pairs = []
    for name in ("utf-8", "latin-1") if charset == "either" else (charset,):
        try:
            pairs.append((raw or b"").decode(name).partition(":"))
        except UnicodeDecodeError:
            continue
    if not pairs or not pairs[0][1]:
        return None
    return pairs[0][0], [password for _, _, password in pairs]
