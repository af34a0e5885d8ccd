"""What the rows about CMI and about C4C share: one chat that meets a fault, and a password that is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from attachment_lab.conformance import checks as see
from attachment_lab.conformance.model import Row
from attachment_lab.conformance.row_run import FILES, RowRun


def with_fault(location: str, kind: str, **given: Any) -> Callable[[RowRun], None]:
    """One chat; requests at that location meet this fault."""

    def play(run: RowRun) -> None:
        chat = run.chat()
        run.fault(location, kind, **given)
        chat.end()
        run.settle()

    return play


def wrong_password(of: Literal["cmi", "c4c"], *, repeats: int) -> Callable[[RowRun], None]:
    """So many more events with a password that is refused, then one with the right one."""

    def play(run: RowRun) -> None:
        names = run.names.secret_names
        secret = names.cmi_password if of == "cmi" else names.c4c_password
        run.password(secret, "Wrong-password-0123456789")
        chat = run.ended()
        for _ in range(repeats):
            run.wait_delivered()
            chat.fire("Ended")
        run.settle()
        run.password(secret)
        chat.fire("Ended")
        run.settle()

    return play


def faulty_row(
    group: str, id_: str, title: str, rule: str, source: str, why: str, play: Callable[[RowRun], None], **more: Any
) -> Row:
    """A row whose fault must take effect and whose files must all be stored, unless ``more`` says otherwise."""
    given = {"checks": (see.fault_applied(), see.stored(len(FILES)))} | more
    return Row(id=id_, group=group, title=title, rule=rule, source=source, why=why, play=play, **given)
