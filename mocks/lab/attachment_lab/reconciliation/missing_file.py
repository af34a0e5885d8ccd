"""Where a file that C4C does not hold was lost, by the mocks' journals. Pure: no I/O, no clock."""

from __future__ import annotations

from collections.abc import Sequence

from attachment_lab.reconciliation.content_change import CMI_TO_SERVICE, SERVICE_TO_C4C
from attachment_lab.reconciliation.file_trace import FileExchange
from attachment_lab.reconciliation.naming import objection_to_name
from attachment_lab.reconciliation.records import SourceFile


def where_it_was_lost(source: SourceFile, exchanges: Sequence[FileExchange]) -> tuple[str, str]:
    """Hop and cause, a clause: the last thing that the journals show of the file."""
    uploads = [each for each in exchanges if each.act == "upload" and _is_of(source, each)]
    if uploads:
        return SERVICE_TO_C4C, f"its last upload {_answered(uploads[-1], 'C4C')}"
    downloads = [
        each for each in exchanges if each.act == "download" and each.source_id == source.id and not each.is_redirect
    ]
    if not downloads:
        read = any(each.act == "history" and each.chat == source.chat and each.is_good for each in exchanges)
        listed = "the chat was read at CMI" if read else "the chat was not read at CMI"
        return CMI_TO_SERVICE, f"{listed}, and the file was never downloaded"
    last = downloads[-1]
    if not last.is_good:
        return CMI_TO_SERVICE, f"its last download {_answered(last, 'CMI')}"
    return SERVICE_TO_C4C, "it was downloaded from CMI whole, and never uploaded to C4C"


def _is_of(source: SourceFile, upload: FileExchange) -> bool:
    return upload.stored_name is not None and objection_to_name(source.name, upload.stored_name) is None


def _answered(exchange: FileExchange, who: str) -> str:
    if not exchange.status:
        return f"got no answer (exchange {exchange.id} of the {who} mock)"
    how = f"was answered {exchange.status}" + ("" if exchange.whole else ", an answer that broke off")
    planned = f", by a planned fault ({', '.join(exchange.fault_kinds) or exchange.fault})" if exchange.fault else ""
    return f"{how}{planned} (exchange {exchange.id} of the {who} mock)"
