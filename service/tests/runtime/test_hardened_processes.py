"""What a crash or a careless umask leaves of the running programs: no core file, and no file that others may read."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from process_kit import KEY, WAIT_S, free_port, until

#: Not root: as root, every file of every process in /proc is root's, dumpable or not.
OTHER_USER = 65_534
AS_ROOT = os.geteuid() == 0


def _other_user() -> int | None:
    """The user to run as, or None: we are not root, or that user may not run this Python."""
    if not AS_ROOT:
        return None
    try:
        code = "import attachment_transfer.core"
        done = subprocess.run([sys.executable, "-c", code], user=OTHER_USER, cwd="/", capture_output=True, check=False)
    except PermissionError:
        return None
    return OTHER_USER if done.returncode == 0 else None


USER = _other_user()
#: Root's own processes in /proc all belong to root, so their owner shows nothing; then the crash shows it.
OWNER_TELLS = USER is not None or not AS_ROOT
CORE_PATTERN = Path("/proc/sys/kernel/core_pattern")


class Family:
    """``run`` and its children, as another user where we are root, with core dumps on and the umask wide open."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.worker_port = free_port(), free_port()
        self.log = (folder / "run.log").open("wb")
        self._start()

    def _start(self) -> None:
        settings = {
            **os.environ,
            "ATTACHMENT_TRANSFER_SEALING_KEYS": KEY,
            "DATABASE_URL": f"sqlite:///{self.folder}/made/by/us/ledger.db",
            "ATTACHMENT_TRANSFER_PORT": str(self.port),
            "ATTACHMENT_TRANSFER_WORKER_PORT": str(self.worker_port),
            "ATTACHMENT_TRANSFER_DRAIN_S": "2",
            "TMPDIR": str(self.folder / "tmp"),
            "HOME": str(self.folder),
        }
        command = ["sh", "-c", 'ulimit -c unlimited 2>/dev/null || ulimit -c "$(ulimit -Hc)"; exec "$@"', "sh"]
        self.process = subprocess.Popen(
            [*command, sys.executable, "-m", "attachment_transfer", "run"],
            cwd=self.folder,
            env=settings,
            stdout=self.log,
            stderr=self.log,
            umask=0,
            user=USER,
            group=USER,
        )

    def members(self) -> dict[int, str]:
        """Pid to command line, of the supervisor and all that it started."""
        found, left = {}, [self.process.pid]
        while left:
            pid = left.pop()
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            if "resource_tracker" not in command:
                found[pid] = command
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                left += map(int, children.read_text(encoding="utf-8").split())
        return found

    def is_ready(self) -> bool:
        assert self.process.poll() is None, (self.folder / "run.log").read_text(encoding="utf-8")
        return self._answers(self.port) and self._answers(self.worker_port)

    def _answers(self, port: int) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def end(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(WAIT_S)
        finally:
            self.process.kill()
            self.process.wait()
            self.log.close()


@pytest.fixture(scope="module")
def family() -> Iterator[Family]:
    folder = Path(tempfile.mkdtemp(prefix="hardened-"))
    (folder / "tmp").mkdir()
    for path in (folder, folder / "tmp"):
        path.chmod(0o777)
    running = Family(folder)
    try:
        until(running.is_ready)
        yield running
    finally:
        running.end()
        shutil.rmtree(folder)


def cores(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*core*") if path.is_file()]


def writes_cores_here() -> bool:
    """True if the kernel writes core files into the folder of the process."""
    return sys.platform == "linux" and not CORE_PATTERN.read_text(encoding="utf-8").startswith(("|", "/"))


def test_there_are_a_supervisor_two_processes_of_the_api_and_a_worker(family: Family) -> None:
    commands = [command.rpartition("attachment_transfer ")[2].strip() for command in family.members().values()]
    assert sorted(commands) == ["run", "serve", "serve", "work --standby"]


def test_no_process_may_write_a_core_file(family: Family) -> None:
    for pid, command in family.members().items():
        limits = Path(f"/proc/{pid}/limits").read_text(encoding="utf-8")
        [line] = [line for line in limits.splitlines() if line.startswith("Max core file size")]
        assert line.split()[4:6] == ["0", "0"], command


@pytest.mark.skipif(not OWNER_TELLS, reason="root without another user that may run this Python")
def test_no_process_may_be_read_by_others_of_its_own_user(family: Family) -> None:
    """proc(5): what is not dumpable belongs to root. That stops pipes to a crash collector and debuggers, too."""
    for pid, command in family.members().items():
        for name in ("mem", "environ", "maps"):
            assert Path(f"/proc/{pid}/{name}").stat().st_uid == 0, f"{name} of {command}"
    plain = _sleeper(family.folder)
    try:
        mine = os.geteuid() if USER is None else USER
        until(lambda: Path(f"/proc/{plain.pid}/mem").stat().st_uid == mine)
    finally:
        plain.kill()
        plain.wait()


def _sleeper(folder: Path) -> subprocess.Popen[bytes]:
    """A process that is not hardened, with core dumps on, in a folder of its own."""
    return subprocess.Popen(
        ["sh", "-c", "ulimit -c unlimited; exec sleep 300"],
        cwd=folder,
        user=USER,
        group=USER,
    )


@pytest.mark.long
@pytest.mark.skipif(not writes_cores_here(), reason="the kernel's core_pattern is a pipe or a folder of its own")
def test_a_crashed_worker_leaves_no_core_file_where_another_process_leaves_one(family: Family) -> None:
    crash = family.folder / "crash"
    crash.mkdir()
    crash.chmod(0o777)
    plain = _sleeper(crash)
    until(lambda: Path(f"/proc/{plain.pid}/cmdline").read_bytes().startswith(b"sleep"))
    plain.send_signal(signal.SIGSEGV)
    assert plain.wait(WAIT_S) == -signal.SIGSEGV
    assert cores(crash), "this machine writes no core files at all: the test shows nothing"
    for path in cores(crash):
        path.unlink()

    for pid in family.members():
        if pid != family.process.pid:
            with contextlib.suppress(ProcessLookupError):  # the API server's child ends with its parent
                os.kill(pid, signal.SIGSEGV)
            until(lambda pid=pid: not Path(f"/proc/{pid}").exists() or _is_zombie(pid))  # type: ignore[misc]
    until(family.is_ready)
    assert cores(family.folder) == []


@pytest.mark.skipif(not writes_cores_here(), reason="the kernel's core_pattern is a pipe or a folder of its own")
@pytest.mark.parametrize(("harden", "left"), [("pass", True), ("harden({})", False)])
def test_a_process_that_is_not_dumpable_leaves_no_core_file_whatever_its_limit(
    tmp_path: Path, harden: str, left: bool
) -> None:
    """The limit is no lock where the kernel pipes core files to a collector, so the other one must suffice alone."""
    script = (
        "import os, resource, signal; from attachment_transfer.runtime.hardening import harden; "
        f"resource.setrlimit = lambda *_: None; {harden}; os.kill(os.getpid(), signal.SIGSEGV)"
    )
    command = ["sh", "-c", 'ulimit -c unlimited; exec "$@"', "sh", sys.executable, "-c", script]
    assert subprocess.run(command, cwd=tmp_path, check=False).returncode == -signal.SIGSEGV
    assert bool(cores(tmp_path)) is left


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.long
def test_under_an_open_umask_no_file_and_no_folder_of_ours_is_open_to_others(family: Family) -> None:
    ours = [path for path in family.folder.rglob("*") if path.name not in {"run.log", "tmp", "crash"}]
    names = {path.name for path in ours}
    assert {"made", "by", "us", "ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.db.worker.lock"} <= names
    assert any(stat.S_ISFIFO(path.stat().st_mode) for path in ours), "the pipe by which the API wakes the worker"
    for path in ours:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), f"{path} has the mode {mode:04o}"


# ── each kind of file by itself, without a process ────────────────────────────────────────────────


def _hardened(code: str, *, lab_mode: str) -> dict[str, int]:
    script = (
        "import ctypes, json, os, resource; from attachment_transfer.runtime.hardening import harden; harden(); "
        "print(json.dumps({'dumpable': ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), "
        f"'core': resource.getrlimit(resource.RLIMIT_CORE)[1], 'umask': os.umask(0)}})); {code}"
    )
    env = {**os.environ, "ATTACHMENT_TRANSFER_LAB_MODE": lab_mode}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    found: dict[str, int] = json.loads(done.stdout)
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
@pytest.mark.parametrize(("lab_mode", "dumpable"), [("", 0), ("0", 0), ("1", 1)])
def test_the_kernel_confirms_it_and_the_lab_alone_may_look_into_its_processes(lab_mode: str, dumpable: int) -> None:
    assert _hardened("pass", lab_mode=lab_mode) == {"dumpable": dumpable, "core": 0, "umask": 0o077}


@pytest.mark.long
def test_every_way_in_hardens_the_process_before_it_imports_the_rest() -> None:
    """Multiprocessing imports ``__main__`` again where it does not fork the API server's child: it holds there, too."""
    code = (
        "import sys, attachment_transfer.runtime.hardening as h; "
        "h.harden = lambda: sys.exit(7 + ('attachment_transfer.runtime.settings' in sys.modules)); "
        "import attachment_transfer.__main__"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 7
