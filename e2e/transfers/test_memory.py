"""A large attachment passes through; it is in nobody's memory. BIG_FILE_MB makes it larger (`make faults`: 1024)."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from attachment_lab.stack.processes import listeners
from attachment_lab.testing.lab import LabTenant

SIZE_MB = int(os.environ.get("BIG_FILE_MB", "192"))
MOST_GROWTH_MB = 64

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.timeout(900)]


def peak_mb(port: int) -> float:
    """The high-water mark of the resident memory of the process that listens on ``port``, in MB (Linux)."""
    status = Path(f"/proc/{listeners(port)[0]}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1024


def big_file(folder: Path) -> Path:
    """Bytes that no compression helps with, the same each time."""
    chance = random.Random(20261122)
    file = folder / "recording.bin"
    with file.open("wb") as out:
        for _ in range(SIZE_MB):
            out.write(chance.randbytes(1024 * 1024))
    return file


@pytest.mark.own_stack
def test_a_large_file_passes_without_growing_the_worker_or_a_mock(
    tenant: LabTenant, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ports = tenant.lab.stack.ports
    processes = {"worker": ports.service + 1, "CMI mock": ports.cmi, "C4C mock": ports.c4c}
    tenant.chat(files=[("small.txt", b"first a small one, so that everything is loaded")]).end()
    tenant.wait_until_settled()
    before = {name: peak_mb(port) for name, port in processes.items()}
    chat = tenant.chat(files=[big_file(tmp_path)])
    chat.end()
    tenant.wait_until_settled(timeout_s=600)
    grown = {name: peak_mb(port) - before[name] for name, port in processes.items()}
    with capsys.disabled():
        print(f"\n{SIZE_MB} MB: peak memory grew by " + ", ".join(f"{name} {mb:.0f} MB" for name, mb in grown.items()))
    assert {item.size_bytes for item in tenant.stored()} >= {SIZE_MB * 1024 * 1024}
    assert all(mb < MOST_GROWTH_MB for mb in grown.values()), grown
