"""Egress maps: which process of the stack answers for which real host name.

Syntax, shared by the service and the orchestration mock: ``pattern=base-url`` joined by commas. Host header and path of
a mapped call stay the real ones, so a production configuration works unchanged.
"""

from __future__ import annotations

from attachment_lab.stack.ports import LOOPBACK, Ports


def url(port: int) -> str:
    """Base URL of a process of the stack, without a trailing slash."""
    return f"http://{LOOPBACK}:{port}"


def for_service(ports: Ports, *, fault_proxy: bool) -> str:
    """Every name that the transfer service calls: C4C, CMI and the token issuer."""
    return _join(
        {
            "*.crm.cloud.sap": ports.c4c_fault_proxy if fault_proxy else ports.c4c,
            "*.amazonaws.com": ports.cmi_fault_proxy if fault_proxy else ports.cmi,
            "login-*.cc.sinch.com": ports.orchestration_fault_proxy if fault_proxy else ports.orchestration,
        }
    )


def for_orchestration(ports: Ports) -> str:
    """Every name that Contact Pro's event engine calls: the workflow endpoint and the token issuer."""
    return _join({"cc-workflows-*.cc.sinch.com": ports.service, "login-*.cc.sinch.com": ports.orchestration})


def _join(targets: dict[str, int]) -> str:
    return ",".join(f"{pattern}={url(port)}" for pattern, port in targets.items())
