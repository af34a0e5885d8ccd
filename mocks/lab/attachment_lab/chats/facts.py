"""The plain records of one chat, from which picture, journey and overview are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from attachment_lab.reconciliation.file_trace import FileExchange
from attachment_lab.reconciliation.records import C4cFile, DeliveryRecord, ReconciliationVerdict, SourceFile
from attachment_lab.tenant.service_api import TransferRecord

Tone = Literal["idle", "active", "waiting", "done", "failed"]
#: Stations by number: 0 Contact Pro, 1 integration, 2 service, 3 CMI download, 4 C4C upload.
CONTACT_PRO, INTEGRATION, SERVICE, CMI, C4C = range(5)


@dataclass(frozen=True, kw_only=True)
class ChatFacts:
    """The records of one chat.

    Attributes:
        status: of the chat in Contact Pro, such as Accepted, Ended or Handled.
        ended: whether the conversation has ended.
        verdict: of the reconciliation, once the chat is at rest.
        created: when it began, RFC 3339; sent_at: likewise for each file, by its id, where CMI has the time.
        file_exchanges: the exchanges that moved its files, oldest first.
    """

    guid: str
    status: str
    ended: bool
    sources: tuple[SourceFile, ...] = ()
    deliveries: tuple[DeliveryRecord, ...] = ()
    transfer: TransferRecord | None = None
    objects: tuple[C4cFile, ...] = ()
    verdict: ReconciliationVerdict | None = None
    created: str | None = None
    sent_at: Mapping[str, str] = field(default_factory=dict)
    file_exchanges: tuple[FileExchange, ...] = ()
