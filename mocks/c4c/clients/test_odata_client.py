"""Contract with @odata/client, an independent client that names C4C as one of its targets."""

from __future__ import annotations

from typing import ClassVar

from client_kit import ClientTenant
from client_suite import Client, ClientSuite, file


class TestODataClient(ClientSuite):
    """@odata/client on Node's own fetch."""

    folder = "odata_client"
    lacks: ClassVar = {"change sets": "@odata/client puts each write of a batch into a change set of its own"}

    def test_a_refused_write_in_a_batch_leaves_the_others(self, client: Client, tenant: ClientTenant) -> None:
        chat = tenant.served.chat("ALONE")
        found = client.ask("batch", chat=chat, files=[file("one.txt"), file("two.txt", CategoryCode="too long")])
        assert [each["status"] for each in found["made"]] == [201, 400]
        assert list(tenant.files("ALONE")) == ["one.txt"]
