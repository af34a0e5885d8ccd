"""Where each process of the stack listens: fixed offsets from a base, or free ports."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from dataclasses import astuple, dataclass

from attachment_lab.errors import StackPortTaken, WrongUse

LOOPBACK = "127.0.0.1"
#: Offsets from ``--port-base``; fault proxies sit ten above their mock.
OFFSETS = {
    "console": 0,
    "orchestration": 1,
    "cmi": 2,
    "c4c": 3,
    "service": 4,
    "worker_health": 5,
    "orchestration_fault_proxy": 11,
    "cmi_fault_proxy": 12,
    "c4c_fault_proxy": 13,
}


@dataclass(frozen=True, kw_only=True)
class Ports:
    """TCP ports on the loopback interface, one per door of the stack."""

    console: int
    orchestration: int
    cmi: int
    c4c: int
    service: int
    worker_health: int
    orchestration_fault_proxy: int
    cmi_fault_proxy: int
    c4c_fault_proxy: int

    @classmethod
    def fixed(cls, base: int) -> Ports:
        """The documented layout. Raises WrongUse when it does not fit below 65536."""
        if not 1024 <= base <= 65535 - max(OFFSETS.values()):
            raise WrongUse(f"--port-base {base}: choose 0 (free ports) or 1024 to 65522")
        return cls(**{name: base + offset for name, offset in OFFSETS.items()})

    @classmethod
    def free(cls) -> Ports:
        """Ports the kernel just said are free; somebody may still be quicker, so callers retry."""
        with ExitStack() as held:
            service, worker_health = _neighbouring_pair(held)
            rest = [name for name in OFFSETS if name not in {"service", "worker_health"}]
            numbers = {name: _hold(held, 0) for name in rest}
        return cls(service=service, worker_health=worker_health, **numbers)

    def check(self) -> None:
        """Raise PortTaken, with a remedy, for the first port that cannot be bound now."""
        for name, port in zip(OFFSETS, astuple(self), strict=True):
            with ExitStack() as held:
                try:
                    _hold(held, port)
                except OSError as exc:
                    raise StackPortTaken(taken_message(name, port), port=port) from exc


def taken_message(name: str, port: int) -> str:
    """What to tell a person whose port is in use."""
    return (
        f"port {port} (wanted by {name.replace('_', ' ')}) is in use. "
        f"`ss -ltnp 'sport = :{port}'` shows by whom; stop that, "
        "or use --port-base 0 for free ports, or another --port-base."
    )


def _hold(held: ExitStack, port: int) -> int:
    taken = held.enter_context(socket.socket())
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.bind((LOOPBACK, port))
    return int(taken.getsockname()[1])


def _neighbouring_pair(held: ExitStack) -> tuple[int, int]:
    """Two free ports n and n + 1: the worker's health is always on the service's port plus one."""
    for _ in range(50):
        first = _hold(held, 0)
        try:
            return first, _hold(held, first + 1)
        except OSError:
            continue
    raise WrongUse("no two neighbouring free ports found; use --port-base to choose some")
