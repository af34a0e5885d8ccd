"""Contract with pyodata, SAP's own Python client: it is independent of this project and reads the mock like a tenant.

The client has the tenant's real address; only the connection goes to the mock.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pyodata
import pytest
import requests
from c4c_caller import HOST, PASSWORD, ROOT, SERVICES, USER, ServedTenant, tenant_order
from requests.adapters import HTTPAdapter

from mock_kit.testing import running_mock

URL = f"https://{HOST}{ROOT}"
TICKED = [*SERVICES, "c4codataapi"]
STRICT = {"odata-v2-strict-json-format": "true"}


class ToTheMock(HTTPAdapter):
    """Sends requests for the tenant to the mock, with the Host header unchanged."""

    def __init__(self, mock_url: str) -> None:
        self._netloc = urlsplit(mock_url).netloc
        super().__init__()

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        """Send."""
        request.headers["Host"] = HOST
        request.url = urlsplit(request.url or "")._replace(scheme="http", netloc=self._netloc).geturl()
        return super().send(request, *args, **more)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedTenant]:
    """A running mock with one tenant, two kinds of users, and pages of three."""
    with running_mock("c4c_mock", tmp_path_factory.mktemp("c4c")) as mock:
        tenant = ServedTenant(mock, tenant_order(TICKED, page_size=3))
        tenant.control("users", {"user": "ada", "password": "Secret-1"})
        yield tenant


def session(served: ServedTenant, user: str = USER, password: str = PASSWORD, **headers: str) -> requests.Session:
    """A requests session for the tenant."""
    made = requests.Session()
    made.mount(f"https://{HOST}", ToTheMock(served.mock.url))
    made.auth = (user, password)
    made.headers.update(headers)
    return made


@pytest.fixture
def calls(served: ServedTenant) -> Any:
    """pyodata on the activity service, with strict JSON."""
    return pyodata.Client(f"{URL}/activity/", session(served, **STRICT))


@pytest.fixture
def chats(served: ServedTenant) -> Any:
    """pyodata on the chat service, with strict JSON."""
    return pyodata.Client(f"{URL}/chatactivity/", session(served, **STRICT))


def upload(client: Any, chat: str, name: str, **more: str) -> Any:
    """A create request for an attachment."""
    content = base64.b64encode(b"content of " + name.encode()).decode()
    values = {"ParentObjectID": chat, "Name": name, "TypeCode": "10001", "Binary": content, **more}
    return client.entity_sets.ChatActivityAttachmentCollection.create_entity().set(**values)


@pytest.mark.parametrize("service", [*TICKED, "odataservicecatalog"])
def test_it_reads_the_metadata_of_every_service(served: ServedTenant, service: str) -> None:
    schema = pyodata.Client(f"{URL}/{service}/", session(served)).schema
    assert list(schema.entity_sets)
    assert len(list(schema.function_imports)) == (2 if service in {"socialmediaactivity", "c4codataapi"} else 0)


def test_it_creates_reads_changes_and_deletes(calls: Any) -> None:
    made = calls.entity_sets.PhoneCallCollection.create_entity().set(Subject="first", Phone="+1").execute()
    collection = calls.entity_sets.PhoneCallCollection
    read = collection.get_entity(made.ObjectID).execute()
    assert (read.Subject, read.ETag.tzinfo is not None, read.etag) == ("first", True, made.etag)
    collection.update_entity(made.ObjectID).set(Subject="second").execute()
    assert collection.get_entity(made.ObjectID).execute().Subject == "second"
    collection.update_entity(made.ObjectID, method="PUT").set(Subject="third").execute()
    assert collection.get_entity(made.ObjectID).execute().Phone == ""
    collection.delete_entity(made.ObjectID).execute()
    with pytest.raises(pyodata.exceptions.HttpError, match="404"):
        collection.get_entity(made.ObjectID).execute()


def test_it_raises_a_refusal_as_an_error_with_c4cs_text(calls: Any) -> None:
    with pytest.raises(pyodata.exceptions.HttpError) as caught:
        calls.entity_sets.PhoneCallCollection.create_entity().set(InitiatorCode="too long").execute()
    assert caught.value.response.status_code == 400
    assert "InitiatorCode" in caught.value.response.text


def test_it_finds_a_chat_by_its_reference_and_attaches_to_it(served: ServedTenant, chats: Any) -> None:
    chat = served.chat("PYODATA1")
    references = chats.entity_sets.ChatActivityBTDReferenceCollection.get_entities()
    found = references.filter("ID eq 'PYODATA1'").select("ObjectID,ParentObjectID").execute()
    assert [r.ParentObjectID for r in found] == [chat]
    created = upload(chats, chat, "one", TypeCode="10001", CategoryCode="2").execute()
    assert created.Name == "one"
    chats.entity_sets.ChatActivityAttachmentCollection.delete_entity(created.ObjectID).execute()
    assert served.stored("PYODATA1") == []


@pytest.mark.parametrize("headers", [{}, STRICT], ids=["c4c", "strict"])
def test_it_reads_expanded_lists_in_both_shapes(served: ServedTenant, chats: Any, headers: dict[str, str]) -> None:
    chat = served.chat(f"EXPAND{len(headers)}")
    made = upload(chats, chat, "one", TypeCode="10001", CategoryCode="2").execute()
    client = pyodata.Client(f"{URL}/chatactivity/", session(served, **headers))
    request = client.entity_sets.ChatActivityCollection.get_entities().filter(f"ObjectID eq '{chat}'")
    (found,) = request.expand("ChatActivityAttachment,ChatActivityBTDReference").execute()
    assert [a.ObjectID for a in found.ChatActivityAttachment] == [made.ObjectID]
    assert [r.ID for r in found.ChatActivityBTDReference] == [f"EXPAND{len(headers)}"]


def test_a_single_entity_it_reads_only_with_the_strict_header(served: ServedTenant, chats: Any) -> None:
    chat = served.chat("SINGLE")
    assert chats.entity_sets.ChatActivityCollection.get_entity(chat).execute().ObjectID == chat
    plain = pyodata.Client(f"{URL}/chatactivity/", session(served))
    read = plain.entity_sets.ChatActivityCollection.get_entity(chat).execute()
    with pytest.raises(AttributeError):
        assert read.SubjectName
    with pytest.raises(AttributeError):
        assert upload(plain, chat, "x", TypeCode="10001", CategoryCode="2").execute().Name


def test_it_follows_the_pages_to_the_last(served: ServedTenant, calls: Any) -> None:
    for number in range(7):
        calls.entity_sets.PhoneCallCollection.create_entity().set(Subject="paged", Phone=str(number)).execute()
    request = calls.entity_sets.PhoneCallCollection.get_entities().filter("Subject eq 'paged'")
    page = request.order_by("Phone desc").count(inline=True).execute()
    assert page.total_count == 7
    numbers = [row.Phone for row in page]
    while page.next_url:
        page = calls.entity_sets.PhoneCallCollection.get_entities().next_url(page.next_url).execute()
        numbers += [row.Phone for row in page]
    assert numbers == list("6543210")
    counted = calls.entity_sets.PhoneCallCollection.get_entities().count().filter("Subject eq 'paged'").execute()
    assert counted == 7


def test_it_sends_a_batch_and_sees_a_change_set_fail_as_one(served: ServedTenant, chats: Any) -> None:
    chat = served.chat("BATCH")
    batch, changes = chats.create_batch(), chats.create_changeset()
    changes.add_request(upload(chats, chat, "a", TypeCode="10001", CategoryCode="2"))
    changes.add_request(upload(chats, chat, "b", TypeCode="10001", CategoryCode="2"))
    batch.add_request(chats.entity_sets.ChatActivityCollection.get_entity(chat))
    batch.add_request(changes)
    answers = batch.execute()
    assert answers[0].ObjectID == chat
    assert [a.Name for a in answers[1]] == ["a", "b"]
    batch, changes = chats.create_batch(), chats.create_changeset()
    changes.add_request(upload(chats, chat, "c", TypeCode="10001", CategoryCode="2"))
    changes.add_request(upload(chats, chat, "d"))
    batch.add_request(changes)
    with pytest.raises(pyodata.exceptions.HttpError, match="400"):
        batch.execute()
    assert [a["name"] for a in served.stored("BATCH")] == ["a", "b"]


def test_it_calls_a_function_import(served: ServedTenant) -> None:
    client = pyodata.Client(f"{URL}/socialmediaactivity/", session(served, **STRICT))
    root = client.entity_sets.SocialMediaActivityCollection.create_entity().set(Text="root").execute()
    reply = client.entity_sets.SocialMediaActivityCollection.create_entity()
    reply.set(Text="reply", RootSocialMediaActivityUUID=root.UUID).execute()
    call = client.functions.GetAllChildSocialMediaActivity
    answer = call.parameter("RootSocialMediaActivityNodeID", root.ObjectID).execute()
    assert [row.Text for row in answer] == ["reply"]


def test_a_person_writes_with_a_token_and_all_cookies(served: ServedTenant) -> None:
    person = session(served, "ada", "Secret-1", **STRICT)
    client = pyodata.Client(f"{URL}/activity/", person)
    with pytest.raises(pyodata.exceptions.HttpError) as caught:
        client.entity_sets.PhoneCallCollection.create_entity().set(Subject="x").execute()
    assert caught.value.response.headers["x-csrf-token"] == "Required"
    person.headers["x-csrf-token"] = "fetch"
    person.headers["x-csrf-token"] = person.get(f"{URL}/activity/", timeout=10).headers["x-csrf-token"]
    assert client.entity_sets.PhoneCallCollection.create_entity().set(Subject="x").execute().Subject == "x"
