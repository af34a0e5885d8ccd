"""The queue of rounds: enqueue inside the caller's transaction, delay, find dropped rounds, delete."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from dbos import DBOSClient, EnqueueOptions

from attachment_transfer.engine.sealed_json import SealedJson

APPLICATION = "attachment-transfer"
VERSION = "1"
QUEUE = "rounds"
WORKFLOW = "round_v1"
_DELETED_AT_ONCE = 500
_LIVING = ["PENDING", "ENQUEUED", "DELAYED"]


class RoundQueue:
    """Enqueues rounds inside the caller's transaction. For processes that never run one."""

    def __init__(self, engine: sa.Engine, master_keys: Sequence[bytes]) -> None:
        self._client = DBOSClient(
            system_database_engine=engine,
            serializer=SealedJson(master_keys),
            application_name=APPLICATION,
            lazy=True,
            retry_connection_errors=False,
        )

    def enqueue(
        self, connection: sa.Connection, *, transfer_id: str, round_no: int, tenant: str, delay_s: float
    ) -> None:
        """Enqueue one round, due after ``delay_s`` seconds; it exists once the caller commits."""
        options = EnqueueOptions(
            workflow_name=WORKFLOW,
            queue_name=QUEUE,
            workflow_id=workflow_id(transfer_id, round_no),
            app_version=VERSION,
            queue_partition_key=tenant,
        )
        if delay_s > 0:
            options["delay_seconds"] = delay_s
        self._client.enqueue_in_transaction(connection, options, transfer_id, round_no)

    def pull_forward(self, seconds: float) -> int:
        """Make every delayed round due ``seconds`` earlier (the lab's clock moved); return how many."""
        delayed = self._client.list_workflows(status="DELAYED", queue_name=QUEUE, load_input=False, load_output=False)
        for workflow in delayed:
            due_ms = getattr(workflow, "delay_until_epoch_ms", None) or 0
            self._client.set_workflow_delay(
                workflow.workflow_id, delay_until_epoch_ms=max(0, int(due_ms - seconds * 1000))
            )
        return len(delayed)

    def dropped(self, rounds: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
        """Those of ``rounds``, each (transfer id, number), that the engine will not run any more.

        One whose arguments no configured key opens ends in an error before it begins; so does one that was recovered
        too often.
        """
        by_id = {workflow_id(*one): one for one in rounds}
        if not by_id:
            return []
        living = self._client.list_workflows(
            workflow_ids=list(by_id), status=_LIVING, load_input=False, load_output=False
        )
        return [one for name, one in by_id.items() if name not in {workflow.workflow_id for workflow in living}]

    def left_by(self, executor_id: str) -> int:
        """How many unfinished rounds this executor owns; before its next launch, they are its predecessor's."""
        owned = self._client.list_workflows(
            status="PENDING", executor_id=executor_id, load_input=False, load_output=False
        )
        return len(owned)

    def forget(self, rounds: Sequence[tuple[str, int]]) -> None:
        """Delete the engine's rows of ended transfers: (transfer id, number of its last round) each."""
        ids = [workflow_id(transfer_id, number) for transfer_id, last in rounds for number in range(1, last + 1)]
        for start in range(0, len(ids), _DELETED_AT_ONCE):
            self._client.delete_workflows(ids[start : start + _DELETED_AT_ONCE])


def workflow_id(transfer_id: str, round_no: int) -> str:
    """The id of a round's workflow."""
    return f"{transfer_id}:{round_no}"
