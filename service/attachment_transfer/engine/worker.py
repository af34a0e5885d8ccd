"""A worker process's side of DBOS: claim rounds, run them, take over those of dead workers, drain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig
from dbos import error as dbos_errors

from attachment_transfer.engine.polling import PollPauses
from attachment_transfer.engine.queue import APPLICATION, QUEUE, VERSION, WORKFLOW
from attachment_transfer.engine.schema import EngineSchemaBehind, driver_url, quieten
from attachment_transfer.engine.sealed_json import SealedJson
from attachment_transfer.engine.workflow import RoundRunner, round_workflow


@dataclass(frozen=True, kw_only=True)
class QueueLimits:
    """How many rounds run at once.

    Attributes:
        per_worker: rounds per worker process.
        per_tenant: rounds per C4C tenant; SAP asks for fewer than 7 parallel long-running calls (KBA 3577788).
        poll_s: how often the queue is polled, in seconds.
        idle_poll_s: the same while no round runs, where :meth:`EngineWorker.wake` is called for new rounds; None =
            ``poll_s``.
    """

    per_worker: int = 8
    per_tenant: int = 4
    poll_s: float = 0.1
    idle_poll_s: float | None = None


class EngineWorker:
    """Claims and runs rounds in this process until :meth:`drain`."""

    def __init__(
        self,
        *,
        url: str,
        engine: sa.Engine,
        master_keys: Sequence[bytes],
        runner: RoundRunner,
        limits: QueueLimits,
        executor_id: str,
    ) -> None:
        quieten()
        self._limits = limits
        config: DBOSConfig = {
            "name": APPLICATION,
            "system_database_url": driver_url(url, engine),
            "system_database_engine": engine,
            "application_version": VERSION,
            "executor_id": executor_id,
            "serializer": SealedJson(master_keys),
            "enable_otlp": False,
            "log_level": "WARNING",
            "run_migrations": False,
            "max_executor_threads": limits.per_worker * 2 + 8,
        }
        self._dbos = DBOS(config=config)
        self._pauses = PollPauses(idle_s=limits.idle_poll_s)
        DBOS.workflow(name=WORKFLOW, max_recovery_attempts=100)(round_workflow(runner, self._pauses.round))

    def launch(self) -> None:
        """Recover the rounds that a dead predecessor with the same executor id left, then claim rounds.

        Raises :class:`EngineSchemaBehind`.
        """
        try:
            DBOS.launch()
        except dbos_errors.DBOSInitializationError as exc:
            raise EngineSchemaBehind("DBOS's own tables are too old") from exc
        # These have no public name either; where they are missing, the queue is polled.
        for stop in getattr(self._dbos, "background_thread_stop_events", []):
            self._pauses.take_over(stop, f"queue-worker-{QUEUE}")
        DBOS.register_queue(
            QUEUE,
            worker_concurrency=self._limits.per_worker,
            partition_concurrency=self._limits.per_tenant,
            polling_interval_sec=self._limits.poll_s,
            on_conflict="always_update",
        )

    def wake(self) -> None:
        """Poll the queue now. Any thread may call this, at any time."""
        self._pauses.end_pause()

    def take_over(self, executor_ids: list[str]) -> int:
        """Make the unfinished rounds of dead executors run again; return how many.

        DBOS has no public call for this without its proprietary conductor; a contract test checks this one. The call
        is guarded by executor id and every later write is fenced, so calling it twice is harmless.
        """
        return len(DBOS._recover_pending_workflows(executor_ids))

    def owners(self) -> set[str]:
        """Executors that own unfinished rounds."""
        pending = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        return {str(workflow.executor_id) for workflow in pending if workflow.executor_id}

    def drain(self, timeout_s: int) -> None:
        """Stop claiming, let running rounds finish for at most ``timeout_s`` seconds."""
        DBOS.destroy(workflow_completion_timeout_sec=timeout_s)
