"""Write a transfer's result back to Contact Pro, where that is switched on. The result itself never changes."""

from __future__ import annotations

import sqlalchemy as sa
import structlog

from attachment_transfer.core.errors import Defect, Reason, TransferError
from attachment_transfer.core.model import Transfer
from attachment_transfer.core.resource import result_json
from attachment_transfer.core.states import Outcome, TransferState
from attachment_transfer.ledger.round_store import RoundStore
from attachment_transfer.worker.neighbours import RoundClients

#: The name of the result among the conversation's attached data.
RESULT_NAME = "attachment_transfer"

_log = structlog.get_logger(__name__)


class WriteBack:
    """Writes a round's result to CMI's ``contactData``, before the secrets are shredded.

    Once a round: the transfer's row records it. Only a crash between the POST and that row repeats it, with the same
    content.
    """

    def __init__(self, store: RoundStore) -> None:
        self._store = store

    def report(
        self,
        transfer: Transfer,
        state: TransferState,
        outcome: Outcome,
        reason: Reason | None,
        clients: RoundClients,
    ) -> None:
        """Write back how the transfer ends. An error is audited and logged, and not raised."""
        # A contact that CMI does not know has no conversation to write to.
        if outcome is Outcome.UNKNOWN_CONTACT or self._store.wrote_back(transfer.id, transfer.round_no):
            return
        result = result_json(transfer, self._store.attachments(transfer.id), state, outcome, reason)
        failure = self._try(transfer, result, clients)
        self._store.note_write_back(transfer.id, transfer.round_no, failure=failure)
        if failure:
            _log.warning("result not written back", transfer_id=transfer.id, reason=failure.code, why=failure.message)

    def _try(
        self,
        transfer: Transfer,
        result: dict[str, object],
        clients: RoundClients,
    ) -> Reason | None:
        """Why it failed, or None."""
        try:
            clients.of(transfer).cmi.write_back(transfer.contact_id, RESULT_NAME, result)
        except TransferError as exc:
            return exc.reason
        except sa.exc.DBAPIError:
            raise
        except Exception as exc:  # noqa: BLE001 - not even a defect of ours may change a good end
            return Defect(f"internal error ({type(exc).__name__})").reason
        return None
