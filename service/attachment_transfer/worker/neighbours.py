"""The two clients of one transfer, built with its secrets and kept for one round."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from attachment_transfer.clients.c4c.client import C4cClient
from attachment_transfer.clients.c4c.metadata import AttachmentNavigation
from attachment_transfer.clients.cmi.client import CmiClient
from attachment_transfer.clients.outbound.governor import Governor
from attachment_transfer.clients.outbound.time_limits import CallTimes
from attachment_transfer.core.dialect import NeighbourDialect
from attachment_transfer.core.errors import GiveUp
from attachment_transfer.core.hosts import HostPattern
from attachment_transfer.core.model import Secrets, Transfer
from attachment_transfer.ledger.refusals import Credential
from attachment_transfer.ledger.round_store import RoundStore, SecretsGone
from attachment_transfer.ledger.sealing import SealBroken, Sealed
from attachment_transfer.worker.calls import CallerHosts, CredentialWatch, NeighbourTransport

#: 2 Mbit/s: slower lines need a larger upload timeout anyway.
_SLOW_LINE_BYTES_PER_S = 250_000


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Time and size limits of the worker's calls.

    Attributes:
        connect_s, read_s: per connection; for an answer's head and the longest silence in its body, in seconds.
        document_s: for all of a document that a neighbour answers with, in seconds.
        slow_grace_s, least_bytes_per_s: a file that comes more slowly, and has had the grace, is given up.
        upload_s: hard total of one upload's body, in seconds; the answer may take ``read_s`` more.
        attachment_bytes: what the service carries at most; larger files are parked with a reason.
    """

    connect_s: float = 10.0
    read_s: float = 60.0
    document_s: float = 30.0
    slow_grace_s: float = 30.0
    least_bytes_per_s: float = 16_384.0
    upload_s: float = 900.0
    attachment_bytes: int = 2 * 1024**3

    def upload_budget_s(self, size_bytes: int) -> float:
        """The hard deadline of one body: half a minute and a slow line's share of the size, at most ``upload_s``.

        A dead worker's upload is waited for until its deadline, so a small file must not have a long one.
        """
        return min(self.upload_s, 30.0 + size_bytes / _SLOW_LINE_BYTES_PER_S)

    def call_times(self) -> CallTimes:
        """The same for the clients."""
        return CallTimes(
            connect_s=self.connect_s,
            piece_s=self.read_s,
            document_s=self.document_s,
            slow_grace_s=self.slow_grace_s,
            least_bytes_per_s=self.least_bytes_per_s,
        )


@dataclass(frozen=True)
class NeighbourClients:
    """The clients of one transfer."""

    cmi: CmiClient
    c4c: C4cClient


class ClientFactory:
    """Opens :class:`NeighbourClients`. The transport, with its pooled connections, is shared by all transfers.

    Args:
        hosts_of: the hosts that a caller's transfers may reach; None for a caller that may reach none.
    """

    def __init__(
        self,
        transport: Callable[[], httpx.BaseTransport],
        *,
        dialect: NeighbourDialect,
        limits: Limits,
        governor: Governor,
        watch: CredentialWatch,
        now_s: Callable[[], float],
        hosts_of: Callable[[str], tuple[HostPattern, ...] | None],
    ) -> None:
        self._hosts_of = hosts_of
        self._transport = transport()
        self._dialect = dialect
        self._limits = limits
        self._governor = governor
        self._watch = watch
        self._now_s = now_s
        self._navigations: dict[str, AttachmentNavigation] = {}

    def open(self, transfer: Transfer, secrets: Secrets) -> NeighbourClients:
        """Clients with this transfer's credentials. They need no closing: all that is pooled is shared."""
        cmi = Credential(url=transfer.cmi_url, user=transfer.cmi_user, password=secrets.cmi_password)
        c4c = Credential(url=transfer.c4c_url, user=transfer.c4c_user, password=secrets.c4c_password)
        cmi_http = self._client("cmi", transfer, cmi)
        cmi_http.headers["x-api-key"] = secrets.cmi_api_key
        return NeighbourClients(
            CmiClient(
                cmi_http,
                cmi_url=transfer.cmi_url,
                dialect=self._dialect,
                spool_limit_bytes=self._limits.attachment_bytes,
                times=self._limits.call_times(),
                now_s=self._now_s,
            ),
            C4cClient(
                self._client("c4c", transfer, c4c),
                c4c_url=transfer.c4c_url,
                dialect=self._dialect,
                known=self._navigations,
                times=self._limits.call_times(),
                now_s=self._now_s,
            ),
        )

    def close(self) -> None:
        """Close the pooled connections."""
        self._transport.close()

    def _client(self, neighbour: str, transfer: Transfer, credential: Credential) -> httpx.Client:
        transport = NeighbourTransport(
            self._transport,
            neighbour=neighbour,
            tenant=transfer.tenant,
            hosts=CallerHosts(transfer.caller, self._hosts_of(transfer.caller)),
            credential=credential,
            watch=self._watch,
            governor=self._governor,
        )
        # The client is not closed: that would close the shared transport. Nothing else of it needs closing.
        return httpx.Client(
            transport=transport,
            auth=httpx.BasicAuth(credential.user, credential.password),
            timeout=httpx.Timeout(self._limits.read_s, connect=self._limits.connect_s),
            headers={"User-Agent": "attachment-transfer/1", "Accept-Encoding": "identity"},
            trust_env=False,
        )


@dataclass(frozen=True)
class _RoundEntry:
    round_no: int
    sealed: Sealed
    clients: NeighbourClients


class RoundClients:
    """The clients of the rounds that this process runs. Secrets are unsealed once per round, not once per step.

    A round that meets newer secrets (an event arrived while it runs) gets clients with these.
    """

    def __init__(self, store: RoundStore, factory: ClientFactory) -> None:
        self._store = store
        self._factory = factory
        self._lock = threading.Lock()
        self._entries: dict[str, _RoundEntry] = {}

    def of(self, transfer: Transfer) -> NeighbourClients:
        """The clients of the transfer's present round. Raises :class:`GiveUp` if its secrets cannot be had."""
        try:
            sealed = self._store.sealed(transfer)
            with self._lock:
                known = self._entries.get(transfer.id)
            if known is not None and (known.round_no, known.sealed) == (transfer.round_no, sealed):
                return known.clients
            secrets = self._store.unseal(transfer, sealed)
        except SecretsGone as exc:
            raise GiveUp(
                "the transfer's secrets were shredded",
                remedy="The next event of this contact brings new ones.",
            ) from exc
        except SealBroken as exc:
            raise GiveUp(
                "the transfer's secrets cannot be unsealed",
                remedy="Configure the sealing key that sealed them in ATTACHMENT_TRANSFER_SEALING_KEYS.",
            ) from exc
        clients = self._factory.open(transfer, secrets)
        with self._lock:
            self._entries[transfer.id] = _RoundEntry(transfer.round_no, sealed, clients)
        return clients

    def forget(self, transfer_id: str) -> None:
        """The round is over: drop its clients, and with them the secrets in memory."""
        with self._lock:
            self._entries.pop(transfer_id, None)
