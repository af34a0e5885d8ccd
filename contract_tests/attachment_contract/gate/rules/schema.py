"""AC100: each error of the schema that no other rule explains. The gate accepts nothing that the schema rejects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jsonschema.exceptions import ValidationError

from attachment_contract.gate.catalogue import catalogue
from attachment_contract.gate.context import RawFinding, RuleContext, finding_at
from attachment_contract.gate.json_nodes import Node, Path
from attachment_contract.gate.report import Severity
from attachment_contract.schemas.store import validator


def schema(context: RuleContext, found: Iterable[RawFinding]) -> Iterator[RawFinding]:
    """One finding for each error of the schema that no finding in ``found`` explains."""
    config = context.config
    if config is None or config.kind != "object":
        return
    rules = catalogue()
    explained = [raw.path[len(config.path) :] for raw in found if rules[raw.rule].severity is Severity.ERROR]
    for error in validator("edi_configuration.v1").iter_errors(config.plain()):
        path = tuple(error.absolute_path)
        if any(_explains(other, path) for other in explained):
            continue
        explained.append(path)
        yield _raw_finding(config, path, error)


def _explains(finding: Path, error: Path) -> bool:
    """Whether a finding is about the same value, a value that contains it, or a (missing or misspelt) member of it."""
    return bool(finding) and (error[: len(finding)] == finding or finding[:-1] == error)


def _raw_finding(config: Node, path: Path, error: ValidationError) -> RawFinding:
    node = config
    for part in path:
        child = node.get(part) if isinstance(part, str) else node.items[part]
        if child is None:
            break
        node = child
    message = f"The schema's keyword {error.validator!r} rejects this value."
    expected = str(error.schema.get("description") or f"{error.validator}: {error.validator_value}")[:200]
    found = None if "headers" in path else ""
    return finding_at("AC100", node, message, expected, found=found, span=node.opening)
