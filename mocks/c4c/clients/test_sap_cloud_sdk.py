"""Contract with SAP Cloud SDK for JavaScript, whose generator makes a typed client of the mock's own metadata."""

from __future__ import annotations

from client_kit import ClientTenant, Refused
from client_suite import Client, ClientSuite


def refusal_of_replacing(client: Client, chat: str) -> int | None:
    """Status of the refusal of a PUT of the whole chat; None if it was accepted."""
    try:
        client.ask("replace", chat=chat, subject="whole")
    except Refused as refused:
        return refused.status
    return None


class TestSapCloudSdk(ClientSuite):
    """SAP Cloud SDK with the client that it generated."""

    folder = "sap_cloud_sdk"

    def test_a_whole_entity_sent_back_is_refused_for_its_cut_fractions_where_the_dialect_compares_them(
        self, client: Client, tenant: ClientTenant
    ) -> None:
        # Two, because one chat of a thousand is made at a whole second.
        chats = [tenant.served.chat(f"PUT{number}") for number in range(2)]
        assert 400 in [refusal_of_replacing(client, chat) for chat in chats]

    def test_a_whole_entity_sent_back_replaces_it_where_fractions_are_not_compared(
        self, client: Client, tenant: ClientTenant
    ) -> None:
        chat = tenant.served.chat("PUTALL")
        tenant.served.control("dialect", {"update_compares_fractions": False})
        client.ask("replace", chat=chat, subject="whole")
        assert tenant.subject(chat) == "whole"
