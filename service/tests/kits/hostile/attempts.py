"""Attempts of one caller at another's transfer: each has a name and one request."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from ingress_kit import ISSUER

from hostile.api import Api

ALL_SCOPES = "chat-attachments transfers"


@dataclass(frozen=True)
class Victim:
    """Somebody else's parked transfer."""

    id: str
    contact_id: str


Answer = tuple[int, bytes]
Attempt = Callable[[Api, Victim], Answer]


def ask(api: Api, method: str, path: str, body: object = None, **more: str) -> Answer:
    token = more.pop("token", "") or api.token(client_id="attacker", scope=ALL_SCOPES)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **more}
    status, _, answer = api.ask(method, path, None if body is None else json.dumps(body).encode(), headers)
    return status, answer


def _get(path: str, **headers: str) -> Attempt:
    """GET of a path in which ``ID`` and ``CONTACT`` are the victim's."""
    return lambda api, victim: ask(api, "GET", _filled(path, victim), **headers)


def _post(path: str, body: object = None, **headers: str) -> Attempt:
    def attempt(api: Api, victim: Victim) -> Answer:
        filled = json.loads(_filled(json.dumps(body), victim))
        return ask(api, "POST", _filled(path, victim), filled, **headers)

    return attempt


def _as(client: object, **claims: object) -> Attempt:
    """The victim's transfer by somebody whose token looks like the victim's."""
    return lambda api, victim: ask(
        api, "GET", f"/transfers/{victim.id}", token=api.token(client_id=client, scope=ALL_SCOPES, **claims)
    )


def _filled(text: str, victim: Victim) -> str:
    return text.replace("ID", victim.id).replace("CONTACT", victim.contact_id)


ATTEMPTS: dict[str, Attempt] = {
    # ── plain: by id ────────────────────────────────────────────────────────────────────────────
    "look": _get("/transfers/ID"),
    "audit": _get("/transfers/ID/audit"),
    "retry": _post("/transfers/ID/retry"),
    "cancel": _post("/transfers/ID/cancel"),
    "retry among many": _post("/transfers/retry", {"ids": ["ID"]}),
    # ── by a filter or a page ───────────────────────────────────────────────────────────────────
    "list": _get("/transfers?limit=1000"),
    "list of parked": _get("/transfers?state=parked&limit=1000"),
    "list of the contact": _get("/transfers?contact_id=CONTACT"),
    "list by reason": _get("/transfers?reason_code=credential-refused"),
    "list as the victim": _get("/transfers?caller=victim"),
    "retry of all parked": _post("/transfers/retry", {"state": "parked", "limit": 100}),
    "retry of the contact": _post("/transfers/retry", {"state": "parked", "contact_id": "CONTACT"}),
    "retry as the victim": _post("/transfers/retry", {"state": "parked", "caller": "victim"}),
    # ── other spellings of the path ─────────────────────────────────────────────────────────────
    "two slashes": _get("//transfers/ID"),
    "a slash at the end": _get("/transfers/ID/"),
    "dots": _get("/transfers/x/../ID"),
    "encoded dots": _get("/transfers/x/%2e%2e/ID"),
    "an encoded slash": _get("/transfers%2fID"),
    "a semicolon": _get("/transfers/ID;caller=victim"),
    "a query beside it": _get("/transfers/ID?caller=victim&scope=transfers.operate"),
    "an encoded NUL": _get("/transfers/ID%00"),
    "a wildcard": _get("/transfers/%25"),
    "a statement": _get("/transfers/'%20OR%20id='ID"),
    "in capitals": lambda api, victim: ask(api, "GET", f"/transfers/{victim.id.upper()}/audit"),
    "by the operator's page": _get("/operator/../transfers/ID"),
    # ── headers that some servers believe ───────────────────────────────────────────────────────
    "X-Forwarded-User": _get("/transfers/ID", **{"X-Forwarded-User": "victim", "X-Remote-User": "victim"}),
    "X-Original-URL": _get("/transfers", **{"X-Original-URL": "/transfers/ID", "X-Rewrite-URL": "/transfers/ID"}),
    "X-HTTP-Method-Override": _get("/transfers/ID/cancel", **{"X-HTTP-Method-Override": "POST"}),
    "X-Forwarded-For": _get("/transfers/ID", **{"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1"}),
    # ── tokens that look like the victim's ──────────────────────────────────────────────────────
    "the victim as subject alone": _as("attacker", sub="victim"),
    "the victim as authorised party": _as("attacker", azp="victim"),
    "another tenant of the issuer": _as("victim", iss="https://login-eu-c1.cc.sinch.com/other"),
    "another region of the issuer": _as("victim", iss="https://login-us-c1.cc.sinch.com/acme"),
    "another case": _as("VICTIM"),
    "a blank behind it": _as("victim "),
    "a NUL behind it": _as("victim\0"),
    "a line end behind it": _as("victim\n"),
    "wildcards": _as("v%"),
    "single wildcards": _as("victi_"),
    "a full-width letter": _as("\uff56ictim"),
    "a zero-width blank": _as("vic\u200btim"),
    "the separator in the name": _as("x#victim"),
    "issuer and name in the name": _as(f"{ISSUER}#victim"),
    # ── scopes ──────────────────────────────────────────────────────────────────────────────────
    "the endpoint's scope alone": lambda api, victim: ask(
        api, "GET", f"/transfers/{victim.id}", token=api.token(client_id="victim", scope="chat-attachments")
    ),
    "the operator's scope alone": lambda api, victim: ask(
        api, "GET", f"/transfers/{victim.id}", token=api.token(client_id="attacker", scope="transfers.operate")
    ),
    "a scope that begins like the operator's": lambda api, victim: ask(
        api, "GET", f"/transfers/{victim.id}", token=api.token(client_id="attacker", scope="transfers transfers.operat")
    ),
    "no token": lambda api, victim: ask(api, "GET", f"/transfers/{victim.id}", Authorization="Bearer"),
}
