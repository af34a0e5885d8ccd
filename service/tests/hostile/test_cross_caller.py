"""One caller against another's transfers on the running API: nothing is seen, moved, merged or counted."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hostile_kit import ENDPOINT, ISSUER, SECRET_HEADERS, Api, a_body

pytestmark = pytest.mark.xdist_group("hostile")
#: At least so many; docs/security.md names how many there are.
LEAST = 44
ALL_SCOPES = "chat-attachments transfers"
#: Every column of what an attack could change.
STATE = """
    SELECT t.caller, t.state, t.round_no, t.tries, t.look_again, t.updated_at_s, t.cmi_user, t.c4c_user,
        t.next_round_at_s,
        hex(s.sealed), hex(s.wrapped_key), (SELECT count(*) FROM event e WHERE e.transfer_id = t.id),
        (SELECT count(*) FROM audit a WHERE a.transfer_id = t.id)
    FROM transfer t LEFT JOIN sealed_secret s ON s.transfer_id = t.id WHERE t.id = '{id}'
"""


@dataclass(frozen=True)
class Victim:
    """Somebody else's parked transfer."""

    id: str
    contact_id: str


@pytest.fixture
def victim(api: Api) -> Victim:
    contact = api.contact()
    made = Victim(api.accepted(token=api.token(client_id="victim"), contact_id=contact), contact)
    with contextlib.closing(sqlite3.connect(api.folder / "ledger.db", timeout=30)) as ledger, ledger:
        ledger.execute(
            "UPDATE transfer SET state = 'parked', reason_code = 'credential-refused' WHERE id = ?", (made.id,)
        )
    return made


Answer = tuple[int, bytes]
Attempt = Callable[[Api, Victim], Answer]


def _ask(api: Api, method: str, path: str, body: object = None, **more: str) -> Answer:
    token = more.pop("token", "") or api.token(client_id="attacker", scope=ALL_SCOPES)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **more}
    status, _, answer = api.ask(method, path, None if body is None else json.dumps(body).encode(), headers)
    return status, answer


def _get(path: str, **headers: str) -> Attempt:
    """GET of a path in which ``ID`` and ``CONTACT`` are the victim's."""
    return lambda api, victim: _ask(api, "GET", _filled(path, victim), **headers)


def _post(path: str, body: object = None, **headers: str) -> Attempt:
    def attempt(api: Api, victim: Victim) -> Answer:
        filled = json.loads(_filled(json.dumps(body), victim))
        return _ask(api, "POST", _filled(path, victim), filled, **headers)

    return attempt


def _as(client: object, **claims: object) -> Attempt:
    """The victim's transfer by somebody whose token looks like the victim's."""
    return lambda api, victim: _ask(
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
    "in capitals": lambda api, victim: _ask(api, "GET", f"/transfers/{victim.id.upper()}/audit"),
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
    "the endpoint's scope alone": lambda api, victim: _ask(
        api, "GET", f"/transfers/{victim.id}", token=api.token(client_id="victim", scope="chat-attachments")
    ),
    "the operator's scope alone": lambda api, victim: _ask(
        api, "GET", f"/transfers/{victim.id}", token=api.token(client_id="attacker", scope="transfers.operate")
    ),
    "a scope that begins like the operator's": lambda api, victim: _ask(
        api, "GET", f"/transfers/{victim.id}", token=api.token(client_id="attacker", scope="transfers transfers.operat")
    ),
    "no token": lambda api, victim: _ask(api, "GET", f"/transfers/{victim.id}", Authorization="Bearer"),
}


@pytest.mark.parametrize("name", ATTEMPTS)
def test_an_attempt_at_anothers_transfer_shows_nothing_and_changes_nothing(api: Api, victim: Victim, name: str) -> None:
    before = api.rows(STATE.format(id=victim.id))
    assert before
    status, answer = ATTEMPTS[name](api, victim)
    assert status < 500
    found = json.loads(answer) if status < 300 else {}
    assert not found.get("transfers")
    assert not found.get("redriven")
    assert "contact_id" not in found
    assert "credential-refused" not in answer.decode()
    assert api.rows(STATE.format(id=victim.id)) == before


def test_there_are_as_many_attempts_as_the_threat_model_says() -> None:
    assert len(ATTEMPTS) >= LEAST


def test_the_owner_and_an_operator_do_see_it(api: Api, victim: Victim) -> None:
    owner = api.token(client_id="victim", scope="transfers")
    operator = api.token(client_id="somebody", scope="transfers transfers.operate")
    for token in (owner, operator):
        status, answer = _ask(api, "GET", f"/transfers/{victim.id}", token=token)
        assert (status, json.loads(answer)["contact_id"]) == (200, victim.contact_id)


def test_a_cursor_of_anothers_page_shows_ones_own_transfers_alone(api: Api, victim: Victim) -> None:
    api.accepted(token=api.token(client_id="victim"))
    page = json.loads(_ask(api, "GET", "/transfers?limit=1", token=api.token(client_id="victim"))[1])
    assert page["next_cursor"]
    status, answer = _ask(api, "GET", f"/transfers?limit=1000&cursor={page['next_cursor']}")
    assert status == 200
    assert victim.id not in answer.decode()


def test_the_same_chat_of_another_caller_is_another_transfer_with_its_own_secrets(api: Api, victim: Victim) -> None:
    before = api.rows(STATE.format(id=victim.id))
    body = json.dumps(a_body(contact_id=victim.contact_id)).encode()
    wrong = {**SECRET_HEADERS, "x-cmi-password": "wrong-on-purpose"}
    status, headers, answer = api.post(body, token=api.token(client_id="attacker"), **wrong)
    assert status == 202
    made = json.loads(answer)["transfer_id"]
    assert made != victim.id
    assert headers["location"] == f"/transfers/{made}"
    assert api.rows(STATE.format(id=victim.id)) == before
    assert api.rows(f"SELECT caller FROM transfer WHERE id = '{made}'") == [(f"{ISSUER}#attacker",)]


def test_the_endpoint_is_reached_by_its_own_scope_alone(api: Api) -> None:
    body = json.dumps(a_body(contact_id=api.contact())).encode()
    before = api.transfers()
    for scope in ("transfers", "transfers transfers.operate"):
        assert api.post(body, token=api.token(scope=scope))[0] == 403
    assert api.ask("GET", ENDPOINT)[0] == 405
    assert api.transfers() == before
