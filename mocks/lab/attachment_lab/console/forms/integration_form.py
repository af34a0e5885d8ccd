"""Checks the form and the JSON that a person types with the contract gate. Pure.

Positions are those of the typed text.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from attachment_contract.dryrun.request import DryRun
from attachment_contract.dryrun.request import dry_run as make_request
from attachment_contract.gate.catalogue import catalogue
from attachment_contract.gate.check import check
from attachment_contract.gate.fixing import fix
from attachment_contract.gate.report import GateFinding, Severity
from attachment_contract.gate.settings import GateSettings
from attachment_contract.gate.source import SourceText

#: The form's fields that the gate checks, beside the JSON.
FIELDS = (
    "name", "channel_type", "endpoint_url", "direction", "ordinal", "events", "queues", "direct_conversations",
    "enabled",
)  # fmt: skip
#: Sample values are correct here: in this lab the sample's hosts and users exist.
SETTINGS = GateSettings(ignore=frozenset({"AC901"}))


@dataclass(frozen=True, kw_only=True)
class TypedIntegration:
    """What the form holds now.

    Attributes:
        text: of the JSON field, as typed.
        form: the other fields, as System Configurator's API takes them.
        secret_names: in the secrets manager.
    """

    text: str
    form: Mapping[str, Any]
    secret_names: tuple[str, ...] = ()

    def envelope(self) -> tuple[str, list[int]]:
        """The gate's envelope with the JSON as text in it, and the offset of each character of that text."""
        form = {name: self.form[name] for name in FIELDS if name in self.form}
        lead = json.dumps({"form": form, "secret_names": list(self.secret_names)})[:-1] + ', "json": "'
        places, at = [], len(lead)
        for escaped in (pieces := [_escaped(char) for char in self.text]):
            places.append(at)
            at += len(escaped)
        return f'{lead}{"".join(pieces)}"}}', [*places, at]


def _escaped(char: str) -> str:
    return json.dumps(char, ensure_ascii=False)[1:-1]


def findings_of(typed: TypedIntegration) -> dict[str, Any]:
    """The gate's findings in the order of the form, then of the text."""
    envelope, places = typed.envelope()
    report = check(envelope, settings=SETTINGS)
    findings = [_finding_view(finding, typed.text, places) for finding in report.findings]
    findings.sort(key=lambda each: (each["field"] == "json", each["start"]))
    counts = {f"{each}s": report.count(each) for each in Severity}
    return {"ok": report.ok, "findings": findings, **counts}


def _finding_view(finding: GateFinding, text: str, places: list[int]) -> dict[str, Any]:
    names = ("rule", "title", "message", "expected", "found", "remedy", "fixable", "path")
    view = {name: getattr(finding, name) for name in names} | {"severity": str(finding.severity)}
    if finding.path.startswith("form") or finding.span.end <= places[0] - 1:
        field = finding.path.removeprefix("form").lstrip(".").partition("[")[0]
        return view | {"field": field, "start": 0, "end": 0, "line": 0, "column": 0}
    start, end = (_index(places, offset) for offset in (finding.span.start, finding.span.end))
    line, column = SourceText(text).place(start)
    return view | {
        "field": "json",
        "line": line,
        "column": column,
        "start": _utf16(text, start),
        "end": _utf16(text, max(end, start)),
    }


def _index(places: list[int], offset: int) -> int:
    """Index of the character of the text that is at an offset of the envelope."""
    return min(max(bisect_right(places, offset) - 1, 0), len(places) - 1)


def _utf16(text: str, index: int) -> int:
    """The same position as a browser counts, in UTF-16 code units."""
    return len(text[:index].encode("utf-16-le", "surrogatepass")) // 2


def corrected(typed: TypedIntegration) -> dict[str, Any]:
    """Text and form with every mechanical correction, and the rules that were corrected."""
    envelope, _ = typed.envelope()
    text, done = fix(envelope, settings=SETTINGS)
    try:
        fixed = json.loads(text, strict=False)
    except ValueError:
        return {"json": typed.text, "form": dict(typed.form), "rules": []}
    form = {**typed.form, **fixed.get("form", {})}
    return {"json": fixed["json"], "form": form, "rules": list(dict.fromkeys(each.rule for each in done))}


def dry_run_of(typed: TypedIntegration, event: str) -> dict[str, Any]:
    """The exact request for a sample event, secrets masked. Raises NothingToSend."""
    envelope, _ = typed.envelope()
    made: DryRun = make_request(envelope, event=event)
    return made.as_json() | {"wire": made.wire()}


def rule_page(rule_id: str) -> dict[str, str] | None:
    """A rule's page from the catalogue; None when there is no such rule."""
    rule = catalogue().get(rule_id.upper())
    if rule is None:
        return None
    names = ("id", "title", "severity", "why", "wrong", "right", "remedy", "source")
    return {name: str(getattr(rule, name)) for name in names}


def users_of(secret: str, integrations: Iterable[Mapping[str, Any]]) -> list[str]:
    """Names of the integrations whose JSON or address names this secret."""
    wanted = (f"{{secrets.{secret}}}", f'"{secret}"')
    return [
        str(each["name"])
        for each in integrations
        if any(word in f"{each['json']} {each['endpoint_url']}" for word in wanted)
    ]
