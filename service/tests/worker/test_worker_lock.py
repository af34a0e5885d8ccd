"""One worker at a time on SQLite, and none that still posts when the next one starts."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from attachment_transfer.worker.process import AlreadyWorking, WorkerLock

DRIVER = Path(__file__).parents[1] / "kits" / "programs" / "lock_driver.py"


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db.worker.lock"


def start(what: str, lock: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(DRIVER), what, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


@pytest.fixture
def holder(lock: Path) -> Iterator[subprocess.Popen[str]]:
    process = start("hold", lock)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_worker_is_refused_and_told_why(lock: Path, holder: subprocess.Popen[str]) -> None:
    with pytest.raises(AlreadyWorking, match="another worker has the lock") as caught, WorkerLock(lock, wait=False):
        pass
    assert str(lock) in str(caught.value)
    assert "postgresql://" in str(caught.value)
    assert "--standby" in str(caught.value)


def test_the_lock_of_a_killed_worker_is_free_at_once(lock: Path, holder: subprocess.Popen[str]) -> None:
    holder.kill()
    holder.wait(30)
    with WorkerLock(lock, wait=False):
        pass


def test_a_standby_gets_the_lock_when_its_holder_ends(lock: Path, holder: subprocess.Popen[str]) -> None:
    got = threading.Event()

    def stand_by() -> None:
        with WorkerLock(lock, wait=True):
            got.set()

    thread = threading.Thread(target=stand_by, daemon=True)
    thread.start()
    assert not got.is_set()
    holder.communicate()
    assert got.wait(30)


def test_a_standby_that_is_told_to_stop_does_not_wait_for_the_lock(lock: Path, holder: subprocess.Popen[str]) -> None:
    stop = threading.Event()
    stop.set()
    with WorkerLock(lock, wait=True, stop=stop):
        assert stop.is_set()
    assert holder.poll() is None


def test_the_lock_names_its_holder(lock: Path, holder: subprocess.Popen[str]) -> None:
    assert lock.read_text(encoding="utf-8") == f"{holder.pid}\n"


def test_the_lock_of_an_unfinished_drain_goes_with_its_process(lock: Path) -> None:
    """The next worker believes that nobody posts any more, as soon as it has the lock."""
    process = start("drain", lock)
    said, _ = process.communicate(timeout=60)
    assert said == "held\n"
    assert process.returncode == 0
    with lock.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_finished_drain_ends_nothing() -> None:
    # In a process of its own: this one may have threads of other tests.
    code = (
        "from attachment_transfer.worker.process import end_what_is_left; end_what_is_left(end=print); print('goes on')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "goes on\n"
