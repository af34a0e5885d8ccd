"""Uploads to C4C. On a tenant: with --allow-writes, and into the one test activity only."""

from __future__ import annotations

import base64
import json
import threading
from decimal import Decimal
from typing import Any

import pytest

from attachment_lab.probe.requests.c4c import STRICT

pytestmark = [pytest.mark.stack, pytest.mark.system("c4c"), pytest.mark.writes]
CONTENT = b"A test file of the behaviour suite. It may be deleted.\n"


@pytest.fixture
def activity(subject: Any) -> str:
    """Path of the test activity."""
    return f"/ChatActivityCollection('{subject.target.test_activity}')"


def create(subject: Any, path: str, headers: dict[str, str] | None = None, **changes: Any) -> Any:
    """POST one attachment; None leaves a member out."""
    fields = {
        "TypeCode": "10001",
        "CategoryCode": "2",
        "Name": "behaviour.txt",
        "MimeType": "text/plain",
        "Binary": base64.b64encode(CONTENT).decode(),
        **changes,
    }
    body = json.dumps({name: value for name, value in fields.items() if value is not None}).encode()
    sent = {"Content-Type": "application/json", **(headers or {})}
    answer = subject.c4c(path, method="POST", headers=sent, body=body)
    if answer.ok:
        subject.client.used.created.append(object_id(answer))
    return answer


def object_id(answer: Any) -> str:
    """From the Location of a create."""
    return str(answer.headers["location"].partition("('")[2].partition("'")[0])


@pytest.mark.verifies(
    "c4c.binary-echo",
    "c4c.size-is-bytes",
    "c4c.csrf_for_technical_users",
    "service.c4c.attachment_type_code",
    "service.c4c.attachment_category_code",
    "service.c4c.size_field_holds_bytes",
)
def test_a_file_is_created_below_its_chat_and_echoed_with_its_size_in_bytes(subject: Any, activity: str) -> None:
    created = create(subject, f"{activity}/ChatActivityAttachment")
    assert created.status == 201
    assert base64.b64decode(created.entity["Binary"]) == CONTENT
    assert Decimal(created.entity["SizeInkB"]) == len(CONTENT)


@pytest.mark.verifies("c4c.attach_to_completed")
def test_a_completed_chat_accepts_files_too(subject: Any, activity: str) -> None:
    if subject.c4c(activity, {"$select": "LifeCycleStatusCode"}).entity["LifeCycleStatusCode"] != "3":
        pytest.skip("the test activity is not completed, as the integration's chats are")
    assert create(subject, f"{activity}/ChatActivityAttachment").status == 201


@pytest.mark.verifies("c4c.commit_delay_s", "service.c4c.key_field")
def test_a_new_file_is_listed_at_once_with_its_title_and_its_bytes_can_be_read(subject: Any, activity: str) -> None:
    created = object_id(create(subject, f"{activity}/ChatActivityAttachment", Title="a key"))
    rows = subject.c4c(f"{activity}/ChatActivityAttachment", {"$select": "ObjectID,Title"}).rows
    assert [row["Title"] for row in rows if row["ObjectID"] == created] == ["a key"]
    value = subject.c4c(f"/ChatActivityAttachmentCollection('{created}')/Binary/$value", headers={"Accept": "*/*"})
    assert (value.body, value.media_type) == (CONTENT, "text/plain")


@pytest.mark.verifies("c4c.post_follows_strict_header")
def test_the_answer_to_a_create_follows_the_strict_header(subject: Any, activity: str) -> None:
    assert "__metadata" in create(subject, f"{activity}/ChatActivityAttachment", STRICT).json()["d"]


@pytest.mark.verifies("c4c.no-payload")
def test_without_response_payload_only_the_absolute_location_is_returned(subject: Any, activity: str) -> None:
    answer = create(subject, f"{activity}/ChatActivityAttachment", {"odata-no-response-payload": "true"})
    assert (answer.status, answer.body) == (201, b"")
    assert answer.headers["location"].startswith("https://")


@pytest.mark.verifies("c4c.parent_object_id_creatable")
def test_the_flat_form_names_its_parent(subject: Any) -> None:
    parent = {"ParentObjectID": subject.target.test_activity}
    assert create(subject, "/ChatActivityAttachmentCollection", **parent).status == 201


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"CategoryCode": None}, marks=pytest.mark.verifies("c4c.attachment_category_mandatory")),
        pytest.param({"TypeCode": None}, marks=pytest.mark.verifies("c4c.attachment_type_code_required")),
        pytest.param({"TypeCode": "99999"}, marks=pytest.mark.verifies("c4c.attachment_type_codes")),
        pytest.param({"Binary": None}, marks=pytest.mark.verifies("c4c.document_without_binary")),
        pytest.param({"Binary": "QQ ="}, marks=pytest.mark.verifies("c4c.base64_white_space")),
        pytest.param({"NoSuchProperty": "x"}, marks=pytest.mark.verifies("c4c.rights")),
    ],
    ids=["no category", "no type", "unknown type", "no content", "white space", "unknown property"],
)
def test_a_bad_attachment_is_refused(subject: Any, activity: str, changes: dict[str, Any]) -> None:
    answer = create(subject, f"{activity}/ChatActivityAttachment", **changes)
    assert answer.status == 400
    assert answer.error_text


@pytest.mark.verifies("c4c.empty_binary")
def test_a_file_of_no_bytes_is_a_file(subject: Any, activity: str) -> None:
    assert create(subject, f"{activity}/ChatActivityAttachment", Binary="").status == 201


@pytest.mark.verifies("c4c.attachment_update_status")
def test_an_attachment_cannot_be_changed(subject: Any, activity: str) -> None:
    created = object_id(create(subject, f"{activity}/ChatActivityAttachment"))
    path = f"/ChatActivityAttachmentCollection('{created}')"
    headers = {"Content-Type": "application/json"}
    assert subject.c4c(path, method="PATCH", headers=headers, body=b'{"Name": "other.txt"}').status == 400


@pytest.mark.verifies("c4c.lock", "c4c.lock_status", "service.c4c.lock_pattern")
def test_a_second_writer_gets_the_error_that_the_chat_is_locked(subject: Any, activity: str) -> None:
    path = f"{activity}/ChatActivityAttachment"
    body = json.dumps({"TypeCode": "10001", "CategoryCode": "2", "Name": "first.txt", "Binary": "QUJD"}).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    writers: list[Any] = []

    def second() -> None:
        # The first half may still be on its way when the second writer starts.
        while len(writers) < 5 and (not writers or writers[-1].ok):
            writers.append(create(subject, path))
            threading.Event().wait(0.2 * len(writers))

    writers.append(subject.c4c(path, method="POST", headers=headers, body=body, meanwhile=second))
    refused = [each for each in writers if not each.ok]
    assert [each.status for each in refused] == [400]
    assert "locked" in refused[0].error_text
