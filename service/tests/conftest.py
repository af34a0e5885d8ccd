"""A ledger of its own for each test, on real SQLite; a clock that only the test moves; ids that count."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode leaves test folders out; helpers stand beside the tests

from fakes import HandClock, counting_ids
from ingress_kit import Door, open_door
from ledger_kit import Queue
from operator_kit import Morning
from policy_kit import PolicyStreet
from street import Street

from attachment_transfer.ledger.database import migrate, open_database
from attachment_transfer.ledger.sealing import KeyRing, new_master_key

settings.register_profile("decided", derandomize=True, database=None, deadline=None, max_examples=300)
settings.load_profile("decided")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def new_id() -> Callable[[], str]:
    return counting_ids()


@pytest.fixture(scope="session")
def keys() -> KeyRing:
    return KeyRing.parse(f"k1:{new_master_key()}")


@pytest.fixture
def database_file(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def engine(database_file: Path) -> Iterator[sa.Engine]:
    """An empty ledger with its schema."""
    engine = open_database(f"sqlite:///{database_file}")
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def queue() -> Queue:
    return Queue()


@pytest.fixture
def door(engine: sa.Engine, clock: HandClock, keys: KeyRing, queue: Queue, new_id: Callable[[], str]) -> Door:
    """The API over an empty ledger."""
    return open_door(engine, clock=clock, keys=keys, queue=queue, new_id=new_id)


@pytest.fixture
def street(engine: sa.Engine, clock: HandClock, keys: KeyRing, new_id: Callable[[], str]) -> Street:
    """A worker between a fake CMI and a fake C4C, over an empty ledger."""
    return Street(engine, clock, keys, new_id)


@pytest.fixture
def policy_street(engine: sa.Engine, clock: HandClock, keys: KeyRing, new_id: Callable[[], str]) -> PolicyStreet:
    """The same, with everything of the attachment policy."""
    return PolicyStreet(engine, clock, keys, new_id)


@pytest.fixture
def morning(engine: sa.Engine, clock: HandClock, keys: KeyRing, queue: Queue, new_id: Callable[[], str]) -> Morning:
    """Fills the ledger with transfers in every state."""
    return Morning(engine, clock, keys, queue, new_id)
