"""The facts of a run, from the reconciliation, the service and the mocks' journals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from http import HTTPStatus

from attachment_lab.demo.run import AttachmentRow, rows_from
from attachment_lab.reconciliation.file_trace import FileExchange, FileTrace
from attachment_lab.reconciliation.invariants import judge
from attachment_lab.reconciliation.records import ChainRecords
from attachment_lab.scenarios.model import FileFact, RunFacts
from attachment_lab.scenarios.run import ScenarioRun
from attachment_lab.tenant.service_api import AttachmentRecord


def gather(run: ScenarioRun, *, faults_applied: int) -> RunFacts:
    """Read everything about the run's chats. Raises LabError."""
    reconciliation = run.context.reconciliation
    records = reconciliation.records().of_chat(*(chat.guid for chat in run.chats))
    found = facts_from(records, FileTrace(reconciliation.to, reconciliation.names).all())
    return RunFacts(
        **(vars(found) | {"faults_applied": faults_applied, "kills": run.kills, "virtual_s": run.virtual_s})
    )


def facts_from(records: ChainRecords, file_exchanges: Sequence[FileExchange]) -> RunFacts:
    """The facts of a run's records; ``file_exchanges`` may be of the whole tenant."""
    transfers = records.known_transfers
    seen = _Seen(records, file_exchanges)
    files = tuple(seen.file(row, source_id) for row, source_id in zip(rows_from(records), _ids(records), strict=True))
    return RunFacts(
        files=files,
        verdict=judge(records),
        outcome=", ".join(dict.fromkeys(each.outcome for each in transfers if each.outcome)) or None,
        objects=len(records.objects),
        transfers=len(transfers),
        rounds=max((each.rounds for each in transfers), default=0),
        deliveries=tuple(each.state for each in records.deliveries),
        statuses=tuple(each.status for each in records.deliveries),
        tokens=tuple(each.token_use or "none" for each in records.deliveries),
        refused=seen.refused,
        retries=sum(max(0, each.downloads - 1) + max(0, each.uploads - 1) for each in files),
    )


def _ids(records: ChainRecords) -> list[str]:
    return [each.id for each in records.sources]


class _Seen:
    """The journals' file exchanges of a run's chats, counted per file."""

    def __init__(self, records: ChainRecords, file_exchanges: Sequence[FileExchange]) -> None:
        self._records = records
        transfers = records.known_transfers
        self._carried: dict[str, AttachmentRecord] = {
            each.source_id: each for transfer in transfers for each in transfer.attachments
        }
        self._activities = {each.chat: each.activity_id for each in transfers}
        activities = set(self._activities.values()) - {None}
        uploads = [each for each in file_exchanges if each.act == "upload" and each.activity_id in activities]
        self.refused = sum(1 for each in uploads if each.status >= HTTPStatus.BAD_REQUEST)
        self._downloads = Counter(
            each.source_id for each in file_exchanges if each.act == "download" and not each.is_redirect
        )
        self._uploads = Counter((each.activity_id, each.stored_name) for each in uploads)

    def file(self, row: AttachmentRow, source_id: str) -> FileFact:
        mine = self._carried.get(source_id)
        name = (mine.stored_name if mine else None) or row.name
        of_chat = (each for each in self._records.objects if each.external_reference == row.chat)
        return FileFact(
            name=row.name,
            size_bytes=row.size_bytes,
            outcome=row.outcome,
            reason=(row.reason or "") if row.outcome != "stored" else "",
            remedy=(mine.remedy if mine else None) or "",
            objects=sum(1 for each in of_chat if each.name == name),
            downloads=self._downloads[source_id],
            uploads=self._uploads[self._activities.get(row.chat), name],
        )
