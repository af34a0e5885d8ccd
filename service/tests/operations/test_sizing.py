"""The sizing calculator: its arithmetic by hand, its figures complete, its page in the documentation its own."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCH = Path(__file__).resolve().parents[3] / "bench"
OPERATIONS = BENCH.parent / "docs" / "operations.md"
ROUND_FIGURES = {
    "accept_cpu_s": 0.01,
    "api_connections": 8.0,
    "run_connections": 18.0,
    "idle_statements_per_s": 20.0,
    "poll_interval_s": 1.0,
    "chat_cpu_s": 0.02,
    "file_cpu_s": 0.01,
    "mb_cpu_s": 0.005,
    **{f"chat_{kind}": 100.0 for kind in ("statements", "commits", "wal_bytes", "disk_bytes")},
    **{f"file_{kind}": 50.0 for kind in ("statements", "commits", "wal_bytes", "disk_bytes")},
}


@pytest.fixture(scope="module")
def sizing() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sizing", BENCH / "sizing.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["sizing"] = module
    spec.loader.exec_module(module)
    return module


def test_the_arithmetic_is_what_a_hand_finds(sizing: ModuleType) -> None:
    load = sizing.Load(
        chats_per_day=864_000, files_per_chat=2, mb_per_file=3, peak=2, seconds_per_file=1, seconds_per_chat=2
    )
    found = {line.name: line.result for line in sizing.size(load, ROUND_FIGURES)}
    assert {name: pytest.approx(value) for name, value in found.items()} == {
        "chats": 10.0,
        "peak_chats": 20.0,
        "peak_files": 40.0,
        "peak_mb": 120.0,
        "network_in": 960.0,
        "network_out": 1280.0,
        "busy": 4.0,
        "rounds": 80.0,
        "per_tenant": 86_400.0,
        "tenants": 20.0,
        "api_cores": 0.2,
        "apis": 2.0,
        "worker_cores": 20 * (0.02 + 2 * (0.01 + 0.015)),
        "workers_by_cpu": 2.0,
        "workers_by_rounds": 80 / 8 / 0.7,
        "workers": 15.0,
        "statements": 4000.0,
        "commits": 4000.0,
        "polling": 300.0,
        "wal": 0.004,
        "connections": 16.0 + 150.0,
        "disk": 864_000 * 30 * 200 * 1.5 / 1e9,
        "purge": 10.0,
    }


def test_the_measured_figures_have_everything_the_arithmetic_asks_for(sizing: ModuleType) -> None:
    figures = json.loads((BENCH / "figures.json").read_text(encoding="utf-8"))
    assert {"measured_at", "machine", "postgresql", *ROUND_FIGURES} <= figures.keys()
    assert all(figures[name] > 0 for name in ROUND_FIGURES)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(BENCH / "sizing.py"), *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("value", ["0", "-1", "nan", "many"])
def test_a_load_that_is_none_is_refused_by_its_name(value: str) -> None:
    done = run("--chats-per-day", value)
    assert done.returncode == 2
    assert "--chats-per-day" in done.stderr


def test_the_documentation_shows_what_the_calculator_says_of_ten_million_chats() -> None:
    command = "--chats-per-day 10000000 --files-per-chat 3 --mb-per-file 1.5 --rounds-per-worker 32"
    text = OPERATIONS.read_text(encoding="utf-8")
    assert f"python bench/sizing.py {command}" in text
    page = run(*command.split()).stdout
    assert page.partition("| | result")[2].strip() in text, "copy its table into docs/operations.md"
