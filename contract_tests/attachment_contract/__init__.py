"""What passes between the systems, as JSON Schema (2020-12) in ``schemas/``, and the means to check it.

``load_schema``, ``schema_names`` and ``validator`` are all that a service needs; importing this package loads
jsonschema and nothing else. The gate is loaded when it is first asked for::

    report = attachment_contract.check(text)
    if not report.ok: ...
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from attachment_contract.schemas.store import load_schema, schema_names, validator

if TYPE_CHECKING:
    from attachment_contract.gate.check import check
    from attachment_contract.gate.fixing import fix
    from attachment_contract.gate.report import GateFinding, GateReport, Severity
    from attachment_contract.gate.settings import GateSettings

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

_LATER = {
    "GateFinding": "attachment_contract.gate.report",
    "GateReport": "attachment_contract.gate.report",
    "GateSettings": "attachment_contract.gate.settings",
    "Severity": "attachment_contract.gate.report",
    "check": "attachment_contract.gate.check",
    "fix": "attachment_contract.gate.fixing",
}


def __getattr__(name: str) -> Any:
    """The gate's names, loaded on first use."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATER[name]), name)
