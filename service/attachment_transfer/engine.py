"""The durable engine: with engine_time, all that knows DBOS.

A round is one workflow, named ``round_v1``; its id is ``{transfer_id}:{round_no}``, so a round can be enqueued only
once. Arguments and step results are ids and small metadata, never a secret, never bytes. A workflow never ends in an
error for business reasons: the ledger holds the truth. The application version is a constant, so that a deploy never
strands work; a change of the order of steps needs a new workflow name.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions, Serializer
from dbos import error as dbos_errors

from attachment_transfer.engine_pauses import Pauses

_APPLICATION = "attachment-transfer"
_VERSION = "1"
_QUEUE = "rounds"
_WORKFLOW = "round_v1"
_CONSECUTIVE_FAILURES_THAT_STOP_A_ROUND = 3
_DELETED_AT_ONCE = 500
_LIVING = ["PENDING", "ENQUEUED", "DELAYED"]

_log = logging.getLogger(__name__)
T = TypeVar("T")


class EngineSchemaBehind(Exception):
    """DBOS's own tables are older than this program's DBOS needs."""


class EngineDataUnreadable(Exception):
    """A stored workflow argument or result does not open with any configured sealing key."""


class SealedJson(Serializer):
    """What DBOS stores of us: JSON under AES-256-GCM.

    Replaces DBOS's default, pickle: a database row must not be able to run code. The first key seals, all open.
    """

    def __init__(self, master_keys: Sequence[bytes]) -> None:
        self._boxes = [AESGCM(_derived(key)) for key in master_keys]

    def serialize(self, data: Any) -> str:
        """Seal ``data`` (JSON values, and exceptions by type name only)."""
        nonce = os.urandom(12)
        plain = json.dumps(data, default=_described).encode()
        return base64.b64encode(nonce + self._boxes[0].encrypt(nonce, plain, None)).decode()

    def deserialize(self, serialized_data: str) -> Any:
        """Open what :meth:`serialize` sealed."""
        raw = base64.b64decode(serialized_data)
        for box in self._boxes:
            try:
                return json.loads(box.decrypt(raw[:12], raw[12:], None))
            except InvalidTag:
                continue
        raise EngineDataUnreadable("no configured sealing key opens this row")

    def name(self) -> str:
        """The name stored beside each value."""
        return "sealed_json_v1"


def _derived(master: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=b"attachment-transfer engine rows").derive(master)


def _described(value: Any) -> Any:
    if isinstance(value, BaseException):
        return {"error": type(value).__name__}
    raise TypeError(f"{type(value).__name__} is no JSON value: steps return ids and small metadata")


class RoundRunner(Protocol):
    """What the engine calls, one durable step each. Implemented by the worker."""

    def discover(self, transfer_id: str, round_no: int) -> tuple[bool, list[str]]:
        """Begin the round: (go on?, ids of open attachments)."""

    def carry_one(self, transfer_id: str, round_no: int, attachment_id: str) -> tuple[str | None, bool]:
        """Carry one attachment: (reason code if it failed, stop the round?)."""

    def settle(self, transfer_id: str, round_no: int) -> None:
        """End the round."""

    def failed(self, transfer_id: str, round_no: int, error_type: str) -> None:
        """A step raised: book it."""


@dataclass(frozen=True, kw_only=True)
class QueueLimits:
    """How many rounds run at once.

    Attributes:
        per_worker: rounds per worker process.
        per_tenant: rounds per C4C tenant; SAP asks for fewer than 7 parallel long-running calls (KBA 3577788).
        poll_s: how often the queue is looked at, in seconds.
        idle_poll_s: the same while no round runs, where :meth:`Worker.wake` is called for what is new; None = the same.
    """

    per_worker: int = 8
    per_tenant: int = 4
    poll_s: float = 0.1
    idle_poll_s: float | None = None


class RoundQueue:
    """Enqueues rounds inside the caller's transaction. For processes that never run one."""

    def __init__(self, engine: sa.Engine, master_keys: Sequence[bytes]) -> None:
        self._client = DBOSClient(
            system_database_engine=engine,
            serializer=SealedJson(master_keys),
            application_name=_APPLICATION,
            lazy=True,
            retry_connection_errors=False,
        )

    def enqueue(
        self, connection: sa.Connection, *, transfer_id: str, round_no: int, tenant: str, delay_s: float
    ) -> None:
        """Enqueue one round, due after ``delay_s`` seconds; it exists once the caller commits."""
        options = EnqueueOptions(
            workflow_name=_WORKFLOW,
            queue_name=_QUEUE,
            workflow_id=workflow_id(transfer_id, round_no),
            app_version=_VERSION,
            queue_partition_key=tenant,
        )
        if delay_s > 0:
            options["delay_seconds"] = delay_s
        self._client.enqueue_in_transaction(connection, options, transfer_id, round_no)

    def pull_forward(self, seconds: float) -> int:
        """Make every delayed round due ``seconds`` earlier (the lab's clock moved); return how many."""
        delayed = self._client.list_workflows(status="DELAYED", queue_name=_QUEUE, load_input=False, load_output=False)
        for workflow in delayed:
            due_ms = getattr(workflow, "delay_until_epoch_ms", None) or 0
            self._client.set_workflow_delay(
                workflow.workflow_id, delay_until_epoch_ms=max(0, int(due_ms - seconds * 1000))
            )
        return len(delayed)

    def dropped(self, rounds: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
        """Those rounds, by (transfer id, number), that the engine will not run any more, whatever became of them.

        One whose arguments no configured key opens ends in an error before it begins; so does one that was recovered
        too often.
        """
        asked = {workflow_id(*one): one for one in rounds}
        if not asked:
            return []
        living = self._client.list_workflows(
            workflow_ids=list(asked), status=_LIVING, load_input=False, load_output=False
        )
        return [one for name, one in asked.items() if name not in {workflow.workflow_id for workflow in living}]

    def left_by(self, executor_id: str) -> int:
        """How many unfinished rounds this executor owns; asked before its next launch, its predecessor left them."""
        owned = self._client.list_workflows(
            status="PENDING", executor_id=executor_id, load_input=False, load_output=False
        )
        return len(owned)

    def forget(self, rounds: Sequence[tuple[str, int]]) -> None:
        """Delete what the engine keeps of transfers at an end: (transfer id, number of its last round) each."""
        ids = [workflow_id(transfer_id, number) for transfer_id, last in rounds for number in range(1, last + 1)]
        for start in range(0, len(ids), _DELETED_AT_ONCE):
            self._client.delete_workflows(ids[start : start + _DELETED_AT_ONCE])


def workflow_id(transfer_id: str, round_no: int) -> str:
    """The id of a round's workflow."""
    return f"{transfer_id}:{round_no}"


def migrate(url: str, engine: sa.Engine) -> None:
    """Create or upgrade DBOS's own tables.

    DBOS numbers its migrations, takes a lock of its own and commits one by one: an interrupted run goes on where it
    stood. A database that a later DBOS has migrated is left alone, and an earlier DBOS works with it.
    """
    _quieten()
    DBOS.migrate(_driver_url(url, engine))


def schema_number(engine: sa.Engine) -> int:
    """The number of DBOS's last migration in this database; 0 where there is none."""
    schema = None if engine.dialect.name == "sqlite" else "dbos"
    table = sa.Table("dbos_migrations", sa.MetaData(schema=schema), sa.Column("version", sa.BigInteger))
    if not sa.inspect(engine).has_table(table.name, schema=schema):
        return 0
    with engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.max(table.c.version))).scalar() or 0)


