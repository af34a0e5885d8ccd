"""The port of each process of the stack: fixed offsets from a base, or free ports."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from dataclasses import astuple, dataclass

from attachment_lab.errors import StackPortTaken, WrongUse

LOOPBACK = "127.0.0.1"
#: Offsets from ``--port-base``; a fault proxy's is its mock's plus ten.
OFFSETS = {
    "console": 0,
    "orchestration": 1,
    "cmi": 2,
    "c4c": 3,
    "service": 4,
    "worker_health": 5,
    "edge": 6,
    "orchestration_fault_proxy": 11,
    "cmi_fault_proxy": 12,
    "c4c_fault_proxy": 13,
    "edge_proxy": 16,
}


@dataclass(frozen=True, kw_only=True)
class Ports:
    """TCP ports on the loopback interface."""

    console: int
    orchestration: int
    cmi: int
    c4c: int
    service: int
    worker_health: int
    edge: int
    orchestration_fault_proxy: int
    cmi_fault_proxy: int
    c4c_fault_proxy: int
    edge_proxy: int

    @classmethod
    def fixed(cls, base: int) -> Ports:
        """The documented layout. Raises WrongUse when it does not fit below 65536."""
        if not 1024 <= base <= 65535 - max(OFFSETS.values()):
            raise WrongUse(f"--port-base {base}: choose 0 (free ports) or 1024 to 65519")
        return cls(**{name: base + offset for name, offset in OFFSETS.items()})

    @classmethod
    def free(cls) -> Ports:
        """Ports that are free now; another process may still take one, so callers retry."""
        with ExitStack() as bound:
            service, worker_health = _adjacent_pair(bound)
            rest = [name for name in OFFSETS if name not in {"service", "worker_health"}]
            numbers = {name: _bind(bound, 0) for name in rest}
        return cls(service=service, worker_health=worker_health, **numbers)

    def check(self) -> None:
        """Raise PortTaken, with a remedy, for the first port that cannot be bound now."""
        for name, port in zip(OFFSETS, astuple(self), strict=True):
            with ExitStack() as bound:
                try:
                    _bind(bound, port)
                except OSError as exc:
                    raise StackPortTaken(taken_message(name, port), port=port) from exc


def taken_message(name: str, port: int) -> str:
    """The message about a port that is in use."""
    return (
        f"port {port} (wanted by {name.replace('_', ' ')}) is in use. "
        f"`ss -ltnp 'sport = :{port}'` shows by whom; stop that, "
        "or use --port-base 0 for free ports, or another --port-base."
    )


def _bind(bound: ExitStack, port: int) -> int:
    """Bind a port (0 = any) until ``bound`` is closed; returns its number."""
    listener = bound.enter_context(socket.socket())
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((LOOPBACK, port))
    return int(listener.getsockname()[1])


def _adjacent_pair(bound: ExitStack) -> tuple[int, int]:
    """Two free ports n and n + 1: the worker's health is always on the service's port plus one."""
    for _ in range(50):
        first = _bind(bound, 0)
        try:
            return first, _bind(bound, first + 1)
        except OSError:
            continue
    raise WrongUse("no two adjacent free ports found; use --port-base to choose some")
