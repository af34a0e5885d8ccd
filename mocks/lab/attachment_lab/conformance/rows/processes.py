"""Rows about the service's own process, and what no implementation can be judged by."""

from __future__ import annotations

from attachment_lab.conformance import checks as see
from attachment_lab.conformance.model import Row
from attachment_lab.conformance.row_run import FILES, RowRun

GROUP = "process"
_DURABLE = "RFC 9110, 15.3.3: 202 says that the request has been accepted; what is accepted is promised"
_UPLOAD_S = 1.5


def _after_its_answer(run: RowRun) -> None:
    run.fault("cmi", "latency", times=None, params={"delay_s": _UPLOAD_S})
    run.ended()
    run.wait_delivered()
    run.kill_service()
    run.settle()


def _half_way(run: RowRun) -> None:
    run.fault("upload", "latency", times=None, params={"delay_s": _UPLOAD_S})
    run.ended([*FILES, ("more.txt", b"one more\n" * 30)])
    run.wait(lambda: bool(run.reconciliation.objects()), "the first file is stored")
    run.kill_service()
    run.settle()


ROWS: tuple[Row, ...] = (
    Row(
        id="killed-after-accept",
        group=GROUP,
        title="The service is killed right after its 202",
        rule="An event that was answered 2xx survives the process: after a restart its files are stored.",
        source=_DURABLE,
        why="Contact Pro does not send again what was accepted: the files of a deployment's minute are lost.",
        rests_on=("orchestration:edi.one_attempt",),
        play=_after_its_answer,
        checks=(see.accepted, see.was_killed, see.stored(3)),
        kills=True,
    ),
    Row(
        id="killed-half-way",
        group=GROUP,
        title="The service is killed between two files",
        rule="After the restart the rest is stored, and what was stored is not stored again.",
        source=_DURABLE,
        why="A process ends in the middle of something at every deployment.",
        rests_on=("orchestration:edi.one_attempt",),
        play=_half_way,
        checks=(see.accepted, see.was_killed, see.stored(4)),
        kills=True,
    ),
    Row(
        id="byte-changes",
        group="beyond",
        title="One byte of a download differs",
        rule="C4C holds the customer's bytes.",
        source="CMI gives no digest",
        why="Without a digest no client can see it: the reconciliation alone does.",
        beyond="CMI gives no digest, so no implementation can be judged by it",
    ),
    Row(
        id="byte-changes-at-c4c",
        group="beyond",
        title="One byte of a stored file changes in C4C",
        rule="C4C holds the customer's bytes.",
        source="C4C gives no digest",
        why="What happens to a file after it is stored is not the service's doing.",
        beyond="it happens after the service has ended its work, so no implementation can be judged by it",
    ),
    Row(
        id="refused-then-redriven",
        group="beyond",
        title="C4C refuses for good, and an operator tries again",
        rule="What was given up can be started again by hand.",
        source="our service's status API",
        why="A right that is missing is granted after the fact.",
        beyond="not visible: how an operator starts a transfer again is each implementation's own",
    ),
)
