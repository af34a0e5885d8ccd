"""The contract of the chat-attachment chain: JSON Schemas of what passes between the systems, and their checks.

``load_schema``, ``schema_names`` and ``validator`` are all that a service needs. The gate checks a configuration::

    report = attachment_contract.check(text)
    if not report.ok: ...

``read_configuration`` returns what a configuration says, with the gate's findings::

    facts = attachment_contract.read_configuration(path.read_bytes(), name=path.name)
    facts.cmi, facts.sap_v1, facts.secrets.names, facts.form.endpoint.value.region, facts.errors

Every name is loaded on first use, so that a command imports only what it needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from attachment_contract.configuration.configuration_set import ConfigurationSet, read_configuration_set
    from attachment_contract.configuration.facts import ConfigurationFacts, SecretRole
    from attachment_contract.configuration.reading import read_configuration
    from attachment_contract.gate.check import check
    from attachment_contract.gate.fixing import fix
    from attachment_contract.gate.report import GateFinding, GateReport, Severity
    from attachment_contract.gate.settings import GateSettings
    from attachment_contract.gate.workflows import Workflow
    from attachment_contract.schemas.store import load_schema, schema_names, validator

__all__ = [
    "ConfigurationFacts",
    "ConfigurationSet",
    "GateFinding",
    "GateReport",
    "GateSettings",
    "SecretRole",
    "Severity",
    "Workflow",
    "check",
    "fix",
    "load_schema",
    "read_configuration",
    "read_configuration_set",
    "schema_names",
    "validator",
]

_MODULES = {
    "ConfigurationFacts": "configuration.facts",
    "ConfigurationSet": "configuration.configuration_set",
    "GateFinding": "gate.report",
    "GateReport": "gate.report",
    "GateSettings": "gate.settings",
    "SecretRole": "configuration.facts",
    "Severity": "gate.report",
    "Workflow": "gate.workflows",
    "check": "gate.check",
    "fix": "gate.fixing",
    "load_schema": "schemas.store",
    "read_configuration": "configuration.reading",
    "read_configuration_set": "configuration.configuration_set",
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
