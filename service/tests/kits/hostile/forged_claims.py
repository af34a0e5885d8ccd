"""Wrong claims, payloads and scopes under a good signature, and wrong schemes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ingress_kit import ISSUER

from hostile.forger import Forger, Forgery, as_json, b64


def claims(forger: Forger) -> Iterator[tuple[str, str]]:
    now = forger.now_s
    wrong: dict[str, list[Any]] = {
        "exp": [now - 31, 0, -1, "soon", str(forger.expires_s), None, [forger.expires_s], {}, "Infinity"],
        "nbf": [now + 10**6, now + 10**9, "now", [0]],
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
            yield f"{name} {value!r}, signed", forger.signed(forger.head, {**forger.claims, name: value})
    for name in ("exp", "aud", "iss"):
        rest = {key: value for key, value in forger.claims.items() if key != name}
        yield f"no {name}, signed", forger.signed(forger.head, rest)
    no_client = {key: value for key, value in forger.claims.items() if key not in {"client_id", "sub"}}
    yield "no client, signed", forger.signed(forger.head, no_client)


def payloads(forger: Forger) -> Iterator[tuple[str, str]]:
    good = as_json(forger.claims)
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
        "exp that is no number": good.replace(str(forger.expires_s).encode(), b"NaN"),
    }.items():
        yield f"payload: {name}, signed", forger.signed(forger.head, None, raw_claims=raw)


def schemes(forger: Forger) -> list[Forgery]:
    values = {
        "nothing": "",
        "the scheme alone": "Bearer",
        "Basic": f"Basic {b64(b'client:secret')}",
        "Digest": 'Digest username="client"',
        "another scheme": f"Token {forger.good}",
        "no scheme": forger.good,
        "a scheme that begins the same": f"BearerX {forger.good}",
        "two schemes": f"Basic Bearer {forger.good}",
        "quoted": f'Bearer "{forger.good}"',
        "a parameter": f"Bearer token={forger.good}",
    }
    return [Forgery(f"scheme: {name}", value) for name, value in values.items()]


def scopes(forger: Forger) -> list[Forgery]:
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
            f"scope {scope!r}, signed", f"Bearer {forger.signed(forger.head, {**forger.claims, 'scope': scope})}", 403
        )
        for scope in wrong
    ]
