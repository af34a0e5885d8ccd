"""Secrets at rest: who can open a sealed row, and who cannot."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from fakes import HandClock
from hypothesis import given
from hypothesis import strategies as st
from ledger_kit import CALLER, SECRETS, Queue, a_request, unsealed

from attachment_transfer.core.model import Secrets
from attachment_transfer.ledger import tables
from attachment_transfer.ledger.accept import accept
from attachment_transfer.ledger.round_store import RoundStore
from attachment_transfer.ledger.sealing import BadSealingKey, KeyRing, SealBroken, Sealed, new_master_key

ONE, TWO = (base64.urlsafe_b64encode(bytes(range(start, start + 32))).decode() for start in (200, 3))


def ring(*keys: str) -> KeyRing:
    return KeyRing.parse(",".join(keys))


@given(st.text(), st.text(), st.text())
def test_what_is_sealed_opens_as_it_was(one: str, two: str, three: str) -> None:
    secrets = Secrets(cmi_api_key=one, cmi_password=two, c4c_password=three)
    keys = KeyRing((("k1", b"k" * 32),))
    assert keys.open(keys.seal(secrets, bound_to="t"), bound_to="t") == secrets


def test_after_a_rotation_the_new_key_seals_and_the_old_one_still_opens() -> None:
    old = ring(f"k1:{ONE}").seal(SECRETS, bound_to="t")
    rotated = ring(f"k2:{TWO}", f"k1:{ONE}")
    assert rotated.open(old, bound_to="t") == SECRETS
    assert rotated.seal(SECRETS, bound_to="t").key_id == "k2"


def test_without_its_key_a_row_stays_shut_and_the_key_is_named() -> None:
    row = ring(f"k1:{ONE}").seal(SECRETS, bound_to="t")
    with pytest.raises(SealBroken, match="'k1' is not configured"):
        ring(f"k2:{TWO}").open(row, bound_to="t")


def test_another_key_under_the_same_id_opens_nothing() -> None:
    row = ring(f"k1:{ONE}").seal(SECRETS, bound_to="t")
    with pytest.raises(SealBroken, match="does not open"):
        ring(f"k1:{TWO}").open(row, bound_to="t")


def test_a_row_does_not_open_for_another_transfer() -> None:
    keys = ring(f"k1:{ONE}")
    with pytest.raises(SealBroken, match="belongs to another transfer"):
        keys.open(keys.seal(SECRETS, bound_to="one|caller"), bound_to="two|caller")


@pytest.mark.parametrize("part", ["wrapped_key", "sealed"])
@pytest.mark.parametrize("place", [0, 12, -1])
def test_a_changed_byte_anywhere_is_noticed(part: str, place: int) -> None:
    keys = ring(f"k1:{ONE}")
    row = keys.seal(SECRETS, bound_to="t")
    changed = bytearray(getattr(row, part))
    changed[place] ^= 1
    with pytest.raises(SealBroken):
        keys.open(replace(row, **{part: bytes(changed)}), bound_to="t")


@pytest.mark.parametrize("box", [b"", b"short", b"x" * 12])
def test_a_row_that_was_cut_is_noticed(box: bytes) -> None:
    keys = ring(f"k1:{ONE}")
    with pytest.raises(SealBroken):
        keys.open(Sealed("k1", box, box), bound_to="t")


def test_the_same_secrets_never_seal_to_the_same_bytes() -> None:
    keys = ring(f"k1:{ONE}")
    one, two = (keys.seal(SECRETS, bound_to="t") for _ in range(2))
    assert one.sealed != two.sealed
    assert one.wrapped_key != two.wrapped_key


def test_no_repr_shows_a_key_or_a_sealed_byte() -> None:
    keys = ring(f"k1:{ONE}")
    shown = repr(keys) + repr(keys.seal(SECRETS, bound_to="t"))
    assert ONE not in shown
    assert repr(base64.urlsafe_b64decode(ONE)) not in shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        " , ",
        ONE,
        "k1:",
        "k1:short",
        f"k1:{ONE[:-5]}",
        f"k1:{ONE}{ONE}",
        "k1:ü" + ONE,
        f"k1: {ONE}",
        f"k1:{ONE[:10]}!{ONE[10:]}",
        f":{ONE}",
        f"{'k' * 65}:{ONE}",
        f"k1:{ONE},k1:{TWO}",
        f"k1:{ONE},k2",
    ],
)
def test_a_key_ring_that_cannot_be_used_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(BadSealingKey) as caught:
        KeyRing.parse(text)
    assert ONE not in str(caught.value)
    assert "attachment-transfer keys new" in str(caught.value)


def test_two_keys_of_one_name_are_refused_because_only_one_of_them_would_open() -> None:
    with pytest.raises(BadSealingKey, match="'k1' twice"):
        KeyRing.parse(f"k1:{ONE},k1:{TWO}")


def test_a_ring_is_read_from_lines_too() -> None:
    assert [key_id for key_id, _ in KeyRing.parse(f"k2:{TWO}\n k1:{ONE}\n").keys] == ["k2", "k1"]


def test_new_keys_are_fresh_and_usable() -> None:
    made = {new_master_key() for _ in range(20)}
    assert len(made) == 20
    assert all(KeyRing.parse(f"k:{key}") for key in made)


def test_a_sealed_row_that_was_moved_to_another_transfer_does_not_open(
    engine: sa.Engine, keys: KeyRing, queue: Queue, clock: HandClock, new_id: Callable[[], str]
) -> None:
    def accepted(contact_id: str) -> str:
        request = a_request(contact_id=contact_id)
        now_s = clock.now_s()
        return accept(engine, request, caller=CALLER, keys=keys, enqueue=queue, now_s=now_s, new_id=new_id).transfer_id

    one, two = accepted("1" * 32), accepted("2" * 32)
    table = tables.sealed_secret
    with engine.begin() as connection:
        connection.execute(table.delete().where(table.c.transfer_id == two))
        connection.execute(table.update().where(table.c.transfer_id == one).values(transfer_id=two))
    book = RoundStore(engine, keys=keys, now_s=clock.now_s, new_id=new_id, redrive_s=1.0)
    with pytest.raises(SealBroken):
        unsealed(book, book.transfer(two))
