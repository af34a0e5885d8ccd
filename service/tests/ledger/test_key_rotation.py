"""Sealing keys change while transfers are open."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from ledger_kit import unsealed

from attachment_transfer.core.model import Secrets, TransferRequest
from attachment_transfer.ledger import tables
from attachment_transfer.ledger.accept import accept
from attachment_transfer.ledger.database import open_database
from attachment_transfer.ledger.round_store import RoundStore
from attachment_transfer.ledger.schema import migrate
from attachment_transfer.ledger.sealing import KeyRing, SealBroken, new_master_key
from attachment_transfer.ledger.upkeep.rotation import rotate

OLD, NEW = f"old:{new_master_key()}", f"new:{new_master_key()}"
REQUEST = TransferRequest(
    contact_id="5AB6E20342A6EE11B3ED58961D1810CC",
    cmi_url="https://a.execute-api.eu-central-1.amazonaws.com/acme/cmi",
    cmi_user="u",
    c4c_url="https://my1.crm.cloud.sap",
    c4c_user="v",
    secrets=Secrets(cmi_api_key="k", cmi_password="p", c4c_password="s"),
)


@pytest.fixture
def engine(tmp_path: Path) -> sa.Engine:
    engine = open_database(f"sqlite:///{tmp_path}/ledger.db")
    migrate(engine)
    accept(
        engine,
        REQUEST,
        caller="c",
        keys=KeyRing.parse(OLD),
        enqueue=lambda *_: None,
        now_s=1.0,
        new_id=lambda: "f" * 32,
    )
    return engine


def secrets_under(engine: sa.Engine, keys: str) -> Secrets:
    book = RoundStore(engine, keys=KeyRing.parse(keys), now_s=lambda: 2.0, new_id=lambda: "e" * 32, redrive_s=1.0)
    return unsealed(book, book.transfer("f" * 32))


def test_after_rotation_the_old_key_is_not_needed_any_more(engine: sa.Engine) -> None:
    assert rotate(engine, KeyRing.parse(f"{NEW},{OLD}"), now_s=3.0) == 1
    assert secrets_under(engine, NEW) == REQUEST.secrets


def test_before_rotation_the_new_key_alone_opens_nothing(engine: sa.Engine) -> None:
    with pytest.raises(SealBroken, match="'old' is not configured"):
        secrets_under(engine, NEW)


def test_rotating_twice_touches_nothing_the_second_time(engine: sa.Engine) -> None:
    keys = KeyRing.parse(f"{NEW},{OLD}")
    rotate(engine, keys, now_s=3.0)
    assert rotate(engine, keys, now_s=3.0) == 0


def test_a_missing_old_key_is_said_and_nothing_changes(engine: sa.Engine) -> None:
    with pytest.raises(SealBroken, match="'old' is not configured"):
        rotate(engine, KeyRing.parse(NEW), now_s=3.0)
    with engine.connect() as connection:
        assert connection.execute(sa.select(tables.sealed_secret.c.key_id)).scalar() == "old"
