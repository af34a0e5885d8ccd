"""The signing keys of an issuer: the current key, and older ones as long as they are published."""

from __future__ import annotations

import json
from threading import RLock
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeyParameters, RSAKey

from orchestration_mock.model.bounded import BoundedDict

ALGORITHMS = ["ES256", "RS256"]
#: Issuers whose keys are kept after their tenant is removed.
KEPT_KEYRINGS = 256
SigningKey = ECKey | RSAKey


def new_key(algorithm: str) -> SigningKey:
    """A fresh signing key whose id is its thumbprint."""
    options: KeyParameters = {"use": "sig", "alg": algorithm}
    key = ECKey.generate_key("P-256", options) if algorithm == "ES256" else RSAKey.generate_key(2048, options)
    key.ensure_kid()
    return key


def unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a JWT; its signature is not checked. Raises ``ValueError`` for anything else."""
    try:
        found = jws.extract_compact(token.encode())
        claims = json.loads(found.payload or b"")
    except JoseError as exc:
        raise ValueError(str(exc)) from exc
    if not isinstance(claims, dict):
        raise ValueError("the claims are not an object")
    return found.headers(), claims


class Keyring:
    """Keys, the current one last. Safe to share between threads."""

    def __init__(self, algorithm: str) -> None:
        self._keys = [new_key(algorithm)]
        self._lock = RLock()

    @property
    def current(self) -> SigningKey:
        """The current signing key."""
        with self._lock:
            return self._keys[-1]

    @property
    def kid(self) -> str:
        """Id of the current signing key."""
        return str(self.current.kid)

    def sign(self, claims: dict[str, Any]) -> str:
        """A JWT of these claims."""
        key = self.current
        return str(jwt.encode({"alg": key.alg, "kid": str(key.kid), "typ": "at+jwt"}, claims, key))

    def claims_of(self, token: str, kid: str | None = None) -> dict[str, Any] | None:
        """The claims of a token that one of these keys has signed; None for any other. Times are not checked.

        With ``kid`` it must be that key.
        """
        with self._lock:
            keys = [key for key in self._keys if kid in (None, key.kid)]
        for key in keys:
            try:
                return dict(jwt.decode(token, key, algorithms=ALGORITHMS).claims)
            except Exception:  # noqa: BLE001, S112 - any token that this key did not sign
                continue
        return None

    def rotate(self, algorithm: str, *, keep_old: bool) -> str:
        """Sign with a new key from now on, return its id; without ``keep_old`` the old keys are withdrawn."""
        key = new_key(algorithm)
        with self._lock:
            self._keys = [*self._keys, key] if keep_old else [key]
        return str(key.kid)

    def public(self, *, outdated: bool = False) -> list[dict[str, Any]]:
        """The public keys, the current one first; ``outdated``: as before the last rotation."""
        with self._lock:
            keys = self._keys[:-1] if outdated else self._keys
            return [key.as_dict(private=False) for key in reversed(keys)]


class Keyrings:
    """The keyring of each issuer of this process; it outlives the tenant.

    A tenant that is created again signs with the keys that its neighbours have fetched, as a real one would: a
    receiver fetches unknown keys only now and then.
    """

    def __init__(self) -> None:
        self._rings: BoundedDict[tuple[str, str], Keyring] = BoundedDict(KEPT_KEYRINGS)
        self._lock = RLock()

    def of(self, issuer: str, algorithm: str) -> Keyring:
        """The issuer's keys for that algorithm, created at the first call."""
        with self._lock:
            ring = self._rings.pop((issuer, algorithm), None) or Keyring(algorithm)
            self._rings[(issuer, algorithm)] = ring
            return ring
