"""docs/path.md names every module that an attachment passes in the service, and that a finding passes in the gate."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from standin.answers import a_pdf, file_answer
from standin.chat import CONTRACT, Chat, Listed
from standin.processes import running_standin

ROOT = Path(__file__).parents[3]
TRACING = Path(__file__).parents[1] / "kits" / "standin" / "tracing"
#: Every process calls these all the time, whether there is a transfer or not.
NOT_ON_THE_WAY = ("__init__.py", "__main__.py")


@pytest.fixture(scope="module")
def passed(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Modules whose functions ran between the event's request and the transfer's end, as ``worker/carry.py``."""
    folder = tmp_path_factory.mktemp("traced")
    found = folder / "modules"
    found.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in traced(found, "attachment_transfer").items():
            patch.setenv(name, value)
        with running_standin(folder) as standin:
            chat = Chat(standin, CONTRACT, Listed(id="f2", name="invoice.pdf"))
            chat.serves(file_answer(a_pdf()))
            chat.serves(file_answer(a_pdf(seed=2)), file_id="f2")
            (found / "go").touch()
            chat.end()
            (found / "go").unlink()
    return noted(found)


def traced(found: Path, package: str) -> dict[str, str]:
    """Environment of a process that notes its modules of a package in this folder."""
    path = os.pathsep.join(filter(None, (str(TRACING), os.environ.get("PYTHONPATH"))))
    return {"PYTHONPATH": path, "TRACED_MODULES_DIR": str(found), "TRACED_PACKAGE": package}


def noted(found: Path) -> set[str]:
    lines = (file.read_text(encoding="utf-8").split() for file in found.iterdir())
    return {line for each in lines for line in each if not line.endswith(NOT_ON_THE_WAY)}


def page() -> str:
    return (ROOT / "docs/path.md").read_text(encoding="utf-8")


@pytest.mark.long
def test_the_page_names_every_module_that_a_transfer_passes(passed: set[str]) -> None:
    assert {"ingress/app.py", "worker/carry.py", "ledger/accept.py"} <= passed
    assert sorted(module for module in passed if f"`{module}`" not in page()) == []


def test_the_page_names_every_module_that_a_finding_of_the_gate_passes(tmp_path: Path) -> None:
    found = tmp_path / "modules"
    found.mkdir()
    (found / "go").touch()
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"request": {"method": "GET", "headers": {"x": "{secret.a}"}}, "condition": "contact.x == 1"}')
    command = [sys.executable, "-m", "attachment_contract", "check", str(wrong)]
    environment = os.environ | traced(found, "attachment_contract")
    assert subprocess.run(command, check=False, env=environment, capture_output=True).returncode == 1
    passed = noted(found)
    assert {"gate/check.py", "gate/formats/text.py"} <= passed
    assert sorted(module for module in passed if f"`{module}`" not in page()) == []


def test_every_module_that_the_page_names_exists() -> None:
    roots = (
        "service/attachment_transfer",
        "contract_tests/attachment_contract",
        "mocks/kit/mock_kit",
        "mocks/orchestration/orchestration_mock",
        "mocks/cmi/cmi_mock",
        "mocks/c4c/c4c_mock",
        "mocks/lab/attachment_lab",
        ".",
    )
    named = set(re.findall(r"`([a-z0-9_/]+\.(?:py|toml|json))`", page()))
    assert sorted(name for name in named if not any((ROOT / root / name).is_file() for root in roots)) == []
