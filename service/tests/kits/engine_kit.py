"""Runs a scenario of the durable engine in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

DRIVER = Path(__file__).parent / "programs" / "engine_driver.py"


def drive(scenario: str, file: Path, *, exit_code: int = 0) -> tuple[dict[str, Any], str]:
    """Run one scenario; return what it told and what it logged."""
    done = subprocess.run(
        [sys.executable, str(DRIVER), scenario, str(file)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == exit_code, done.stderr
    return (json.loads(done.stdout) if exit_code == 0 else {}), done.stderr
