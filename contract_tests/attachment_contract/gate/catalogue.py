"""All rules with title, severity, reason, examples and source. Read from ``catalogue.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from attachment_contract.gate.report import Severity
from attachment_contract.gate.wording import nearest


@dataclass(frozen=True, kw_only=True)
class GateRule:
    """One rule.

    Attributes:
        why: what happens if the rule is broken.
        wrong, right: a short example of each.
        remedy: what to do, as an instruction.
        source: where the rule comes from, with its evidence label.
    """

    id: str
    title: str
    severity: Severity
    why: str
    wrong: str
    right: str
    remedy: str
    source: str


@cache
def catalogue() -> dict[str, GateRule]:
    """Every rule by its id, in order."""
    text = resources.files("attachment_contract.gate").joinpath("catalogue.toml").read_text(encoding="utf-8")
    return {
        name: GateRule(id=name, **{**table, "severity": Severity(table["severity"])})
        for name, table in tomllib.loads(text).items()
    }


def rule_named(name: str) -> GateRule:
    """The rule of this id, in any case. Raises ``LookupError`` with a sentence that names the nearest id."""
    rule = catalogue().get(name.strip().upper())
    if rule is None:
        meant = nearest(name.strip().upper(), catalogue())
        raise LookupError(f"there is no rule {name!r}" + (f"; did you mean {meant}?" if meant else ""))
    return rule


def page(rule: GateRule) -> str:
    """The rule's page in ``docs/rules``, as Markdown."""
    return f"""# {rule.id}: {rule.title}

Severity: **{rule.severity}**

{rule.why}

Wrong:

```text
{rule.wrong}
```

Right:

```text
{rule.right}
```

{rule.remedy}

Source: {rule.source}
"""


def index() -> str:
    """The table of all rules, as Markdown."""
    rows = "\n".join(f"| [{rule.id}]({rule.id}.md) | {rule.severity} | {rule.title} |" for rule in catalogue().values())
    return f"""# Rules of the gate

`attachment-contract check FILE` checks the JSON of an event-driven integration. These are its rules; each page gives
the reason, a wrong and a right example, and the source. The pages are written by
`attachment-contract rules --write docs/rules` from `contract_tests/attachment_contract/gate/catalogue.toml`.

| rule | severity | about |
|---|---|---|
{rows}
"""


def pages() -> dict[str, str]:
    """File name → content of every page in ``docs/rules``."""
    return {"README.md": index(), **{f"{rule.id}.md": page(rule) for rule in catalogue().values()}}
