"""The commands of a running stack, called in this process on the session's stack."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from attachment_lab.__main__ import run
from attachment_lab.shared_files import replace_json
from attachment_lab.stack import ready_file
from attachment_lab.stack.ready_file import RunningStack
from attachment_lab.testing.lab import LabTenant


def stack_file_for(tenant: LabTenant, path: Path) -> Path:
    """A stack file whose default tenant is the test's own, as ``up`` would have written it."""
    stack = tenant.lab.stack
    written = RunningStack(
        urls=dict.fromkeys(ready_file.URL_NAMES, "http://127.0.0.1:1") | dict(tenant.lab.urls),
        tenants={tenant.name: tenant.names},
        default=tenant.name,
        run_dir=stack.run_dir,
        clock_file=stack.clock_file,
        pid=os.getpid(),
    )
    replace_json(path, ready_file.stack_json(written))
    return path


class Commands:
    """Calls ``attachment-lab`` with ``--stack``."""

    def __init__(self, stack_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.stack_file = stack_file
        self._capsys = capsys

    def call(self, *arguments: str | Path) -> tuple[int, str, str]:
        """Exit code, standard output and error."""
        self._capsys.readouterr()
        code = run([*map(str, arguments), "--stack", str(self.stack_file)])
        said = self._capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out, said.err

    def json(self, *arguments: str | Path, code: int = 0) -> Any:
        """The JSON that a command prints; it must end with that code."""
        found, written, trouble = self.call(*arguments, "--json")
        assert found == code, trouble
        return json.loads(written)
