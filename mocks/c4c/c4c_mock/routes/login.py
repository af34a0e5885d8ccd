"""Basic credentials: the only login that is mocked."""

from __future__ import annotations

import binascii
from base64 import b64decode

from c4c_mock.evidence import seen
from c4c_mock.model.access.users import LOGIN_FAILED, User
from c4c_mock.model.errors import NotAuthenticated
from c4c_mock.tenant import C4CTenant


def log_in(tenant: C4CTenant, authorization: str) -> User:
    """The user behind an Authorization header. Raises NotAuthenticated."""
    seen("basic-auth")
    kind, _, credentials = authorization.partition(" ")
    if kind.lower() != "basic":
        raise NotAuthenticated(LOGIN_FAILED)
    try:
        raw = b64decode(credentials.strip().encode("latin-1", "replace"), validate=True)
    except binascii.Error as exc:
        raise NotAuthenticated(LOGIN_FAILED) from exc
    name, _, password = _text(raw).partition(":")
    return tenant.access.log_in(name, password)


def _text(raw: bytes) -> str:
    """Header bytes as text: UTF-8, or Latin-1 when they are no UTF-8; which one C4C wants is not known."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
