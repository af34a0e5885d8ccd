"""The wire and HTTP faults of the matrix: the kit's kinds in each phase, with the parameters that differ in effect.

A kind that the kit adds and ``STRIKES`` lacks is found by ``missing_kinds``, which the gate runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from attachment_lab.matrix.hops import Hop
from mock_kit.faults.kinds import KINDS, Phase

#: Real seconds; shorter than every time limit of the service under test.
SHORT_S = 0.5
#: Real seconds; longer than every time limit of the service under test (``runner.SETTINGS``).
SILENCE_S = 8.0


@dataclass(frozen=True, kw_only=True)
class Strike:
    """One fault as it is planned.

    Attributes:
        id: the kind, then what differs, such as ``status-503``; ``after`` at the end: the work is done.
        only_at: ids of the hops where it makes sense; empty = all.
    """

    id: str
    kind: str
    phase: Phase
    params: Mapping[str, Any] = field(default_factory=dict)
    only_at: tuple[str, ...] = ()

    @property
    def is_on_the_wire(self) -> bool:
        """Whether it needs a fault proxy."""
        return KINDS[self.kind].layer == "wire"

    def can_strike(self, hop: Hop) -> bool:
        """Whether a request of this hop can be struck by it."""
        if self.is_on_the_wire and not hop.through_fault_proxy:
            return False
        if self.kind == "flip_request_byte" and not hop.has_body:
            return False
        return not self.only_at or hop.id in self.only_at


def _status(code: int, *, after: bool = False, **params: Any) -> Strike:
    return Strike(
        id=f"status-{code}{'-after' if after else ''}",
        kind="status",
        phase="after" if after else "before",
        params={"status": code, **params},
    )


def _one(
    kind: str, name: str = "", *, phase: Phase | None = None, only_at: tuple[str, ...] = (), **params: Any
) -> Strike:
    chosen: Phase = phase or KINDS[kind].phases[0]
    suffix = "-after" if len(KINDS[kind].phases) > 1 and chosen == "after" else ""
    return Strike(
        id=f"{kind.replace('_', '-')}{f'-{name}' if name else ''}{suffix}",
        kind=kind,
        phase=chosen,
        params=params,
        only_at=only_at,
    )


STRIKES: tuple[Strike, ...] = (
    _status(401),
    _status(403),
    _status(404),
    _status(409),
    _status(429, retry_after_s=20),
    _status(500),
    _status(503, retry_after_s=20),
    _status(500, after=True),
    _status(504, after=True),
    _one("latency", delay_s=SHORT_S),
    _one("latency", phase="after", delay_s=SHORT_S),
    _one("flip_byte", offset=3),
    _one("flip_request_byte", "first", offset=0),
    _one("flip_request_byte", "content", offset=-20, only_at=("c4c-upload",)),
    _one("truncate_body", "kept", keep_bytes=5),
    _one("truncate_body", "fixed", keep_bytes=5, content_length="fixed"),
    _one("extend_body", extra_bytes=50),
    _one("wrong_type", content_type="text/html"),
    _one("other_status", "202", status=202),
    _one("other_status", "206", status=206),
    _one("other_status", "204", status=204, body="dropped"),
    _one("packed", "gzip", coding="gzip"),
    _one("packed", "br", coding="br"),
    _one("sign_in_page", phase="before"),
    _one("sign_in_page", phase="after"),
    _one("json_error", phase="before"),
    _one("json_error", phase="after"),
    _one("redirect", "other-host", phase="before", to="other_host"),
    _one("redirect", "other-host", phase="after", to="other_host"),
    _one("redirect", "signed", phase="before", to="signed", only_at=("cmi-download",)),
    _one("redirect", "loop", phase="before", to="loop"),
    _one("endless", bytes_per_s=2000, limit_bytes=100_000),
    _one("reset", phase="before"),
    _one("reset", phase="after"),
    _one("reset", "midway", phase="after", after_bytes=120),
    _one("garbage", phase="before"),
    _one("garbage", phase="after"),
    _one("drip", bytes_per_s=10, part="both"),
    _one("cut", after_bytes=5),
    _one("close_delimited", "complete"),
    _one("close_delimited", "early", end="early", keep_bytes=5),
    _one("no_answer", phase="before", hold_s=SILENCE_S),
    _one("no_answer", phase="after", hold_s=SILENCE_S),
    _one("lost_answer"),
)
STRIKE: Mapping[str, Strike] = {each.id: each for each in STRIKES}


def missing_kinds() -> Iterator[tuple[str, str]]:
    """(kind, phase) of the kit that no strike of the matrix uses."""
    used = {(each.kind, each.phase) for each in STRIKES}
    for name, kind in KINDS.items():
        yield from ((name, phase) for phase in kind.phases if (name, phase) not in used)
