"""A ledger of its own for each test, on real SQLite; a clock that only the test moves; ids that count."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from fakes import HandClock, counting_ids
from hostile.api import Api, running_api
from ingress_kit import Endpoint, open_endpoint
from ledger_kit import Queue
from log_kit import keep_log_book
from operator_kit import Morning
from policy_kit import PolicyStack
from process_kit import issuer, migrated, start  # noqa: F401 - fixtures of tests that start the program
from recorder_kit import traffic_checked
from upgrade_kit import empty, kept, program_before, server, system  # noqa: F401 - fixtures of the upgrade's tests
from worker_kit import Stack

from attachment_transfer.ledger.database import open_database
from attachment_transfer.ledger.schema import migrate
from attachment_transfer.ledger.sealing import KeyRing, new_master_key
from attachment_transfer.runtime import logs

#: Lines of a test are checked, not read: rendering tracebacks for them takes most of its time. See ``test_logs``.
_LOG_BOOK = keep_log_book()


@pytest.fixture(autouse=True)
def lines_are_documented(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What the service logs in this process stands in docs/operations.md. A program's own set-up would end that."""
    monkeypatch.setattr(logs, "configure", lambda _log_format: None)
    yield
    complaints = _LOG_BOOK.read()
    assert not complaints, "not in the table of docs/operations.md: " + "; ".join(complaints)


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


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with its schema and nothing else, to be copied."""
    file = tmp_path_factory.mktemp("empty") / "ledger.db"
    engine = open_database(f"sqlite:///{file}")
    migrate(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return file


@pytest.fixture
def engine(database_file: Path, empty_ledger: Path) -> Iterator[sa.Engine]:
    """An empty ledger with its schema."""
    shutil.copy(empty_ledger, database_file)
    engine = open_database(f"sqlite:///{database_file}")
    yield engine
    engine.dispose()


@pytest.fixture
def queue() -> Queue:
    return Queue()


@pytest.fixture
def endpoint(engine: sa.Engine, clock: HandClock, keys: KeyRing, queue: Queue, new_id: Callable[[], str]) -> Endpoint:
    """The API over an empty ledger."""
    return open_endpoint(engine, clock=clock, keys=keys, queue=queue, new_id=new_id)


@pytest.fixture
def stack(engine: sa.Engine, clock: HandClock, keys: KeyRing, new_id: Callable[[], str]) -> Stack:
    """A worker between a fake CMI and a fake C4C, over an empty ledger."""
    return Stack(engine, clock, keys, new_id)


@pytest.fixture
def policy_stack(engine: sa.Engine, clock: HandClock, keys: KeyRing, new_id: Callable[[], str]) -> PolicyStack:
    """The same, with everything of the attachment policy."""
    return PolicyStack(engine, clock, keys, new_id)


@pytest.fixture
def morning(engine: sa.Engine, clock: HandClock, keys: KeyRing, queue: Queue, new_id: Callable[[], str]) -> Morning:
    """Fills the ledger with transfers in every state."""
    return Morning(engine, clock, keys, queue, new_id)


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """One running API for all attacks of a session: they must not disturb one another, either."""
    with running_api(tmp_path_factory.mktemp("hostile")) as running:
        yield running
        assert running.lives(), running.log()
        assert "internal error" not in running.log()


@pytest.fixture(autouse=True)
def on_contract(request: pytest.FixtureRequest) -> Iterator[None]:
    """What the service sends and answers is checked at the test's end; ``off_contract`` lifts that."""
    mark = request.node.get_closest_marker("off_contract")
    if mark is not None and mark.kwargs.get("judge") != "requests":
        yield
        return
    with traffic_checked(request.node.nodeid, answers=mark is None):
        yield
