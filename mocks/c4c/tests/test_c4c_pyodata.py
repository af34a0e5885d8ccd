"""Contract with pyodata, SAP's own Python client, which nobody here wrote: it reads the mock as it reads a tenant.

The client is given the tenant's real address; only the connection is led to the mock.
"""

import base64
from urllib.parse import urlsplit

import pyodata
import pytest
import requests
from requests.adapters import HTTPAdapter

from mock_kit.testing import running_mock

HOST = "my2554607.de1.crm.cloud.sap"
URL = f"https://{HOST}/sap/c4c/odata/v1"
TICKED = ["activity", "chatactivity", "call_list", "socialmediaactivity", "c4codataapi"]
STRICT = {"odata-v2-strict-json-format": "true"}


class LedAstray(HTTPAdapter):
    """Sends what is meant for the tenant to the mock, the Host header intact."""

    def __init__(self, mock_url):
        self._netloc = urlsplit(mock_url).netloc
        super().__init__()

    def send(self, request, **more):
        """Send."""
        request.headers["Host"] = HOST
        request.url = urlsplit(request.url)._replace(scheme="http", netloc=self._netloc).geturl()
        return super().send(request, **more)


@pytest.fixture(scope="module")
def mock(tmp_path_factory):
    """A running mock with one tenant, two kinds of users, and pages of three."""
    with running_mock("c4c_mock", tmp_path_factory.mktemp("c4c")) as running:
        arrangement = {"user": "v1user", "password": "Welcome-1", "services": TICKED}
        tenant = {"name": "default", "host": HOST, "communication_system": {"id": "S"}, "arrangement": arrangement}
        control(running, "tenants", {**tenant, "dialect": {"page_size": 3}})
        control(running, "users", {"user": "ada", "password": "Secret-1"})
        yield running


def control(mock, path, body):
    """POST to the control API."""
    answer = requests.post(f"{mock.url}/_mock/{path}", json=body, timeout=10)
    assert answer.status_code in {200, 201}, answer.text
    return answer.json()


def session(mock, user="v1user", password="Welcome-1", **headers):
    """A requests session for the tenant."""
    made = requests.Session()
    made.mount(f"https://{HOST}", LedAstray(mock.url))
    made.auth = (user, password)
    made.headers.update(headers)
    return made


@pytest.fixture
def calls(mock):
    """pyodata on the activity service, speaking strict JSON."""
    return pyodata.Client(f"{URL}/activity/", session(mock, **STRICT))


@pytest.fixture
def chats(mock):
    """pyodata on the chat service, speaking strict JSON."""
    return pyodata.Client(f"{URL}/chatactivity/", session(mock, **STRICT))


def new_chat(mock, reference):
    """A new chat's ObjectID."""
    body = {"Type": "CHAT", "Action": "ACCEPT", "ExternalReferenceID": reference, "Email": "a@example.com"}
    return control(mock, "cti", body)["activity"]["object_id"]


def stored(mock, reference):
    """Attachments of one chat."""
    answer = requests.get(f"{mock.url}/_mock/attachments?external_reference_id={reference}", timeout=10)
    return answer.json()


def upload(client, chat, name, **more):
    """A create request for an attachment."""
    content = base64.b64encode(b"content of " + name.encode()).decode()
    values = {"ParentObjectID": chat, "Name": name, "TypeCode": "10001", "Binary": content, **more}
    return client.entity_sets.ChatActivityAttachmentCollection.create_entity().set(**values)


@pytest.mark.parametrize("service", [*TICKED, "odataservicecatalog"])
def test_it_reads_the_metadata_of_every_service(mock, service):
    schema = pyodata.Client(f"{URL}/{service}/", session(mock)).schema
    assert list(schema.entity_sets)
    assert len(list(schema.function_imports)) == (2 if service in {"socialmediaactivity", "c4codataapi"} else 0)


def test_it_creates_reads_changes_and_deletes(calls):
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


def test_a_refusal_reaches_it_as_an_error_with_c4cs_words(calls):
    with pytest.raises(pyodata.exceptions.HttpError) as caught:
        calls.entity_sets.PhoneCallCollection.create_entity().set(InitiatorCode="too long").execute()
    assert caught.value.response.status_code == 400
    assert "InitiatorCode" in caught.value.response.text


def test_it_finds_a_chat_by_its_reference_and_attaches_to_it(mock, chats):
    chat = new_chat(mock, "PYODATA1")
    references = chats.entity_sets.ChatActivityBTDReferenceCollection.get_entities()
    found = references.filter("ID eq 'PYODATA1'").select("ObjectID,ParentObjectID").execute()
    assert [r.ParentObjectID for r in found] == [chat]
    created = upload(chats, chat, "one", CategoryCode="2").execute()
    assert created.Name == "one"
    chats.entity_sets.ChatActivityAttachmentCollection.delete_entity(created.ObjectID).execute()
    assert stored(mock, "PYODATA1") == []


