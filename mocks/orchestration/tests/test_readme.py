"""The README's example does what it says, typed into a real shell."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from mock_kit.testing import free_port

ROOT = Path(__file__).parents[1]
START_S = 30.0


def blocks():
    """The shell blocks of the README, in order."""
    return re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def shell(tmp_path, example):
    """Turns a block into a command on free ports, in a directory that holds the reader's own JSON."""
    (tmp_path / "my-integration.json").write_text(example, encoding="utf-8")
    ports = {"8101": str(free_port()), "8111": str(free_port())}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    def start(block, prefix=""):
        for written, free in ports.items():
            block = block.replace(written, free)
        return subprocess.Popen(
            ["bash", "-euc", prefix + block], cwd=tmp_path, env=os.environ | {"PATH": path}, stdout=subprocess.PIPE
        )

    start.url = f"http://127.0.0.1:{ports['8101']}"
    return start


def wait_until_up(url, process):
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/_mock/health", timeout=5):
            return
        time.sleep(0.02)
    raise RuntimeError("the README's first command did not start a mock")


@pytest.mark.skipif(shutil.which("curl") is None, reason="the README's example needs curl")
def test_the_readmes_example_ends_in_a_delivery(shell):
    serve, use = blocks()
    mock = shell(serve, prefix="exec ")
    try:
        wait_until_up(shell.url, mock)
        output, _ = shell(use).communicate(timeout=60)
    finally:
        mock.terminate()
        mock.communicate(timeout=30)
    *_, log = output.splitlines()
    (row,) = json.loads(log)
    assert (row["state"], row["status"], row["error"]) == ("delivered", 202, None)
    assert row["url"] == "https://cc-workflows-eu-c1.cc.sinch.com/prod/chat-attachments"


def test_the_readme_names_every_address_of_its_own(app):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    kits = {"health", "tenants", "journal", "strays", "faults", "clock", "reset", "evidence", "dialect", "recorder"}
    kits.add("<path:rest>")
    heads = {rule.rule.split("/")[2] for rule in app.flask_app.url_map.iter_rules() if rule.rule.startswith("/_mock/")}
    assert [head for head in heads - kits if f"/_mock/{head}" not in text] == []
