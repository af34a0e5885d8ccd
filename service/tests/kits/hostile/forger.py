"""What forged tokens are made of: a good token, its keys, and signatures over any parts.

Sources: RFC 8725 (JWT best current practices), RFC 7515 appendix and section 10, CVE-2015-9235 (algorithm confusion),
CVE-2018-0114 (embedded key), CVE-2022-21449 (zero signature).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from ingress_kit import AUDIENCE, ISSUER, SCOPES, Issuer
from joserfc.jwk import ECKey


@dataclass(frozen=True)
class Forgery:
    """``authorization`` is the header's value."""

    name: str
    authorization: str
    status: int = 401


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()


class Forger:
    """Makes them from a good token of ``issuer``; knows the issuer's private key only for what is validly signed."""

    def __init__(self, issuer: Issuer) -> None:
        self.issuer = issuer
        self.now_s = int(issuer.clock.now_s())
        self.expires_s = self.now_s + issuer.lifetime_s
        self.foreign = ECKey.generate_key("P-256", {"kid": "key-1"})
        self.public = issuer.key.as_dict(private=False)
        self.head = {"alg": "ES256", "kid": "key-1", "typ": "JWT"}
        self.claims: dict[str, Any] = {
            "iss": ISSUER,
            "sub": "client",
            "client_id": "client",
            "aud": AUDIENCE,
            "scope": SCOPES,
            "iat": self.now_s,
            "nbf": self.now_s,
            "exp": self.expires_s,
        }
        self.good = self.signed(self.head, self.claims)

    def signed(self, head: Any, claims: Any, *, key: ECKey | None = None, raw_claims: bytes | None = None) -> str:
        """A token over exactly these parts, ES256."""
        start = f"{b64(as_json(head))}.{b64(as_json(claims) if raw_claims is None else raw_claims)}"
        return f"{start}.{b64(self.signature(start.encode(), key))}"

    def signature(self, data: bytes, key: ECKey | None = None) -> bytes:
        r, s = decode_dss_signature(self.der(data, key))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def der(self, data: bytes, key: ECKey | None = None) -> bytes:
        private = (key or self.issuer.key).private_key
        assert isinstance(private, ec.EllipticCurvePrivateKey)
        return private.sign(data, ec.ECDSA(hashes.SHA256()))

    def with_mac(self, algorithm: str, secret: bytes) -> str:
        """Signed with a shared secret that is public."""
        start = f"{b64(as_json({**self.head, 'alg': algorithm}))}.{b64(as_json(self.claims))}"
        digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[algorithm]
        return f"{start}.{b64(hmac.digest(secret, start.encode(), digest))}"
