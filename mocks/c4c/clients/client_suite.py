"""What every OData client must do against the C4C mock; a suite names its folder and what its library lacks."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

import pytest
from c4c_caller import USER
from client_kit import BUSINESS_USER, EXPAND_PAGE_ROWS, PAGE_ROWS, ClientTenant, Refused, sha256


class Client(Protocol):
    """A client's program."""

    def ask(self, operation: str, **given: Any) -> Any:
        """What the operation returns. Raises Refused with C4C's status and text."""


def file(name: str, **more: str) -> dict[str, str]:
    """An attachment's name and text, and properties that replace the usual ones."""
    return {"name": name, "text": f"content of {name}: äöü €", **more}


def stored(*files: dict[str, str]) -> dict[str, str]:
    """What the mock must hold of them."""
    return {each["name"]: sha256(each["text"]) for each in files}


@pytest.mark.timeout(120)
class ClientSuite:
    """Derive from it as ``Test…``; ``folder`` is the client's, below ``clients/``."""

    folder: ClassVar[str]
    #: Ability to the reason why the library has none; tests that need it are skipped with this reason.
    lacks: ClassVar[Mapping[str, str]] = {}

    @pytest.fixture(autouse=True)
    def _limits(self, request: pytest.FixtureRequest) -> None:
        for marker in request.node.iter_markers("needs"):
            if reason := self.lacks.get(marker.args[0]):
                pytest.skip(reason)

    def test_it_finds_a_chat_by_its_external_reference(self, client: Client, tenant: ClientTenant) -> None:
        chat = tenant.served.chat("FIND1")
        tenant.served.chat("FIND2")
        assert client.ask("find", reference="FIND1") == [chat]
        assert client.ask("find", reference="FIND3") == []

    def test_it_reads_a_list_to_its_last_page(self, client: Client, tenant: ClientTenant) -> None:
        chats = tenant.chats("paged", 2 * PAGE_ROWS + 1)
        pages = client.ask("pages", subject="paged", rows=PAGE_ROWS)
        assert [row for page in pages for row in page] == chats
        assert [len(page) for page in pages] == [PAGE_ROWS, PAGE_ROWS, 1]

    def test_it_loses_no_row_of_an_expanded_list_whose_pages_are_shorter(
        self, client: Client, tenant: ClientTenant
    ) -> None:
        chats = tenant.chats("expanded", 2 * EXPAND_PAGE_ROWS + 1)
        pages = client.ask("pages", subject="expanded", rows=PAGE_ROWS, expand="ChatActivityBTDReference")
        assert [row for page in pages for row in page] == chats

    def test_it_counts_without_reading(self, client: Client, tenant: ClientTenant) -> None:
        tenant.chats("counted", PAGE_ROWS + 2)
        assert client.ask("count", subject="counted") == PAGE_ROWS + 2

    def test_it_expands_a_chat_with_its_files_and_references(self, client: Client, tenant: ClientTenant) -> None:
        chat = tenant.served.chat("EXPAND")
        client.ask("attach", chat=chat, **file("a.txt"))
        client.ask("attach", chat=chat, **file("b.txt"))
        found = client.ask("expand", chat=chat)
        assert (sorted(found["attachments"]), found["references"]) == (["a.txt", "b.txt"], ["EXPAND"])

    def test_it_attaches_a_file_under_the_activity(self, client: Client, tenant: ClientTenant) -> None:
        chat, sent = tenant.served.chat("UNDER"), file("under.txt")
        made = client.ask("attach", chat=chat, **sent)
        assert made["name"] == "under.txt"
        assert [each["object_id"] for each in tenant.served.stored("UNDER")] == [made["id"]]
        assert tenant.files("UNDER") == stored(sent)

    def test_it_attaches_a_file_by_its_parents_id(self, client: Client, tenant: ClientTenant) -> None:
        chat, sent = tenant.served.chat("TOSET"), file("set.txt")
        assert client.ask("attachToSet", chat=chat, **sent)["name"] == "set.txt"
        assert tenant.files("TOSET") == stored(sent)

    def test_it_reads_back_the_bytes_that_it_sent(self, client: Client, tenant: ClientTenant) -> None:
        sent = file("back.txt")
        made = client.ask("attach", chat=tenant.served.chat("BACK"), **sent)
        found = client.ask("read", attachment=made["id"])
        assert (found["name"], base64.b64decode(found["base64"]).decode()) == ("back.txt", sent["text"])

    def test_it_reports_a_refused_file_with_c4cs_own_words(self, client: Client, tenant: ClientTenant) -> None:
        chat = tenant.served.chat("REFUSED")
        with pytest.raises(Refused) as caught:
            client.ask("attach", chat=chat, **file("x.txt", CategoryCode="too long"))
        assert caught.value.status in {400, None}
        assert "CategoryCode" in caught.value.message
        assert tenant.files("REFUSED") == {}

    def test_it_deletes_a_file(self, client: Client, tenant: ClientTenant) -> None:
        made = client.ask("attach", chat=tenant.served.chat("DELETE"), **file("gone.txt"))
        client.ask("remove", attachment=made["id"])
        assert tenant.files("DELETE") == {}

    def test_it_changes_a_chat(self, client: Client, tenant: ClientTenant) -> None:
        chat = tenant.served.chat("CHANGE")
        client.ask("rename", chat=chat, subject="changed")
        assert tenant.subject(chat) == "changed"

    def test_it_changes_what_it_has_read_by_its_etag(self, client: Client, tenant: ClientTenant) -> None:
        chat = tenant.served.chat("ETAG1")
        client.ask("keep", chat=chat)
        client.ask("renameAsRead", subject="mine")
        assert tenant.subject(chat) == "mine"
        assert tenant.requests_about(chat, lambda request: request.names_an_etag)

    def test_an_etag_that_is_old_loses_nobody_elses_change(self, client: Client, tenant: ClientTenant) -> None:
        chat = tenant.served.chat("ETAG2")
        client.ask("keep", chat=chat)
        tenant.rename(chat, "theirs")
        with pytest.raises(Refused) as caught:
            client.ask("renameAsRead", subject="mine")
        assert caught.value.status == 412
        assert tenant.subject(chat) == "theirs"

    @pytest.mark.needs("batch")
    def test_it_reads_and_writes_in_one_batch(self, client: Client, tenant: ClientTenant) -> None:
        chat, sent = tenant.served.chat("BATCH1"), [file("one.txt"), file("two.txt")]
        found = client.ask("batch", chat=chat, files=sent)
        assert found["chat"] == chat
        assert found["made"] == [{"status": 201, "name": "one.txt"}, {"status": 201, "name": "two.txt"}]
        assert tenant.files("BATCH1") == stored(*sent)
        assert tenant.requests_about(chat, lambda request: request.line.endswith("/chatactivity/$batch"))

    @pytest.mark.needs("change sets")
    def test_a_change_set_with_one_refused_file_stores_none(self, client: Client, tenant: ClientTenant) -> None:
        chat = tenant.served.chat("BATCH2")
        with pytest.raises(Refused) as caught:
            client.ask("batch", chat=chat, files=[file("one.txt"), file("two.txt", CategoryCode="too long")])
        assert caught.value.status in {400, None}
        assert tenant.files("BATCH2") == {}

    def test_a_technical_user_writes_without_a_token(self, client: Client, tenant: ClientTenant) -> None:
        chat, before = tenant.served.chat("CSRFOFF"), tenant.last_request()
        client.ask("attach", chat=chat, **file("off.txt"))
        sent = tenant.requests_about(chat, lambda request: request.line.startswith("POST"))
        assert [each.line.split()[0] for each in sent] == ["POST"]
        assert [each.line for each in tenant.requests(before) if "x-csrf-token" in each.headers] == []
        assert (list(tenant.files("CSRFOFF")), tenant.writers("CSRFOFF")) == (["off.txt"], {USER})

    def test_a_business_user_writes_with_a_token_that_the_client_fetched(
        self, client: Client, tenant: ClientTenant
    ) -> None:
        chat = tenant.served.chat("CSRFON")
        client.ask("attach", user="business", chat=chat, **file("on.txt"))
        client.ask("attach", user="business", chat=chat, **file("again.txt"))
        assert sorted(tenant.files("CSRFON")) == ["again.txt", "on.txt"]
        assert tenant.writers("CSRFON") == {BUSINESS_USER[0]}

    @pytest.mark.needs("batch")
    def test_a_business_user_sends_a_batch_with_a_token(self, client: Client, tenant: ClientTenant) -> None:
        chat = tenant.served.chat("CSRFBATCH")
        client.ask("batch", user="business", chat=chat, files=[file("one.txt")])
        assert (list(tenant.files("CSRFBATCH")), tenant.writers("CSRFBATCH")) == (["one.txt"], {BUSINESS_USER[0]})
