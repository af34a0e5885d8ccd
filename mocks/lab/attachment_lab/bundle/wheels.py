"""The wheels of the three distributions and of every locked package, for a machine that has Python and no network."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from attachment_lab.errors import LabFailed, WrongUse

#: The folders of the three distributions: attachment-contract, attachment-transfer, attachment-lab.
PROJECTS = ("contract_tests", "service", "mocks")


class WheelsFailed(LabFailed):
    """pip could not download or build what the lock names."""


def collect_wheels(project: Path, locks: Sequence[Path], to: Path) -> None:
    """Put the wheels that the locks pin, hashes checked, and those of the three distributions into ``to``.

    ``project`` is the repository's root. The wheels are for the Python and the platform that run this. Raises WrongUse
    for a lock that is not there and WheelsFailed with pip's message.
    """
    to.mkdir(parents=True, exist_ok=True)
    for lock in locks:
        if not lock.is_file():
            raise WrongUse(f"--lock {lock}: there is no such file. Remedy: name a file of requirements/")
        _pip("download", "--require-hashes", "--only-binary", ":all:", "--dest", str(to), "--requirement", str(lock))
    sources = [str(project / folder) for folder in PROJECTS]
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(to), *sources)


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = (done.stderr.strip() or "no reason was printed").splitlines()[-1]
        raise WheelsFailed(f"pip {arguments[0]}: {reason}. Remedy: check that pip reaches a package index")
