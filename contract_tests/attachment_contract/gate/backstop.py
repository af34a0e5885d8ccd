"""AC100: whatever the schema rejects and no rule has explained. So the gate is never kinder than the contract."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jsonschema.exceptions import ValidationError

from attachment_contract.gate.catalogue import catalogue
from attachment_contract.gate.look import Draft, Look, shown
from attachment_contract.gate.nodes import Node, Path
from attachment_contract.gate.report import Severity
from attachment_contract.schemas_store import validator


def schema(look: Look, drafts: Iterable[Draft]) -> Iterator[Draft]:
    """One finding for each error of the schema at a place of which nothing has been said yet."""
    config = look.config
    if config is None or config.kind != "object":
        return
    rules = catalogue()
    told = [draft.path[len(config.path) :] for draft in drafts if rules[draft.rule].severity is Severity.ERROR]
    for error in validator("edi_configuration.v1").iter_errors(config.plain()):
        path = tuple(error.absolute_path)
        if any(_explains(other, path) for other in told):
            continue
        told.append(path)
        yield _draft(config, path, error)


def _explains(told: Path, path: Path) -> bool:
    """Said of the place itself, of what it is part of, or of a member of it (a missing or misspelt one)."""
    return bool(told) and (path[: len(told)] == told or told[:-1] == path)


def _draft(config: Node, path: Path, error: ValidationError) -> Draft:
    node = config
    for part in path:
        child = node.get(part) if isinstance(part, str) else node.items[part]
        if child is None:
            break
        node = child
    return Draft(
        rule="AC100",
        span=node.opening,
        path=node.path,
        message=f"The schema's rule {error.validator!r} does not hold here.",
        expected=str(error.schema.get("description") or f"{error.validator}: {error.validator_value}")[:200],
        found=None if "headers" in path else shown(node),
    )
