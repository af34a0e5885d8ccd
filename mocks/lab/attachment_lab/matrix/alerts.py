"""Which alerts of ``deploy/prometheus`` have their condition met, read from the service's two metrics pages.

An alert's ``for`` time is left out: a cell lasts seconds. Counters are compared with an earlier reading.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

_LINE = re.compile(r"^attachment_transfer_(?P<name>\w+)(?:\{(?P<labels>[^}]*)\})? (?P<value>\S+)$", re.MULTILINE)
_POST = 'route="/prod/chat-attachments"'
Samples = Mapping[tuple[str, str], float]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Both pages at one moment; ``up`` says whether each answered."""

    api: Samples
    worker: Samples
    up: bool

    @classmethod
    def of(cls, api_url: str, worker_url: str) -> Reading:
        """Read both pages; a page that does not answer is empty."""
        api, worker = _page(api_url), _page(worker_url)
        return cls(api=api or {}, worker=worker or {}, up=bool(api) and bool(worker))

    def total(self, name: str, *labels: str) -> float:
        """Sum of the samples of this name whose labels contain all of these texts; of both pages, the larger one."""
        pages = (self.api, self.worker)
        return max(
            sum(value for (each, text), value in page.items() if each == name and all(one in text for one in labels))
            for page in pages
        )


def _page(url: str) -> Samples | None:
    try:
        answer = httpx.get(f"{url}/metrics", timeout=10.0, trust_env=False)
    except httpx.TransportError:
        return None
    if not answer.is_success:
        return None
    return {(m["name"], m["labels"] or ""): float(m["value"]) for m in _LINE.finditer(answer.text)}


def _grown(name: str, *labels: str) -> Callable[[Reading, Reading], bool]:
    return lambda before, now: now.total(name, *labels) > before.total(name, *labels)


def _above(name: str, *labels: str) -> Callable[[Reading, Reading], bool]:
    return lambda _, now: now.total(name, *labels) > 0


def _parked(_: Reading, now: Reading) -> bool:
    return now.total("parked_transfers") > now.total("parked_transfers", 'reason="credential-refused"')


#: Name of the alert → whether its condition is met, by a reading before the fault and one now.
CONDITIONS: Mapping[str, Callable[[Reading, Reading], bool]] = {
    "AttachmentTransferDown": lambda _, now: not now.up,
    "AttachmentTransferCredentialRefused": _above("parked_transfers", 'reason="credential-refused"'),
    "AttachmentTransferParked": _parked,
    "AttachmentTransferAmbiguousUploads": _above("ambiguous_uploads"),
    "AttachmentTransferTakeovers": _grown("takeovers_total"),
    "AttachmentTransferRetries": _grown("upload_retries_total"),
    "AttachmentTransferRefusals": _grown("requests_total", _POST, 'status="4'),
    "AttachmentTransferErrors": _grown("requests_total", 'status="5'),
    "AttachmentTransferSlowCalls": _grown("slow_calls_total"),
    "AttachmentTransferLedgerDown": lambda _, now: any(
        value == 0 for page in (now.api, now.worker) for (name, _labels), value in page.items() if name == "ledger_up"
    ),
}


def raised(before: Reading, now: Reading, *, parked_because: str = "") -> tuple[str, ...]:
    """Names of the alerts whose condition is met now.

    ``parked_because``: the reason for which this cell's transfer is parked. Other cells are parked for other reasons at
    the same time, so the alert counts only if the metric has a transfer with this one.
    """
    met = tuple(name for name, condition in CONDITIONS.items() if condition(before, now))
    if parked_because and not now.total("parked_transfers", f'reason="{parked_because}"'):
        return tuple(name for name in met if name != "AttachmentTransferParked")
    return met
