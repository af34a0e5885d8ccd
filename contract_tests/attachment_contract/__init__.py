"""The contract of the chat-attachment chain: JSON Schemas of what passes between the systems, and their checks.

``load_schema``, ``schema_names`` and ``validator`` are all that a service needs. The gate checks a configuration::

    report = attachment_contract.check(text)
    if not report.ok: ...

Every name is loaded on first use, so that a command imports only what it needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from attachment_contract.gate.check import check
    from attachment_contract.gate.fixing import fix
    from attachment_contract.gate.report import GateFinding, GateReport, Severity
    from attachment_contract.gate.settings import GateSettings
    from attachment_contract.schemas.store import load_schema, schema_names, validator

__all__ = [
    "GateFinding",
    "GateReport",
    "GateSettings",
    "Severity",
    "check",
    "fix",
    "load_schema",
    "schema_names",
    "validator",
]

_MODULES = {
    "GateFinding": "gate.report",
    "GateReport": "gate.report",
    "GateSettings": "gate.settings",
    "Severity": "gate.report",
    "check": "gate.check",
    "fix": "gate.fixing",
    "load_schema": "schemas.store",
    "schema_names": "schemas.store",
    "validator": "schemas.store",
}


def __getattr__(name: str) -> Any:
    """One of the public names, loaded on first use."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value
