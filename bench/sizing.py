"""How many pods, connections, tenants and disks a load needs: arithmetic, line by line, from measured figures.

    python bench/sizing.py --chats-per-day 10000000 --files-per-chat 3 --mb-per-file 1.5

Inputs are yours, figures are `bench/figures.json` (measured by `bench/measure.py`), all else is on the page: what goes
in, the formula, what comes out. Two inputs cannot be measured offline, and most depends on them: how long C4C and CMI
take (`--seconds-per-file`, `--seconds-per-chat`). Read them off `attachment_transfer_attachment_seconds` and
`attachment_transfer_round_seconds` of your own service.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

FIGURES = Path(__file__).with_name("figures.json")
DAY_S = 86_400
#: Of a process's one core (Python), and of a worker's rounds: beyond it queues grow.
USED = 0.7
#: base64 within JSON.
_GROWS = 4 / 3
_MBIT = 8
#: Dead rows between two runs of autovacuum, and free space in pages.
_BLOAT = 1.5


#: Writes one line (name, what, formula, result, unit) and returns its result.
Write = Callable[[str, str, str, float, str], float]


@dataclass(frozen=True, kw_only=True)
class Load:
    """The load to size for.

    Attributes:
        peak: the busiest hour's rate over the day's mean.
        seconds_per_file: one file from CMI to C4C and verified. An assumption until you have measured it.
        seconds_per_chat: what a round takes beside its files. An assumption, too.
        rounds_per_tenant: at once; SAP asks for fewer than 7 long calls (documented), the service's default is 4.
    """

    chats_per_day: float
    files_per_chat: float = 3.0
    mb_per_file: float = 1.5
    peak: float = 3.0
    seconds_per_file: float = 2.0
    seconds_per_chat: float = 1.5
    rounds_per_tenant: int = 4
    rounds_per_worker: int = 8
    retention_days: float = 30.0
    poll_interval_s: float = 1.0


@dataclass(frozen=True)
class Line:
    """One step of the arithmetic: ``result`` in ``unit``."""

    name: str
    what: str
    formula: str
    result: float
    unit: str


def size(load: Load, figures: Mapping[str, float]) -> list[Line]:
    """The whole calculation; later lines use earlier ones by name."""
    lines: list[Line] = []
    found: dict[str, float] = {}

    def line(name: str, what: str, formula: str, result: float, unit: str) -> float:
        lines.append(Line(name, what, formula, result, unit))
        found[name] = result
        return result

    chats = line("chats", "chats, mean", "chats_per_day / 86 400", load.chats_per_day / DAY_S, "/s")
    peak = line("peak_chats", "chats, busiest hour", "chats × peak", chats * load.peak, "/s")
    files = line("peak_files", "files, busiest hour", "peak_chats × files_per_chat", peak * load.files_per_chat, "/s")
    mb = line("peak_mb", "from CMI", "peak_files × mb_per_file", files * load.mb_per_file, "MB/s")
    line("network_in", "network in", "peak_mb × 8", mb * _MBIT, "Mbit/s")
    line("network_out", "network out (base64)", "peak_mb × 4/3 × 8", mb * _GROWS * _MBIT, "Mbit/s")
    _tenants(load, line, peak)
    _processes(load, figures, line, found)
    _database(load, figures, line, found)
    return lines


def _tenants(load: Load, line: Write, peak: float) -> None:
    busy_s = line(
        "busy", "a chat occupies C4C", "seconds_per_chat + files_per_chat × seconds_per_file",
        load.seconds_per_chat + load.files_per_chat * load.seconds_per_file, "s",
    )  # fmt: skip
    at_once = line("rounds", "rounds at once", "peak_chats × busy", peak * busy_s, "")
    line(
        "per_tenant", "one C4C tenant transfers at most", "rounds_per_tenant × 86 400 / busy",
        load.rounds_per_tenant * DAY_S / busy_s, "chats/day",
    )  # fmt: skip
    line(
        "tenants", "C4C tenants, at least", "rounds / rounds_per_tenant, rounded up",
        math.ceil(at_once / load.rounds_per_tenant), "",
    )  # fmt: skip


def _processes(load: Load, figures: Mapping[str, float], line: Write, found: Mapping[str, float]) -> None:
    api_cores = line(
        "api_cores", "API: processor", "peak_chats × accept_cpu_s",
        found["peak_chats"] * figures["accept_cpu_s"], "cores",
    )  # fmt: skip
    line(
        "apis", "API pods", f"api_cores / {USED}, rounded up, at least 2",
        max(2, math.ceil(api_cores / USED)), "",
    )  # fmt: skip
    chat_cpu_s = figures["chat_cpu_s"] + load.files_per_chat * (
        figures["file_cpu_s"] + load.mb_per_file * figures["mb_cpu_s"]
    )
    worker_cores = line(
        "worker_cores", "workers: processor",
        "peak_chats × (chat_cpu_s + files_per_chat × (file_cpu_s + mb_per_file × mb_cpu_s))",
        found["peak_chats"] * chat_cpu_s, "cores",
    )  # fmt: skip
    by_cpu = line("workers_by_cpu", "workers, by processor", f"worker_cores / {USED}", worker_cores / USED, "")
    by_rounds = line(
        "workers_by_rounds", "workers, by rounds", f"rounds / rounds_per_worker / {USED}",
        found["rounds"] / load.rounds_per_worker / USED, "",
    )  # fmt: skip
    line(
        "workers", "worker pods", "the larger of both, rounded up, at least 2",
        max(2, math.ceil(max(by_cpu, by_rounds))), "",
    )  # fmt: skip


def _database(load: Load, figures: Mapping[str, float], line: Write, found: Mapping[str, float]) -> None:
    def per_chat(kind: str) -> float:
        # The measured chat was accepted, too: accepting is in it.
        return figures[f"chat_{kind}"] + load.files_per_chat * figures[f"file_{kind}"]

    for kind, what in (("statements", "statements"), ("commits", "transactions that write")):
        line(
            kind, f"PostgreSQL: {what}", f"peak_chats × (chat_{kind} + files_per_chat × file_{kind})",
            found["peak_chats"] * per_chat(kind), "/s",
        )  # fmt: skip
    line(
        "polling", "PostgreSQL: statements of idle polling",
        "workers × idle_statements_per_s × figures' poll_interval_s / poll_interval_s",
        found["workers"] * figures["idle_statements_per_s"] * figures["poll_interval_s"] / load.poll_interval_s, "/s",
    )  # fmt: skip
    line(
        "wal", "PostgreSQL: WAL", "peak_chats × (chat_wal_bytes + files_per_chat × file_wal_bytes) / 10⁶",
        found["peak_chats"] * per_chat("wal_bytes") / 1e6, "MB/s",
    )  # fmt: skip
    worker_connections = figures["run_connections"] - figures["api_connections"]
    line(
        "connections", "PostgreSQL: connections",
        "apis × api_connections + workers × (run_connections − api_connections)",
        found["apis"] * figures["api_connections"] + found["workers"] * worker_connections, "",
    )  # fmt: skip
    line(
        "disk", "disk, at rest",
        f"chats_per_day × retention_days × (chat_disk_bytes + files_per_chat × file_disk_bytes) × {_BLOAT} / 10⁹",
        load.chats_per_day * load.retention_days * per_chat("disk_bytes") * _BLOAT / 1e9, "GB",
    )  # fmt: skip
    line("purge", "purged, mean", "chats", found["chats"], "/s")


def table(lines: list[Line]) -> str:
    """As Markdown: it is pasted into docs/operations.md."""
    rows = ["| | result | formula |", "|---|---|---|"]
    for one in lines:
        number = f"{one.result:,.0f}" if one.result >= 100 or one.result == int(one.result) else f"{one.result:,.3g}"
        unit = f" {one.unit}" if one.unit and not one.unit.startswith("/") else one.unit
        rows.append(f"| `{one.name}`: {one.what} | {number.replace(',', ' ')}{unit} | {one.formula} |")
    return "\n".join(rows)


def asked(arguments: list[str]) -> tuple[Load, bool]:
    """The load of a command line, and whether JSON is wanted. A number that makes no sense ends the program with 2."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="machine-readable")
    for name, field in Load.__dataclass_fields__.items():
        kind = int if field.type == "int" else float
        needed = name == "chats_per_day"
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, required=needed, default=field.default)
    values = vars(parser.parse_args(arguments))
    as_json = values.pop("json")
    for name, value in values.items():
        if not 0 < value < 1e12:
            parser.error(f"--{name.replace('_', '-')} {value}: write a number above 0")
    return Load(**values), as_json


def main(arguments: list[str]) -> int:
    load, as_json = asked(arguments)
    figures = json.loads(FIGURES.read_text(encoding="utf-8"))
    lines = size(load, figures)
    if as_json:
        print(json.dumps({"load": asdict(load), "figures": figures, "lines": [asdict(one) for one in lines]}))
        return 0
    print(f"Figures of {figures['measured_at']}, {figures['machine']}, PostgreSQL {figures['postgresql']}.")
    print("Load: " + ", ".join(f"{name} {value:g}" for name, value in asdict(load).items()) + ".\n")
    print(table(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
