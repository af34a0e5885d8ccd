"""AC100: whatever the schema rejects and no rule has explained. So the gate is never kinder than the contract."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jsonschema.exceptions import ValidationError

from attachment_contract.gate.catalogue import catalogue
from attachment_contract.gate.context import RawFinding, RuleContext
from attachment_contract.gate.json_nodes import Node, Path
from attachment_contract.gate.report import Severity
from attachment_contract.gate.wording import shown
from attachment_contract.schemas.store import validator


def schema(context: RuleContext, found_raw: Iterable[RawFinding]) -> Iterator[RawFinding]:
    """One finding for each error of the schema at a place of which nothing has been said yet."""
    config = context.config
    if config is None or config.kind != "object":
        return
    rules = catalogue()
    told = [raw.path[len(config.path) :] for raw in found_raw if rules[raw.rule].severity is Severity.ERROR]
    for error in validator("edi_configuration.v1").iter_errors(config.plain()):
        path = tuple(error.absolute_path)
        if any(_explains(other, path) for other in told):
            continue
        told.append(path)
        yield _raw_finding(config, path, error)


def _explains(told: Path, path: Path) -> bool:
    """Said of the place itself, of what it is part of, or of a member of it (a missing or misspelt one)."""
    return bool(told) and (path[: len(told)] == told or told[:-1] == path)


def _raw_finding(config: Node, path: Path, error: ValidationError) -> RawFinding:
    node = config
    for part in path:
        child = node.get(part) if isinstance(part, str) else node.items[part]
        if child is None:
            break
        node = child
    return RawFinding(
        rule="AC100",
        span=node.opening,
        path=node.path,
        message=f"The schema's rule {error.validator!r} does not hold here.",
        expected=str(error.schema.get("description") or f"{error.validator}: {error.validator_value}")[:200],
        found=None if "headers" in path else shown(node),
    )
