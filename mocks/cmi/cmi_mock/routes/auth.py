"""The two doors before CMI: the gateway wants the API key, Contact Pro wants a user."""

from __future__ import annotations

import base64
import binascii
import hmac

from flask import Request

from cmi_mock.evidence import touch
from cmi_mock.model.users import Logon, User
from cmi_mock.routes.answers import WireError
from cmi_mock.world import CmiWorld


def pass_gateway(world: CmiWorld, request: Request) -> None:
    """The API key, then throttling. Raises WireError 403 or 429 in the gateway's words."""
    given = request.headers.get("x-api-key", "")
    touch("cmi.auth.key_and_basic")
    if not hmac.compare_digest(given.encode(), world.order.api_key.encode()):
        touch("cmi.auth.forbidden_body")
        why = "x-api-key is missing" if not given else "x-api-key is not this tenant's"
        raise WireError(403, "Forbidden", gateway="ForbiddenException", note=why)
    if not world.throttle.admits():
        touch("cmi.dialect.gateway_rate_per_s")
        raise WireError(429, "Too Many Requests", gateway="TooManyRequestsException", note="throttled by dialect")


def log_on(world: CmiWorld, request: Request) -> User:
    """The user behind the Basic credentials. Raises WireError 401, or the dialect's ``locked_status``."""
    header = request.headers.get("Authorization", "")
    for_user = _basic(header, world.rules.basic_charset)
    if for_user is None:
        raise _unauthorized("Authorization is missing or not Basic user:password")
    name, passwords = for_user
    outcome = world.users.log_on(name, passwords)
    if outcome is Logon.GOOD:
        return world.users.get(name)
    if outcome is Logon.BAD:
        touch("cmi.auth.bad_password")
        raise _unauthorized("user or password is wrong; it counts towards the lockout")
    touch("cmi.auth.lockout" if outcome is Logon.LOCKED else "cmi.auth.expiry")
    raise WireError(world.rules.locked_status, "Logon failed", note=f"the user is {outcome.value}", challenge=True)


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
