"""Files and folders of ours are private to their owner, whatever the umask."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from attachment_transfer.clients.body import EncryptedSpool
from attachment_transfer.engine.wake_up import wake_up_pipe
from attachment_transfer.ledger.database import open_database
from attachment_transfer.ledger.private_files import private_file, private_folder


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("open_umask")
def test_a_database_of_an_older_release_is_closed_to_others_when_it_is_opened(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    old = open_database(f"sqlite:///{file}")
    with old.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE one (number INTEGER)")
        for path in tmp_path.iterdir():
            path.chmod(0o644)
        assert {path.name for path in tmp_path.iterdir()} == {"ledger.db", "ledger.db-wal", "ledger.db-shm"}
        open_database(f"sqlite:///{file}").dispose()
        assert {mode_of(path) for path in tmp_path.iterdir()} == {0o600}
    old.dispose()


def test_opening_a_database_a_second_time_drops_no_lock_of_the_first(tmp_path: Path) -> None:
    """POSIX drops a process's locks on a file with the first descriptor that is closed, whichever it is."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    engine = open_database(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE one (number INTEGER)")
        connection.exec_driver_sql("INSERT INTO one VALUES (1)")
        open_database(url).dispose()
        script = (
            f"import sqlite3; sqlite3.connect({str(tmp_path / 'ledger.db')!r}, timeout=0).execute('BEGIN IMMEDIATE')"
        )
        other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "database is locked" in other.stderr
    engine.dispose()


@pytest.mark.usefixtures("open_umask")
def test_folders_that_we_make_are_private_and_one_that_is_there_is_left_alone(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o755)
    private_folder(theirs / "ours" / "too")
    assert [mode_of(path) for path in (theirs, theirs / "ours", theirs / "ours" / "too")] == [0o755, 0o700, 0o700]


def test_a_file_that_not_even_its_owner_may_write_stays_so(tmp_path: Path) -> None:
    file = tmp_path / "kept"
    file.touch()
    file.chmod(0o444)
    private_file(file)
    assert mode_of(file) == 0o400


@pytest.mark.usefixtures("open_umask")
def test_spool_file_and_wake_up_pipe_are_private(tmp_path: Path) -> None:
    spool = EncryptedSpool()
    assert stat.S_IMODE(os.fstat(spool._file.fileno()).st_mode) == 0o600
    spool.close()
    with wake_up_pipe() as pipe:
        assert pipe is not None
        assert (mode_of(pipe), mode_of(pipe.parent)) == (0o600, 0o700)
