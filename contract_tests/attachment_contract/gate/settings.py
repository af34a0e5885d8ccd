"""Which rules apply and how severe they are: ``[tool.attachment-contract]`` in pyproject.toml, or a file of its own.

.. code-block:: toml

    [tool.attachment-contract]
    strict = true                                   # a warning counts as an error
    ignore = ["AC901"]
    rules-url = "https://git.example.org/x/docs/rules"
    own-hosts = ["cmi.example.org", "*.example.net"]  # your own domains of CMI and C4C: no warning about them

    [tool.attachment-contract.severity]
    AC505 = "error"

    [tool.attachment-contract.per-file-ignores]
    "samples/*.json" = ["AC901"]

A file of its own (``attachment-contract.toml``) has the same content without the prefix.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from attachment_contract.gate.catalogue import GateRule, rule_named
from attachment_contract.gate.report import Severity
from attachment_contract.gate.wording import one_of

FILE_NAME = "attachment-contract.toml"
TABLE = "attachment-contract"
DEFAULT_RULES_URL = "docs/rules"


class BadGateSettings(Exception):
    """The settings cannot be used; the message names the place."""


@dataclass(frozen=True, kw_only=True)
class GateSettings:
    """What a user can set.

    Attributes:
        strict: a warning fails the check.
        ignore: rules that are ignored in every file.
        per_file_ignores: pattern of a file's name → rules that are ignored there.
        rules_url: address of the folder with the rules' pages, without slash at the end.
        own_hosts: patterns of the customer's own hosts of CMI and C4C; ``*`` is any text.
    """

    strict: bool = False
    ignore: frozenset[str] = frozenset()
    severity: Mapping[str, Severity] = field(default_factory=dict)
    per_file_ignores: Mapping[str, frozenset[str]] = field(default_factory=dict)
    rules_url: str = DEFAULT_RULES_URL
    own_hosts: tuple[str, ...] = ()

    def ignores(self, rule: str, name: str) -> bool:
        """Whether findings of this rule in this file are ignored."""
        return rule in self.ignore or any(
            rule in rules and (fnmatch(name, pattern) or fnmatch(Path(name).name, pattern))
            for pattern, rules in self.per_file_ignores.items()
        )

    def severity_of(self, rule: GateRule) -> Severity:
        """The user's setting, otherwise the catalogue's."""
        return self.severity.get(rule.id, rule.severity)

    def link_to(self, rule: GateRule) -> str:
        """Address of the rule's page."""
        return f"{self.rules_url}/{rule.id}.md"

    def with_options(self, *, strict: bool, ignore: tuple[str, ...], severity: tuple[str, ...]) -> GateSettings:
        """With the options of a command line added. Raises :class:`BadGateSettings`."""
        pairs = dict(item.partition("=")[::2] for item in severity)
        more = {_rule(name, "--severity"): _severity(level, "--severity") for name, level in pairs.items()}
        return replace(
            self,
            strict=self.strict or strict,
            ignore=self.ignore | {_rule(name, "--ignore") for part in ignore for name in part.split(",") if name},
            severity={**self.severity, **more},
        )


def find_settings(start: Path) -> GateSettings:
    """From the nearest file at or above ``start``; the defaults if there is none. Raises :class:`BadGateSettings`."""
    try:
        start = start.resolve()
    except OSError as exc:  # such as a current folder that was deleted
        raise BadGateSettings(f"{start}: {exc.strerror or exc}") from exc
    for folder in (start, *start.parents):
        for name in (FILE_NAME, "pyproject.toml"):
            file = folder / name
            if file.is_file() and (name == FILE_NAME or _table(file) is not None):
                return read_settings(file)
    return GateSettings()


def read_settings(file: Path) -> GateSettings:
    """From one file. Raises :class:`BadGateSettings`."""
    table = _table(file)
    if table is None:
        raise BadGateSettings(f"{file}: no table [tool.{TABLE}]")
    known = {"strict", "ignore", "severity", "per-file-ignores", "rules-url", "own-hosts"}
    for name in table:
        if name not in known:
            raise BadGateSettings(f"{file}: {name!r} is not a setting; there are {one_of(sorted(known))}")
    try:
        return GateSettings(
            strict=_of(table, "strict", bool, False),
            ignore=_rules(_of(table, "ignore", list, []), str(file)),
            severity={
                _rule(name, str(file)): _severity(level, str(file))
                for name, level in _of(table, "severity", dict, {}).items()
            },
            per_file_ignores={
                pattern: _rules(rules, str(file)) for pattern, rules in _of(table, "per-file-ignores", dict, {}).items()
            },
            rules_url=_of(table, "rules-url", str, DEFAULT_RULES_URL).rstrip("/"),
            own_hosts=_hosts(_of(table, "own-hosts", list, []), str(file)),
        )
    except TypeError as exc:
        raise BadGateSettings(f"{file}: {exc}") from exc


def _table(file: Path) -> dict[str, Any] | None:
    try:
        document: Any = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise BadGateSettings(f"{file}: {exc}") from exc
    if file.name != "pyproject.toml":
        return dict(document)
    tools = document.get("tool")
    table = tools.get(TABLE) if isinstance(tools, dict) else None
    return table if isinstance(table, dict) else None


def _of(table: Mapping[str, Any], name: str, kind: type, default: Any) -> Any:
    value = table.get(name, default)
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be a {kind.__name__}")
    return value


def _hosts(patterns: list[Any], where: str) -> tuple[str, ...]:
    for pattern in patterns:
        if not isinstance(pattern, str) or not pattern.strip("*.") or "/" in pattern:
            raise BadGateSettings(f"{where}: own-hosts: {pattern!r} is not the name of a host, such as cmi.example.org")
    return tuple(patterns)


def _rules(names: Any, where: str) -> frozenset[str]:
    if not isinstance(names, list):
        raise BadGateSettings(f"{where}: must be a list of rule ids")
    return frozenset(_rule(str(name), where) for name in names)


def _rule(name: str, where: str) -> str:
    try:
        return rule_named(name).id
    except LookupError as exc:
        raise BadGateSettings(f"{where}: {exc.args[0]}") from exc


def _severity(level: Any, where: str) -> Severity:
    try:
        return Severity(str(level))
    except ValueError as exc:
        raise BadGateSettings(f"{where}: {level!r} is not a severity; there are {one_of(Severity)}") from exc
