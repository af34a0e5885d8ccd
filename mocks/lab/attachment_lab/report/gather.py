"""Reads a tenant for its report: its chats, the reconciliation's verdict, the evidence used, the versions."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from attachment_lab.chats.picture import draw
from attachment_lab.chats.watch import ChatWatch
from attachment_lab.clients.stack_clients import MOCKS
from attachment_lab.errors import LabError, WrongUse
from attachment_lab.reconciliation.invariants import judge
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.report.model import RunReport, Scope
from attachment_lab.report.parts import (
    chat_part,
    evidence_rows,
    headline_of,
    invariants_of,
    stations_of,
    used_by,
    without_names,
)

PACKAGE = "attachment-transfer"


def gather(reconciliation: Reconciliation, scope: Scope, watch: ChatWatch | None = None) -> RunReport:
    """The report of a tenant or of one of its chats. Raises WrongUse for a chat that is unknown, LabError."""
    chats = (watch or ChatWatch(reconciliation)).everything()
    chosen = [each for each in chats if scope.chat in {None, each.facts.guid}]
    if not chosen:
        raise WrongUse(
            f"there is no chat {scope.chat} in this tenant" if scope.chat else "there is no chat yet: play one first"
        )
    records = reconciliation.records()
    if scope.chat:
        records = records.of_chat(scope.chat)
    facts = [each.facts for each in chosen]
    parts = tuple(chat_part(each.facts, customer=each.customer, channel=each.channel) for each in chosen)
    report = RunReport(
        tenant=reconciliation.names.tenant_path,
        cmi_host=reconciliation.names.cmi_host,
        c4c_host=reconciliation.names.c4c_host,
        scope=scope,
        made_at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        headline=headline_of(parts),
        chats=parts,
        stations=stations_of([draw(each) for each in facts]),
        invariants=invariants_of(judge(records)),
        evidence=tuple(evidence_rows(_evidence(reconciliation), used_by(facts))),
        versions=_versions(reconciliation),
    )
    return without_names(report) if scope.hide_names else report


def file_name(reconciliation: Reconciliation, scope: Scope) -> str:
    """The file's name when it is saved."""
    part = f"-{scope.chat[:8].lower()}" if scope.chat else ""
    return f"attachment-report-{reconciliation.names.tenant_path}{part}.html"


def _evidence(reconciliation: Reconciliation) -> dict[str, list[dict[str, Any]]]:
    return {mock: reconciliation.control(mock).evidence() for mock in MOCKS}


def _versions(reconciliation: Reconciliation) -> dict[str, str]:
    """Mocks and lab are of this installation; the service may be another one."""
    mine = version(PACKAGE)
    try:
        service = str(reconciliation.to.service.get("/openapi.json")["info"]["version"])
    except (LabError, KeyError, TypeError):
        service = "unknown"
    return {"Transfer service": service, "Mocks and lab": mine, "Python": platform.python_version()}
