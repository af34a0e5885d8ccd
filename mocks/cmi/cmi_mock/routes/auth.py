"""The two doors before CMI: the gateway wants the API key, Contact Pro wants a user."""

from __future__ import annotations

import base64
import binascii
import hmac

from flask import Request

from cmi_mock.evidence import touch
from cmi_mock.model.users import Logon, User
from cmi_mock.routes.answers import WireError
from cmi_mock.tenant import CmiTenant

_EVIDENCE = {
    Logon.LOCKED: "cmi.auth.lockout",
    Logon.EXPIRED: "cmi.auth.expiry",
    Logon.PASSWORD_OLD: "cmi.dialect.password_lives_days",
    Logon.PASSWORD_INITIAL: "cmi.dialect.initial_password_must_change",
}


def pass_gateway(tenant: CmiTenant, request: Request) -> None:
    """The API key, its usage plan, the size of the request. Raises WireError 403, 429 or 413 in the gateway's words."""
    if tenant.rules.auth_mode != "key_and_basic":
        return  # on premises there is no gateway
    _check_key(tenant, request)
    if not tenant.throttle.admits():
        touch("cmi.dialect.gateway_rate_per_s")
        raise WireError(429, "Too Many Requests", gateway="TooManyRequestsException", note="throttled by dialect")
    if not tenant.throttle.within_quota():
        touch("cmi.dialect.gateway_quota")
        raise WireError(429, "Limit Exceeded", gateway="LimitExceededException", note="the quota is used up")
    if tenant.throttle.limits.too_large(request.content_length or 0):
        touch("cmi.dialect.gateway_payload_bytes")
        why = f"a request of {request.content_length} bytes is too large for the gateway"
        raise WireError(413, "Request Too Long", gateway="RequestEntityTooLargeException", note=why)


def _check_key(tenant: CmiTenant, request: Request) -> None:
    given = request.headers.get("x-api-key", "")
    touch("cmi.auth.key_and_basic")
    if not hmac.compare_digest(given.encode(), tenant.order.api_key.encode()):
        touch("cmi.auth.forbidden_body")
        why = "x-api-key is missing" if not given else "x-api-key is not this tenant's"
        raise WireError(403, "Forbidden", gateway="ForbiddenException", note=why)


def log_on(tenant: CmiTenant, request: Request) -> User:
    """The user behind the Basic credentials. Raises WireError 401, or the dialect's ``locked_status``."""
    if tenant.rules.auth_mode == "none":
        touch("cmi.dialect.auth_mode")
        return tenant.users.get(tenant.order.user)
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
    raise WireError(tenant.rules.locked_status, "Logon failed", note=f"the user is {outcome.value}", challenge=True)


def _unauthorized(why: str) -> WireError:
    return WireError(401, "Logon failed", note=why, challenge=True)


def _basic(header: str, charset: str) -> tuple[str, list[str]] | None:
    """User and the spellings its password may have, or None when the header is no Basic header."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        raw = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    pairs = []
    for name in ("utf-8", "latin-1") if charset == "either" else (charset,):
        try:
            pairs.append(raw.decode(name).partition(":"))
        except UnicodeDecodeError:
            continue
    if not pairs or not pairs[0][1]:
        return None
    return pairs[0][0], [password for _, _, password in pairs]
