"""The README's example does what it says, in a real shell."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from orchestration_caller import App

from mock_kit.testing import free_port

ROOT = Path(__file__).parents[1]


def blocks() -> list[str]:
    """The shell blocks of the README, in order."""
    return re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)


@dataclass(frozen=True)
class Shell:
    """Runs a block on free ports, in a directory with the reader's own JSON."""

    directory: Path
    ports: dict[str, str] = field(default_factory=lambda: {"8101": str(free_port()), "8111": str(free_port())})

    @property
    def url(self) -> str:
        """Where the block's mock listens."""
        return f"http://127.0.0.1:{self.ports['8101']}"

    def start(self, block: str, prefix: str = "") -> subprocess.Popen[bytes]:
        for written, free in self.ports.items():
            block = block.replace(written, free)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        command, env = ["bash", "-euc", prefix + block], os.environ | {"PATH": path}
        return subprocess.Popen(command, cwd=self.directory, env=env, stdout=subprocess.PIPE)


@pytest.fixture
def shell(tmp_path: Path, example: str) -> Shell:
    (tmp_path / "my-integration.json").write_text(example, encoding="utf-8")
    return Shell(tmp_path)


def wait_until_up(url: str) -> None:
    """Connect until the mock listens: seven retries within half a minute."""
    with httpx.Client(transport=httpx.HTTPTransport(retries=7), timeout=30) as client:
        assert client.get(f"{url}/_mock/health").status_code == 200


@pytest.mark.skipif(shutil.which("curl") is None, reason="the README's example needs curl")
def test_the_readmes_example_ends_in_a_delivery(shell: Shell) -> None:
    serve, use = blocks()
    mock = shell.start(serve, prefix="exec ")
    try:
        wait_until_up(shell.url)
        output, _ = shell.start(use).communicate(timeout=60)
    finally:
        mock.terminate()
        mock.communicate(timeout=30)
    *_, log = output.splitlines()
    (row,) = json.loads(log)
    assert (row["state"], row["status"], row["error"]) == ("delivered", 202, None)
    assert row["url"] == "https://cc-workflows-eu-c1.cc.sinch.com/prod/chat-attachments"


def test_the_readme_names_every_address_of_its_own(app: App) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    kits = {
        "health",
        "tenants",
        "journal",
        "strays",
        "credentials",
        "faults",
        "clock",
        "reset",
        "evidence",
        "dialect",
        "recorder",
        "snapshot",
    }
    kits.add("<path:rest>")
    heads = {rule.rule.split("/")[2] for rule in app.flask_app.url_map.iter_rules() if rule.rule.startswith("/_mock/")}
    assert [head for head in heads - kits if f"/_mock/{head}" not in text] == []
