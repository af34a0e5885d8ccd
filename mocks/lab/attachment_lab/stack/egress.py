"""Egress: every real name that a process of the stack calls leads to the edge proxy, which knows the open tenants.

Syntax, shared by the service and the orchestration mock: ``pattern=base-url``. Host header and path of a mapped call
stay the real ones, so a production configuration works unchanged.
"""

from __future__ import annotations

from attachment_lab.stack.ports import LOOPBACK, Ports


def url(port: int) -> str:
    """Base URL of a process of the stack, without a trailing slash."""
    return f"http://{LOOPBACK}:{port}"


def everything(ports: Ports) -> str:
    """One entry for every name."""
    return f"*={url(ports.edge_proxy)}"


def edge_targets(ports: Ports, *, fault_proxy: bool, service: str = "") -> dict[str, str]:
    """What the edge proxy passes requests on to: the mocks, by their fault proxies where wanted, and the service.

    ``service``: the base address of one that is not ours; empty = ours, at its port.
    """
    suffix = "_fault_proxy" if fault_proxy else ""
    mocks = {name: url(getattr(ports, f"{name}{suffix}")) for name in ("orchestration", "cmi", "c4c")}
    return mocks | {"service": service or url(ports.service)}
