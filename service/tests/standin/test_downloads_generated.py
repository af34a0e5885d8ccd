"""Whatever comes over the wire: what the client lets through to its end are the customer's bytes."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import httpx
import pytest
from hypothesis import event, given, settings
from standin.answers import SIZE_BYTES, a_pdf, answer, file_answer
from standin.chat import Listed
from standin.generated import Case, damaged, undamaged
from standin.wire import Server

from attachment_transfer.clients.body import UploadBody
from attachment_transfer.clients.cmi.client import CmiClient
from attachment_transfer.clients.outbound.transport import OutboundPolicy, OutboundTransport
from attachment_transfer.core.dialect import read_dialect
from attachment_transfer.core.errors import TransferError
from attachment_transfer.core.hosts import parse_egress_map, parse_patterns
from attachment_transfer.core.policy import Policy
from attachment_transfer.runtime.settings import shipped_dialect
from attachment_transfer.worker.inspection import Inspector

pytestmark = [pytest.mark.xdist_group("standin-generated"), pytest.mark.timeout(3_600)]

CONTACT = "5AB6E20342A6EE11B3ED58961D1810CC"
LIMIT_BYTES = 16 * 1024**2
#: 100 in ``make test``, 10,000 in ``make nightly``.
EXAMPLES = int(os.environ.get("DOWNLOAD_EXAMPLES", "100"))


@dataclass
class Wire:
    """The real client over real sockets, and the server at their other end; a host of its own for each example."""

    server: Server
    transport: httpx.BaseTransport
    numbers: Iterator[int]

    def carried(self, case: Case) -> bytes:
        """List, download and encode as the worker does; the bytes that C4C would be sent. Raises TransferError."""
        host = f"e{next(self.numbers)}.cmi.example.org"
        site = self.server.site(host)
        message = {"id": "m1", "originator_type": "customer", "attachments": [case.listed.item(CONTACT)]}
        listing = json.dumps({"id": CONTACT, "messages": [message]}).encode()
        site.plan(f"/acme/cmi/chats/{CONTACT}", answer(200, listing, content_type="application/json"))
        site.plan(f"/acme/cmi/chats/{CONTACT}/attachments/f1", *case.replies)
        try:
            return as_the_worker_reads(a_client(host, self.transport))
        finally:
            self.server.forget(host)


def a_client(host: str, transport: httpx.BaseTransport) -> CmiClient:
    """The client as the worker builds it, without metrics and pace."""
    http = httpx.Client(
        transport=transport,
        auth=httpx.BasicAuth("transcript.user", "word"),
        timeout=10.0,
        headers={"Accept-Encoding": "identity", "x-api-key": "key"},
        trust_env=False,
    )
    dialect = read_dialect(shipped_dialect())
    return CmiClient(http, cmi_url=f"https://{host}/acme/cmi", dialect=dialect, spool_limit_bytes=LIMIT_BYTES)


def as_the_worker_reads(client: CmiClient) -> bytes:
    """The bytes of the chat's one file, through policy and upload body, base64 undone."""
    [source] = client.conversation(CONTACT).attachments
    inspector = Inspector(Policy(max_bytes=LIMIT_BYTES))
    with client.open(source) as opened, inspector.passed(source, opened) as passed:
        body = b"".join(UploadBody(passed.pieces, size_bytes=passed.size_bytes, fields={"Name": "f1"}))
    return base64.b64decode(json.loads(body)["Binary"])


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    with Server() as server:
        egress = parse_egress_map(f"*.example.org=http://127.0.0.1:{server.port}", lab_mode=True)
        policy = OutboundPolicy(allowed=parse_patterns("*.cmi.example.org"), egress=egress)
        yield Wire(server, OutboundTransport(policy), count(1))


@settings(max_examples=EXAMPLES)
@given(case=damaged)
def test_what_a_damaged_download_lets_through_are_the_customers_bytes(wire: Wire, case: Case) -> None:
    try:
        carried = wire.carried(case)
    except TransferError as exc:
        event(f"{case.damage}: {exc.code}")
        return
    event(f"{case.damage}: carried")
    assert carried == case.content


@settings(max_examples=EXAMPLES)
@given(case=undamaged)
def test_a_sound_download_is_let_through_whole(wire: Wire, case: Case) -> None:
    assert wire.carried(case) == case.content


def test_a_plain_download_is_let_through(wire: Wire) -> None:
    content = a_pdf()
    assert wire.carried(Case(content, Listed(size=SIZE_BYTES), (file_answer(content),))) == content
