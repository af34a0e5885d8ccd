"""Contract with CAP, SAP's Cloud Application Programming Model, which calls the mock as a remote service."""

from __future__ import annotations

from typing import ClassVar

from client_kit import ClientTenant
from client_suite import Client, ClientSuite


class TestCap(ClientSuite):
    """CAP with the model that it imported."""

    folder = "cap"
    lacks: ClassVar = {
        "batch": "CAP writes without $batch",
        "change sets": "CAP writes without $batch",
    }

    def test_a_query_too_long_for_an_address_is_read_in_a_batch(self, client: Client, tenant: ClientTenant) -> None:
        references = [f"LONG{number:028}" for number in range(40)]
        tenant.served.chat(references[7])
        assert client.ask("longFilter", references=references) == [references[7]]
        assert tenant.requests_about(references[7], lambda request: request.line.endswith("/chatactivity/$batch"))
