"""Tokens with forged parts: structure, algorithm, header, signature. Each has a name.

Sources: RFC 8725, RFC 7515 appendix and section 10, CVE-2015-9235, CVE-2018-0114, CVE-2022-21449.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from ingress_kit import ISSUER, SCOPES

from hostile.forger import Forger, as_json, b64


def structure(forger: Forger) -> Iterator[tuple[str, str]]:
    head, payload, signature = forger.good.split(".")
    parts = {
        "one part": head,
        "two parts": f"{head}.{payload}",
        "no signature": f"{head}.{payload}.",
        "no payload": f"{head}..{signature}",
        "no header": f".{payload}.{signature}",
        "four parts": f"{forger.good}.{signature}",
        "five parts, like an encrypted one": f"{forger.good}.{payload}.{signature}",
        "dots alone": "....",
        "parts in another order": f"{payload}.{head}.{signature}",
        "a payload for a header": f"{payload}.{payload}.{signature}",
        "a blank inside": f"{head}.{payload} .{signature}",
        "standard alphabet": f"{head}.{payload}.{signature[:-2]}+/",
        "a sign that no alphabet has": f"{head}.{payload}.{signature[:-1]}!",
        "padded signature": f"{head}.{payload}.{signature}====",
        "a comma": f"{forger.good},{forger.good}",
        "twice": f"{forger.good}{forger.good}",
        "garbled": "garbled",
        "empty objects": "e30.e30.e30",
        "JSON instead": '{"payload":"e30","signatures":[]}',
        "long": f"{head}.{payload}.{signature}{'A' * 6_000}",
        "long header": f"{b64(as_json({**forger.head, 'x': 'y' * 6_000}))}.{payload}.{signature}",
        "header that is no JSON": f"{b64(b'alg=ES256')}.{payload}.{signature}",
        "header that is a list": f"{b64(b'[]')}.{payload}.{signature}",
        "header that is null": f"{b64(b'null')}.{payload}.{signature}",
        "header that is no UTF-8": f"{b64(bytes([0xFF, 0xFE]))}.{payload}.{signature}",
    }
    yield from parts.items()


def algorithms(forger: Forger) -> Iterator[tuple[str, str]]:
    payload = b64(as_json(forger.claims))
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
        head = b64(as_json({**forger.head, "alg": algorithm}))
        yield f"alg {algorithm!r} without a signature", f"{head}.{payload}."
        yield f"alg {algorithm!r} with ours", f"{head}.{payload}.{forger.good.rpartition('.')[2]}"
    for no_name in (None, 5, True, ["ES256"], {"ES256": 1}):
        yield f"alg {no_name!r}", forger.signed({**forger.head, "alg": no_name}, forger.claims)
    for algorithm in ("RS256", "PS256", "ES384", "EdDSA", "RS1"):
        yield f"alg {algorithm} for a P-256 key", forger.signed({**forger.head, "alg": algorithm}, forger.claims)
    without = {name: value for name, value in forger.head.items() if name != "alg"}
    yield "no alg", forger.signed(without, forger.claims)


def shared_secrets(forger: Forger) -> Iterator[tuple[str, str]]:
    pem, der = forger.issuer.key.as_pem(private=False), forger.issuer.key.as_der(private=False)
    secrets = {
        "the public key (PEM)": pem,
        "the public key without its line end": pem.rstrip(),
        "the public key (DER)": der,
        "the public key (JWK)": as_json(forger.public),
        "the public x": str(forger.public["x"]).encode(),
        "nothing": b"",
        "secret": b"secret",
        "the issuer": ISSUER.encode(),
    }
    for name, secret in secrets.items():
        yield f"HS256 with {name}", forger.with_mac("HS256", secret)
    yield "HS384 with the public key", forger.with_mac("HS384", pem)
    yield "HS512 with the public key", forger.with_mac("HS512", pem)


def headers(forger: Forger) -> Iterator[tuple[str, str]]:
    own = forger.foreign.as_dict(private=False)
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
        head = {**forger.head, **more}
        if name == "no id":
            del head["kid"]
        yield f"foreign key: {name}", forger.signed(head, forger.claims, key=forger.foreign)
    for critical in (["exp"], ["unheard-of"], "exp"):
        yield f"crit {critical}", forger.signed({**forger.head, "crit": critical}, forger.claims)
    yield "a payload that is not encoded", forger.signed({**forger.head, "b64": False, "crit": ["b64"]}, forger.claims)


def signatures(forger: Forger) -> Iterator[tuple[str, str]]:
    start, _, signature = forger.good.rpartition(".")
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
        "in DER": forger.der(start.encode()),
        "of the header alone": forger.signature(start.partition(".")[0].encode()),
        "of the payload alone": forger.signature(start.partition(".")[2].encode()),
        "empty": b"",
    }
    for name, value in numbers.items():
        yield f"signature: {name}", f"{start}.{b64(value)}"


def altered(forger: Forger) -> Iterator[tuple[str, str]]:
    head, _, signature = forger.good.split(".")
    for name, value in {
        "exp": forger.expires_s + 86_400,
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
            f"{head}.{b64(as_json({**forger.claims, name: value}))}.{signature}",
        )