class Worker:
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
        _quieten()
        self._limits = limits
        config: DBOSConfig = {
            "name": _APPLICATION,
            "system_database_url": _driver_url(url, engine),
            "system_database_engine": engine,
            "application_version": _VERSION,
            "executor_id": executor_id,
            "serializer": SealedJson(master_keys),
            "enable_otlp": False,
            "log_level": "WARNING",
            "run_migrations": False,
            "max_executor_threads": limits.per_worker * 2 + 8,
        }
        self._dbos = DBOS(config=config)
        self._pauses = Pauses(idle_s=limits.idle_poll_s)
        DBOS.workflow(name=_WORKFLOW, max_recovery_attempts=100)(_round_workflow(runner, self._pauses.round))

    def launch(self) -> None:
        """Recover what a dead predecessor of the same executor id left, then claim rounds.

        Raises :class:`EngineSchemaBehind`.
        """
        try:
            DBOS.launch()
        except dbos_errors.DBOSInitializationError as exc:
            raise EngineSchemaBehind("DBOS's own tables are too old") from exc
        # No public name for these either; where they are missing, the queue is polled.
        for stop in getattr(self._dbos, "background_thread_stop_events", []):
            self._pauses.take_over(stop, f"queue-worker-{_QUEUE}")
        DBOS.register_queue(
            _QUEUE,
            worker_concurrency=self._limits.per_worker,
            partition_concurrency=self._limits.per_tenant,
            polling_interval_sec=self._limits.poll_s,
            on_conflict="always_update",
        )

    def wake(self) -> None:
        """Look at the queue now. Any thread may call this, at any time."""
        self._pauses.ring()

    def take_over(self, executor_ids: list[str]) -> int:
        """Make the unfinished rounds of dead executors run again; return how many.

        DBOS has no public call for this without its proprietary conductor; a contract test watches this one. The
        hand-over is guarded by executor id and every later write is fenced, so doing it twice is harmless.
        """
        return len(DBOS._recover_pending_workflows(executor_ids))

    def owners(self) -> set[str]:
        """Executors that own unfinished rounds."""
        pending = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        return {str(workflow.executor_id) for workflow in pending if workflow.executor_id}

    def drain(self, timeout_s: int) -> None:
        """Stop claiming, let running rounds finish for at most ``timeout_s`` seconds."""
        DBOS.destroy(workflow_completion_timeout_sec=timeout_s)