@pytest.mark.parametrize("headers", [{}, STRICT], ids=["c4c", "strict"])
def test_it_reads_expanded_lists_in_both_shapes(mock, chats, headers):
    chat = new_chat(mock, f"EXPAND{len(headers)}")
    made = upload(chats, chat, "one", CategoryCode="2").execute()
    client = pyodata.Client(f"{URL}/chatactivity/", session(mock, **headers))
    asked = client.entity_sets.ChatActivityCollection.get_entities().filter(f"ObjectID eq '{chat}'")
    (found,) = asked.expand("ChatActivityAttachment,ChatActivityBTDReference").execute()
    assert [a.ObjectID for a in found.ChatActivityAttachment] == [made.ObjectID]
    assert [r.ID for r in found.ChatActivityBTDReference] == [f"EXPAND{len(headers)}"]


def test_a_single_entity_it_reads_only_with_the_strict_header(mock, chats):
    chat = new_chat(mock, "SINGLE")
    assert chats.entity_sets.ChatActivityCollection.get_entity(chat).execute().ObjectID == chat
    plain = pyodata.Client(f"{URL}/chatactivity/", session(mock))
    read = plain.entity_sets.ChatActivityCollection.get_entity(chat).execute()
    with pytest.raises(AttributeError):
        assert read.SubjectName
    with pytest.raises(AttributeError):
        assert upload(plain, chat, "x", CategoryCode="2").execute().Name


def test_it_follows_the_pages_to_the_last(mock, calls):
    for number in range(7):
        calls.entity_sets.PhoneCallCollection.create_entity().set(Subject="paged", Phone=str(number)).execute()
    asked = calls.entity_sets.PhoneCallCollection.get_entities().filter("Subject eq 'paged'")
    page = asked.order_by("Phone desc").count(inline=True).execute()
    assert page.total_count == 7
    numbers = [row.Phone for row in page]
    while page.next_url:
        page = calls.entity_sets.PhoneCallCollection.get_entities().next_url(page.next_url).execute()
        numbers += [row.Phone for row in page]
    assert numbers == list("6543210")
    counted = calls.entity_sets.PhoneCallCollection.get_entities().count().filter("Subject eq 'paged'").execute()
    assert counted == 7


def test_it_sends_a_batch_and_sees_a_change_set_fail_as_one(mock, chats):
    chat = new_chat(mock, "BATCH")
    batch, changes = chats.create_batch(), chats.create_changeset()
    changes.add_request(upload(chats, chat, "a", CategoryCode="2"))
    changes.add_request(upload(chats, chat, "b", CategoryCode="2"))
    batch.add_request(chats.entity_sets.ChatActivityCollection.get_entity(chat))
    batch.add_request(changes)
    answers = batch.execute()
    assert answers[0].ObjectID == chat
    assert [a.Name for a in answers[1]] == ["a", "b"]
    batch, changes = chats.create_batch(), chats.create_changeset()
    changes.add_request(upload(chats, chat, "c", CategoryCode="2"))
    changes.add_request(upload(chats, chat, "d"))
    batch.add_request(changes)
    with pytest.raises(pyodata.exceptions.HttpError, match="400"):
        batch.execute()
    assert [a["name"] for a in stored(mock, "BATCH")] == ["a", "b"]


def test_it_calls_a_function_import(mock):
    client = pyodata.Client(f"{URL}/socialmediaactivity/", session(mock, **STRICT))
    root = client.entity_sets.SocialMediaActivityCollection.create_entity().set(Text="root").execute()
    reply = client.entity_sets.SocialMediaActivityCollection.create_entity()
    reply.set(Text="reply", RootSocialMediaActivityUUID=root.UUID).execute()
    call = client.functions.GetAllChildSocialMediaActivity
    answer = call.parameter("RootSocialMediaActivityNodeID", root.ObjectID).execute()
    assert [row.Text for row in answer] == ["reply"]


def test_a_person_writes_with_a_token_and_all_cookies(mock):
    person = session(mock, "ada", "Secret-1", **STRICT)
    client = pyodata.Client(f"{URL}/activity/", person)
    with pytest.raises(pyodata.exceptions.HttpError) as caught:
        client.entity_sets.PhoneCallCollection.create_entity().set(Subject="x").execute()
    assert caught.value.response.headers["x-csrf-token"] == "Required"
    person.headers["x-csrf-token"] = "fetch"
    person.headers["x-csrf-token"] = person.get(f"{URL}/activity/", timeout=10).headers["x-csrf-token"]
    assert client.entity_sets.PhoneCallCollection.create_entity().set(Subject="x").execute().Subject == "x"
