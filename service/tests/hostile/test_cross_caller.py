"""One caller against another's transfers on the running API: nothing is seen, moved, merged or counted."""

from __future__ import annotations

import contextlib
import json
import sqlite3

import pytest
from hostile.api import Api
from hostile.attempts import ATTEMPTS, Victim, ask
from ingress_kit import ENDPOINT, ISSUER, SECRET_HEADERS, a_body

pytestmark = pytest.mark.xdist_group("hostile")
#: At least so many; docs/security.md names how many there are.
LEAST = 44
#: Every column of what an attack could change.
STATE = """
    SELECT t.caller, t.state, t.round_no, t.tries, t.look_again, t.updated_at_s, t.cmi_user, t.c4c_user,
        t.next_round_at_s,
        hex(s.sealed), hex(s.wrapped_key), (SELECT count(*) FROM event e WHERE e.transfer_id = t.id),
        (SELECT count(*) FROM audit a WHERE a.transfer_id = t.id)
    FROM transfer t LEFT JOIN sealed_secret s ON s.transfer_id = t.id WHERE t.id = '{id}'
"""


@pytest.fixture
def victim(api: Api) -> Victim:
    contact = api.contact()
    made = Victim(api.accepted(token=api.token(client_id="victim"), contact_id=contact), contact)
    with contextlib.closing(sqlite3.connect(api.folder / "ledger.db", timeout=30)) as ledger, ledger:
        ledger.execute(
            "UPDATE transfer SET state = 'parked', reason_code = 'credential-refused' WHERE id = ?", (made.id,)
        )
    return made


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
        status, answer = ask(api, "GET", f"/transfers/{victim.id}", token=token)
        assert (status, json.loads(answer)["contact_id"]) == (200, victim.contact_id)


def test_a_cursor_of_anothers_page_shows_ones_own_transfers_alone(api: Api, victim: Victim) -> None:
    api.accepted(token=api.token(client_id="victim"))
    page = json.loads(ask(api, "GET", "/transfers?limit=1", token=api.token(client_id="victim"))[1])
    assert page["next_cursor"]
    status, answer = ask(api, "GET", f"/transfers?limit=1000&cursor={page['next_cursor']}")
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
