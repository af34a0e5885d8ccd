"""Forged tokens: every one a way in that was open somewhere once. Each has a name and the status it must get.

Sources: RFC 8725 (JWT best current practices), RFC 7515 appendix and section 10, CVE-2015-9235 (algorithm confusion),
CVE-2018-0114 (embedded key), CVE-2022-21449 (zero signature).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
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


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


class Forger:
    """Makes them from a good token of ``issuer``; knows the issuer's private key only for what is validly signed."""

    def __init__(self, issuer: Issuer) -> None:
        self.issuer = issuer
        self.now_s = int(issuer.clock.now_s())
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
            "exp": self.now_s + 300,
        }
        self.good = self.signed(self.head, self.claims)

    def signed(self, head: Any, claims: Any, *, key: ECKey | None = None, raw_claims: bytes | None = None) -> str:
        """A token over exactly these parts, ES256."""
        start = f"{b64(_json(head))}.{b64(_json(claims) if raw_claims is None else raw_claims)}"
        return f"{start}.{b64(self.signature(start.encode(), key))}"

    def signature(self, data: bytes, key: ECKey | None = None) -> bytes:
        r, s = decode_dss_signature(self.der(data, key))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def der(self, data: bytes, key: ECKey | None = None) -> bytes:
        private = (key or self.issuer.key).private_key
        assert isinstance(private, ec.EllipticCurvePrivateKey)
        return private.sign(data, ec.ECDSA(hashes.SHA256()))

    def with_mac(self, algorithm: str, secret: bytes) -> str:
        """Signed with a shared secret that anybody can know."""
        start = f"{b64(_json({**self.head, 'alg': algorithm}))}.{b64(_json(self.claims))}"
        digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[algorithm]
        return f"{start}.{b64(hmac.digest(secret, start.encode(), digest))}"

    def all(self) -> list[Forgery]:
        kinds: list[Callable[[], Iterator[tuple[str, str]]]] = [
            self._structure,
            self._algorithms,
            self._shared_secrets,
            self._headers,
            self._signatures,
            self._altered,
            self._claims,
            self._payloads,
        ]
        found = [Forgery(name, f"Bearer {token}") for kind in kinds for name, token in kind()]
        return [*found, *self._schemes(), *self._scopes()]

    def _structure(self) -> Iterator[tuple[str, str]]:
        head, payload, signature = self.good.split(".")
        parts = {
            "one part": head,
            "two parts": f"{head}.{payload}",
            "no signature": f"{head}.{payload}.",
            "no payload": f"{head}..{signature}",
            "no header": f".{payload}.{signature}",
            "four parts": f"{self.good}.{signature}",
            "five parts, like an encrypted one": f"{self.good}.{payload}.{signature}",
            "dots alone": "....",
            "parts in another order": f"{payload}.{head}.{signature}",
            "a payload for a header": f"{payload}.{payload}.{signature}",
            "a blank inside": f"{head}.{payload} .{signature}",
            "standard alphabet": f"{head}.{payload}.{signature[:-2]}+/",
            "a sign that no alphabet has": f"{head}.{payload}.{signature[:-1]}!",
            "padded signature": f"{head}.{payload}.{signature}====",
            "a comma": f"{self.good},{self.good}",
            "twice": f"{self.good}{self.good}",
            "garbled": "garbled",
            "empty objects": "e30.e30.e30",
            "JSON instead": '{"payload":"e30","signatures":[]}',
            "long": f"{head}.{payload}.{signature}{'A' * 6_000}",
            "long header": f"{b64(_json({**self.head, 'x': 'y' * 6_000}))}.{payload}.{signature}",
            "header that is no JSON": f"{b64(b'alg=ES256')}.{payload}.{signature}",
            "header that is a list": f"{b64(b'[]')}.{payload}.{signature}",
            "header that is null": f"{b64(b'null')}.{payload}.{signature}",
            "header that is no UTF-8": f"{b64(bytes([0xFF, 0xFE]))}.{payload}.{signature}",
        }
        yield from parts.items()

    def _algorithms(self) -> Iterator[tuple[str, str]]:
        payload = b64(_json(self.claims))
        for algorithm in (
            "none",
            "None",
            "NONE",
            "nOnE",
            "",
            "null",
            "ES256K",
            "ES512",
            "unheard-of",
            "es256",
            "HS256",
        ):
            head = b64(_json({**self.head, "alg": algorithm}))
            yield f"alg {algorithm!r} without a signature", f"{head}.{payload}."
            yield f"alg {algorithm!r} with ours", f"{head}.{payload}.{self.good.rpartition('.')[2]}"
        for algorithm in (None, 5, True, ["ES256"], {"ES256": 1}):
            yield f"alg {algorithm!r}", self.signed({**self.head, "alg": algorithm}, self.claims)
        for algorithm in ("RS256", "PS256", "ES384", "EdDSA", "RS1"):
            yield f"alg {algorithm} for a P-256 key", self.signed({**self.head, "alg": algorithm}, self.claims)
        without = {name: value for name, value in self.head.items() if name != "alg"}
        yield "no alg", self.signed(without, self.claims)

    def _shared_secrets(self) -> Iterator[tuple[str, str]]:
        pem, der = self.issuer.key.as_pem(private=False), self.issuer.key.as_der(private=False)
        secrets = {
            "the public key (PEM)": pem,
            "the public key without its line end": pem.rstrip(),
            "the public key (DER)": der,
            "the public key (JWK)": _json(self.public),
            "the public x": str(self.public["x"]).encode(),
            "nothing": b"",
            "secret": b"secret",
            "the issuer": ISSUER.encode(),
        }
        for name, secret in secrets.items():
            yield f"HS256 with {name}", self.with_mac("HS256", secret)
        yield "HS384 with the public key", self.with_mac("HS384", pem)
        yield "HS512 with the public key", self.with_mac("HS512", pem)

    def _headers(self) -> Iterator[tuple[str, str]]:
        own = self.foreign.as_dict(private=False)
        tricks: dict[str, dict[str, Any]] = {
            "a key under our id": {},
            "a key in the header": {"jwk": own},
            "a key in the header, another id": {"jwk": {**own, "kid": "key-9"}, "kid": "key-9"},
            "an address of keys": {"jku": "https://evil.example/jwks.json"},
            "an address of keys on loopback": {"jku": "http://127.0.0.1/jwks.json"},
            "an address of certificates": {"x5u": "https://evil.example/cert.pem"},
            "a certificate": {"x5c": [b64(b"certificate")]},
            "a file for an id": {"kid": "../../../../dev/null"},
            "an address for an id": {"kid": "https://evil.example/key"},
            "a statement for an id": {"kid": "x' UNION SELECT 'key"},
            "a command for an id": {"kid": "key-1; id"},
            "an empty id": {"kid": ""},
            "an id that is null": {"kid": None},
            "an id that is a number": {"kid": 1},
            "an id that is a list": {"kid": ["key-1"]},
            "a long id": {"kid": "k" * 4_000},
            "no id": {"kid": "key-1"},
        }
        for name, more in tricks.items():
            head = {**self.head, **more}
            if name == "no id":
                del head["kid"]
            yield f"foreign key: {name}", self.signed(head, self.claims, key=self.foreign)
        for critical in (["exp"], ["unheard-of"], "exp"):
            yield f"crit {critical}", self.signed({**self.head, "crit": critical}, self.claims)
        yield "a payload that is not encoded", self.signed({**self.head, "b64": False, "crit": ["b64"]}, self.claims)

    def _signatures(self) -> Iterator[tuple[str, str]]:
        start, _, signature = self.good.rpartition(".")
        raw = base64.urlsafe_b64decode(signature + "==")
        for position in (0, 1, 7, 15, 23, 31, 32, 33, 40, 48, 56, 63):
            changed = bytearray(raw)
            changed[position] ^= 0x01
            yield f"bit of byte {position} turned", f"{start}.{b64(bytes(changed))}"
        order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
        numbers = {
            "zero": bytes(64),
            "r zero": bytes(32) + raw[32:],
            "s zero": raw[:32] + bytes(32),
            "all ones": b"\xff" * 64,
            "the curve's order": order.to_bytes(32, "big") * 2,
            "halves in another order": raw[32:] + raw[:32],
            "half": raw[:32],
            "one byte less": raw[:-1],
            "one byte more": raw + b"\0",
            "in DER": self.der(start.encode()),
            "of the header alone": self.signature(start.partition(".")[0].encode()),
            "of the payload alone": self.signature(start.partition(".")[2].encode()),
            "empty": b"",
        }
        for name, value in numbers.items():
            yield f"signature: {name}", f"{start}.{b64(value)}"

    def _altered(self) -> Iterator[tuple[str, str]]:
        head, _, signature = self.good.split(".")
        for name, value in {
            "exp": self.now_s + 86_400,
            "nbf": 0,
            "iat": 0,
            "sub": "somebody",
            "client_id": "somebody",
            "scope": f"{SCOPES} transfers.operate",
            "aud": "another",
            "iss": "https://login-eu-c1.cc.sinch.com/other",
            "admin": True,
        }.items():
            yield (
                f"{name} altered under our signature",
                f"{head}.{b64(_json({**self.claims, name: value}))}.{signature}",
            )

    def _claims(self) -> Iterator[tuple[str, str]]:
        now = self.now_s
        wrong: dict[str, list[Any]] = {
            "exp": [now - 31, 0, -1, "soon", str(now + 300), None, [now + 300], {}, "Infinity"],
            "nbf": [now + 3600, now + 10**9, "now", [0]],
            "aud": ["another", "", None, [], ["a", "b"], {"attachment-transfer": 1}, "attachment-transfer ", 5],
            "iss": [
                None,
                "",
                5,
                [ISSUER],
                {"x": ISSUER},
                f"{ISSUER}/",
                f"{ISSUER}?",
                f"{ISSUER}#",
                f" {ISSUER}",
                ISSUER.upper(),
                ISSUER.replace("https", "http"),
                ISSUER.replace("sinch.com", "sinch.com.evil.example"),
                "https://evil.example/acme",
                "https://evil.example#.cc.sinch.com/acme",
                "https://login-x@evil.example/.cc.sinch.com/acme",
                "https://login-\u0435u-c1.cc.s\u0456nch.com/acme",
                "https://login-x.evil.example%2f.cc.sinch.com/acme",
                "https://login-eu-c1.cc.sinch.com/../acme",
            ],
            "client_id": [5, ["client"], {"a": 1}],
        }
        for name, values in wrong.items():
            for value in values:
                yield f"{name} {value!r}, signed", self.signed(self.head, {**self.claims, name: value})
        for name in ("exp", "aud", "iss"):
            rest = {key: value for key, value in self.claims.items() if key != name}
            yield f"no {name}, signed", self.signed(self.head, rest)
        nobody = {key: value for key, value in self.claims.items() if key not in {"client_id", "sub"}}
        yield "no client, signed", self.signed(self.head, nobody)

    def _payloads(self) -> Iterator[tuple[str, str]]:
        good = _json(self.claims)
        for name, raw in {
            "a list": b"[]",
            "a text": b'"x"',
            "a number": b"5",
            "null": b"null",
            "empty": b"",
            "not JSON": b"iss=x",
            "cut off": good[:-5],
            "nested 20 deep": good[:-1] + b', "x": ' + b"[" * 20 + b"]" * 20 + b"}",
            "nested 5,000 deep": good[:-1] + b', "x": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
            "no UTF-8": b'{"iss": "\xff"}',
            "half a surrogate pair": b'{"iss": "\\ud800"}',
            "something behind it": good + b"{}",
            "exp that is no number": good.replace(str(self.now_s + 300).encode(), b"NaN"),
        }.items():
            yield f"payload: {name}, signed", self.signed(self.head, None, raw_claims=raw)

    def _schemes(self) -> list[Forgery]:
        values = {
            "nothing": "",
            "the scheme alone": "Bearer",
            "Basic": f"Basic {b64(b'client:secret')}",
            "Digest": 'Digest username="client"',
            "another scheme": f"Token {self.good}",
            "no scheme": self.good,
            "a scheme that begins the same": f"BearerX {self.good}",
            "two schemes": f"Basic Bearer {self.good}",
            "quoted": f'Bearer "{self.good}"',
            "a parameter": f"Bearer token={self.good}",
        }
        return [Forgery(f"scheme: {name}", value) for name, value in values.items()]

    def _scopes(self) -> list[Forgery]:
        wrong: list[Any] = [
            "transfers",
            "",
            "chat-attachments-not",
            None,
            7,
            {"chat-attachments": 1},
            "CHAT-ATTACHMENTS",
        ]
        return [
            Forgery(
                f"scope {scope!r}, signed", f"Bearer {self.signed(self.head, {**self.claims, 'scope': scope})}", 403
            )
            for scope in wrong
        ]