def _round_workflow(
    runner: RoundRunner, running: Callable[[], AbstractContextManager[None]] = nullcontext
) -> Callable[[str, int], None]:
    def round_v1(transfer_id: str, round_no: int) -> None:
        with running():
            carried_through(transfer_id, round_no)

    def carried_through(transfer_id: str, round_no: int) -> None:
        def step(name: str, function: Callable[..., T], *arguments: Any) -> T:
            return DBOS.run_step({"name": name}, patiently(function), transfer_id, round_no, *arguments)

        try:
            go_on, attachment_ids = step("discover", runner.discover)
            if not go_on:
                return
            failures = 0
            for attachment_id in attachment_ids:
                error, stop = step("carry_one", runner.carry_one, attachment_id)
                failures = failures + 1 if error else 0
                if stop or failures >= _CONSECUTIVE_FAILURES_THAT_STOP_A_ROUND:
                    break
            step("settle", runner.settle)
        except Exception as exc:  # noqa: BLE001
            # Whatever it is, the transfer must not stay "running": the ledger decides on a retry or parks it.
            _log.error("round %s:%s failed: %s", transfer_id, round_no, type(exc).__name__)
            step("failed", runner.failed, type(exc).__name__)

    return round_v1


def patiently(function: Callable[..., T], *, pause_s: Callable[[float], None] = time.sleep) -> Callable[..., T]:
    """Wrap a step so that it rides out a database that is away: steps are safe to run twice, so run them again."""

    def step(*arguments: Any) -> T:
        wait_s = 0.2
        while True:
            try:
                return function(*arguments)
            except (sa.exc.OperationalError, sa.exc.InterfaceError) as exc:
                _log.warning("the database does not answer (%s); trying again", type(exc.orig).__name__)
                pause_s(wait_s)
                wait_s = min(5.0, wait_s * 2)

    return step


def _driver_url(url: str, engine: sa.Engine) -> str:
    """The URL as DBOS wants it: the same database that ``engine`` opens."""
    if engine.dialect.name == "sqlite":
        return url
    return engine.url.render_as_string(hide_password=False)


def _quieten() -> None:
    """DBOS's logger goes through our handlers, at warning level: else it prints workflow errors with their text."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    logger.propagate = True
    logger.setLevel(logging.WARNING)
