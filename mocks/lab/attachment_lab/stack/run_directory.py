"""The folder of a stack: logs, spools, the service's database and clock."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from attachment_lab.clients.stack_clients import MOCKS
from attachment_lab.errors import WrongUse

CLOCK_NAME = "clock.json"


def opened(chosen: Path | None) -> tuple[Path, bool]:
    """The folder, and whether it is a temporary one. Raises WrongUse for one that cannot be made."""
    if chosen is None:
        return Path(tempfile.mkdtemp(prefix="attachment-lab-")), True
    try:
        chosen.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as exc:
        raise WrongUse(f"--run-dir {str(chosen)[:200]}: {exc.strerror}; name a folder of yours") from exc
    return chosen.resolve(), False


def discard_earlier_stack(run_dir: Path, *, database: bool) -> None:
    """Remove what an earlier stack, or a failed attempt, left in its run directory; other files are not touched."""
    if not (run_dir / CLOCK_NAME).exists():
        return
    for name in (*MOCKS, "edge"):
        shutil.rmtree(run_dir / name, ignore_errors=True)
    if database:
        for path in (*run_dir.glob("*.log"), *run_dir.glob("service.db*")):
            path.unlink()
