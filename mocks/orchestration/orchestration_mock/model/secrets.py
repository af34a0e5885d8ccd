"""The secrets manager: named values that are stored and never shown again.

Documented: the fields Description, Name and Secret; that `{secrets.NAME}` yields the value and
`secrets_ref` a whole OAuth credential; that a password has no letters outside the Latin alphabet and
none of the signs ¤ £ € ½ §. Assumed: which names are allowed, that values are write-only, and what an
OAuth secret contains.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import RLock
from typing import Any

from mock_kit.http.problem import FieldError
from mock_kit.http.refusals import Conflict, Invalid, MissingItem
from orchestration_mock.model.forms import Form

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
MAX_SECRET_CHARS = 4096
FORBIDDEN_SIGNS = "¤£€½§"


@dataclass(frozen=True, kw_only=True)
class OAuthCredential:
    """What a client-credentials grant needs.

    Attributes:
        access_token_url: the issuer's token address.
        scope: the scopes, possibly none.
    """

    client_id: str
    client_secret: str = field(repr=False)
    access_token_url: str
    scope: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Secret:
    """One secret; exactly one of ``text`` and ``oauth`` is set."""

    name: str
    description: str
    updated_at: datetime
    text: str | None = field(default=None, repr=False)
    oauth: OAuthCredential | None = field(default=None, repr=False)

    def as_json(self) -> dict[str, Any]:
        """Everything but the value."""
        kind = "oauth" if self.oauth else "text"
        stamp = self.updated_at.isoformat().replace("+00:00", "Z")
        return {"name": self.name, "description": self.description, "kind": kind, "updated_at": stamp}


def read_secret(body: object, *, name: str | None, now: datetime) -> Secret:
    """A submitted secret, checked. ``name`` is given when it is part of the address."""
    form = Form(body)
    chosen = name if name is not None else form.text("name")
    if not NAME.fullmatch(chosen):
        form.wrong("name", "1 to 64 of A-Z a-z 0-9 _ -", "choose another name, such as sap-v1-secret", chosen)
    description = form.text("description", "")
    value = form.raw("secret")
    text, oauth = _value(form, value)
    form.done("The secret")
    return Secret(name=chosen, description=description, updated_at=now, text=text, oauth=oauth)


def _value(form: Form, value: object) -> tuple[str | None, OAuthCredential | None]:
    credential = value if isinstance(value, Mapping) else _as_object(value)
    if credential is not None:
        return None, _oauth(form, credential)
    if not isinstance(value, str) or not value:
        form.wrong("secret", "a string, or an object for OAuth", "send the password, the key or the credential")
        return None, None
    if len(value) > MAX_SECRET_CHARS:
        form.wrong("secret", f"at most {MAX_SECRET_CHARS} characters", "shorten the secret")
    problem = alphabet_problem(value)
    if problem:
        remedy = f"{problem}; choose a password of printable ASCII characters"
        form.wrong("secret", "printable ASCII only (it travels as an HTTP header value)", remedy)
    return value, None


def alphabet_problem(value: str) -> str | None:
    """What makes a password unusable in a header, without showing it; None when it is usable."""
    for place, char in enumerate(value, start=1):
        if char in FORBIDDEN_SIGNS:
            return f"character {place} is one of the documented forbidden signs {' '.join(FORBIDDEN_SIGNS)}"
        if not char.isprintable():
            return f"character {place} is a control character or a line break"
        if ord(char) > 126:
            return f"character {place} is outside the Latin alphabet of ASCII"
    if value != value.strip():
        return "it begins or ends with a space, which a header value loses"
    return None


def _as_object(value: object) -> Mapping[str, Any] | None:
    """An OAuth credential pasted as JSON text; None when the text is a password."""
    if not isinstance(value, str) or not value.lstrip().startswith("{"):
        return None
    try:
        read = json.loads(value)
    except ValueError:
        return None
    return read if isinstance(read, dict) and "client_id" in read else None


def _oauth(form: Form, value: Mapping[str, Any]) -> OAuthCredential | None:
    inner = Form(value)
    client_id, client_secret = inner.text("client_id"), inner.text("client_secret")
    url = inner.text("access_token_url")
    scope = read_scope(inner.raw("scope"))
    if scope is None:
        inner.wrong("scope", "a list of strings or a string with spaces", "correct or remove scope")
    if url and not url.startswith("https://"):
        inner.wrong("access_token_url", "an https:// address", "give the token address of the issuer", url)
    inner.refuse_unknown("client_id, client_secret, access_token_url, scope")
    form.take_errors(inner, "secret")
    if inner.errors:
        return None
    return OAuthCredential(client_id=client_id, client_secret=client_secret, access_token_url=url, scope=scope or ())


def read_scope(value: object) -> tuple[str, ...] | None:
    """Scopes from a list or from a string with spaces; None when it is neither."""
    if value is None:
        return ()
    if isinstance(value, str):
        return tuple(value.split())
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    return None


class SecretsManager:
    """All secrets of one tenant. ``guard`` is called with each value before anything is stored or refused."""

    def __init__(self, *, guard: Callable[[str], None]) -> None:
        self._guard = guard
        self._secrets: dict[str, Secret] = {}
        self._lock = RLock()

    def all(self) -> list[Secret]:
        """All secrets in the order of their creation."""
        with self._lock:
            return [*self._secrets.values()]

    def load(self, secrets: Iterable[Secret]) -> None:
        """Replace all secrets by those of a snapshot, whose values are given by the caller."""
        with self._lock:
            self._secrets = {secret.name: secret for secret in secrets}
            for secret in self._secrets.values():
                self._guard(secret.oauth.client_secret if secret.oauth else secret.text or "")

    def get(self, name: str) -> Secret | None:
        """The secret of that name."""
        with self._lock:
            return self._secrets.get(name)

    def create(self, body: object, now: datetime) -> Secret:
        """Store a new secret. Raises ``Invalid``, or ``Conflict`` when the name exists."""
        self._protect(body)
        secret = read_secret(body, name=None, now=now)
        with self._lock:
            if secret.name in self._secrets:
                error = FieldError("name", "a name not in use", f"PUT .../secrets/{secret.name}", secret.name)
                raise Conflict(f"A secret named {secret.name} exists; PUT replaces it.", error)
            self._secrets[secret.name] = secret
        return secret

    def replace(self, name: str, body: object, now: datetime) -> Secret:
        """Give an existing secret a new value. Raises ``MissingItem`` or ``Invalid``."""
        self._protect(body)
        self._need(name)
        if isinstance(body, Mapping) and body.get("name", name) != name:
            remedy = "create a secret with the new name, change the configurations, delete this one"
            raise Invalid("A secret keeps its name.", FieldError("name", name, remedy))
        secret = read_secret(body, name=name, now=now)
        with self._lock:
            self._secrets[name] = secret
        return secret

    def delete(self, name: str) -> None:
        """Forget a secret. Raises ``MissingItem``."""
        with self._lock:
            self._need(name)
            del self._secrets[name]

    def _need(self, name: str) -> Secret:
        secret = self.get(name)
        if secret is None:
            known = ", ".join(s.name for s in self.all()) or "none"
            raise MissingItem(f"There is no secret named {name}. Known: {known}.")
        return secret

    def _protect(self, body: object) -> None:
        for value in _strings(body.get("secret") if isinstance(body, Mapping) else None):
            self._guard(value)


def _strings(value: object) -> list[str]:
    credential = value if isinstance(value, Mapping) else _as_object(value)
    if credential is not None:
        found = credential.get("client_secret")
        return [found] if isinstance(found, str) and found else []
    return [value] if isinstance(value, str) and value else []
