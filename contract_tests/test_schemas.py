"""The schemas themselves: complete, versioned, and correct for their own samples."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pytest

import attachment_contract
from attachment_contract.schemas.samples import SchemaSample, samples
from attachment_contract.schemas.store import load_schema, schema_names, urn_of, validator, validator_of
from attachment_contract.traffic.hops import HOPS, violations

ALL_SAMPLES = [sample for name in schema_names() for sample in samples(name)]
WANTED = {
    "the configuration with placeholders": "edi_configuration.v1",
    "the envelope of the gate": "edi_envelope.v1",
    "the contact of an event": "edi_contact.v1",
    "the request after resolution": "chat_attachments_request.v1",
    "every answer of the endpoint": "chat_attachments_answer.v1",
    "problems": "problem.v1",
    "token request": "oauth_token_request.v1",
    "token answer": "oauth_token_answer.v1",
    "token error": "oauth_error.v1",
    "key set": "jwks.v1",
    "CMI shape A": "cmi_chat.v1",
    "CMI shape B": "cmi_chat_legs.v1",
    "CMI shape C": "cmi_chat_inline.v1",
    "CMI shape D": "cmi_chat_messages.v1",
    "CMI message": "cmi_message.v1",
    "CMI error": "cmi_error.v1",
    "C4C attachment create": "c4c_attachment_create.v1",
    "C4C attachment": "c4c_attachment.v1",
    "C4C activity": "c4c_activity.v1",
    "C4C reference": "c4c_reference.v1",
    "C4C collection": "c4c_collection.v1",
    "C4C error": "c4c_error.v1",
    "the transfer resource": "transfer.v1",
    "a page of them": "transfers_page.v1",
    "the event it emits": "transfer_event.v1",
    "Health of a worker": "worker_health.v1",
    "No chat in CMI": "cmi_no_chat.v1",
    "List of chats in CMI": "cmi_chats.v1",
    "Page of an audit trail": "audit_page.v1",
    "Entity in C4C": "c4c_entity.v1",
    "Links in C4C": "c4c_links.v1",
    "Property in C4C": "c4c_property.v1",
    "Service document of C4C": "c4c_service_document.v1",
    "Store a chat in CMI": "cmi_chat_create.v1",
    "Contact in CMI": "cmi_contact.v1",
    "Contact data in CMI": "cmi_contact_data.v1",
    "Write a result to CMI": "cmi_contact_data_create.v1",
    "List of contact data in CMI": "cmi_contact_data_list.v1",
    "Details of a contact in CMI": "cmi_contact_details.v1",
    "Contacts in CMI": "cmi_contacts.v1",
    "E-mail in CMI": "cmi_email.v1",
    "E-mails in CMI": "cmi_emails.v1",
    "Message of a queue in CMI": "cmi_queue_message.v1",
    "Leave a message in a queue of CMI": "cmi_queue_message_form.v1",
    "Messages of queues in CMI": "cmi_queue_messages.v1",
    "Remark on a contact in CMI": "cmi_remark.v1",
    "Warnings of a deletion": "deletion_warnings.v1",
    "Health of the service": "health.v1",
    "Event-driven integration": "integration.v1",
    "Form of an event-driven integration": "integration_form.v1",
    "Switch of an event-driven integration": "integration_switch.v1",
    "Event-driven integrations": "integrations.v1",
    "Any document": "json_object.v1",
    "Refusal of a twin": "mock_problem.v1",
    "OAuth introspection answer": "oauth_introspection.v1",
    "OAuth introspection request": "oauth_introspection_request.v1",
    "Metadata of the issuer": "oauth_metadata.v1",
    "Description of the service": "openapi.v1",
    "Bulk redrive": "redrive_request.v1",
    "Result of a bulk redrive": "redriven.v1",
    "Secret of the configurator": "secret.v1",
    "Form of a secret": "secret_form.v1",
    "Secrets of the configurator": "secrets.v1",
    "Answer of the orchestration layer's stand-in": "workflow_answer.v1",
}


@pytest.mark.parametrize("sample", ALL_SAMPLES, ids=lambda sample: f"{sample.schema}-{sample.why}")
def test_a_schema_accepts_and_rejects_its_own_samples(sample: SchemaSample) -> None:
    assert validator(sample.schema).is_valid(sample.document) is sample.valid


def test_every_document_of_the_chain_has_its_schema() -> None:
    assert set(WANTED.values()) == set(schema_names())


@pytest.mark.parametrize("name", schema_names())
def test_a_schema_has_title_description_evidence_and_samples(name: str) -> None:
    schema = load_schema(name)
    assert schema["$id"] == urn_of(name)
    assert re.fullmatch(r"urn:attachment-contract:[a-z0-9-]+:v\d+", schema["$id"])
    assert schema["title"].endswith(f"version {name.rpartition('.v')[2]}")
    assert schema["description"]
    assert re.search(r"Evidence: (documented|recorded|inferred|assumed|own|RFC)", schema["$comment"])
    assert schema["examples"]
    assert schema["x-counter-examples"]


@pytest.mark.parametrize("name", schema_names())
def test_every_reference_of_a_schema_resolves(name: str) -> None:
    references = re.findall(r'"\$ref": "(urn:[^"#]+)', json.dumps(load_schema(name)))
    assert set(references) <= {urn_of(known) for known in schema_names()}
    # A validator resolves lazily: only checking a sample shows that a local reference works.
    assert validator(name).is_valid(load_schema(name)["examples"][0])


def test_importing_the_package_loads_neither_jsonschema_nor_the_gate_nor_a_console() -> None:
    late = ("jsonschema", "rich", "click", "attachment_contract.gate")
    code = f"import sys, attachment_contract; print([m for m in {late} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_gate_is_loaded_on_first_use() -> None:
    assert attachment_contract.check("{").ok is False
    with pytest.raises(AttributeError, match="no attribute 'chekc'"):
        _ = attachment_contract.chekc


def test_the_error_for_an_unknown_schema_names_all_schemas() -> None:
    with pytest.raises(LookupError, match=r"no schema 'nope'.*cmi_chat\.v1"):
        load_schema("nope")


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("^a$", "a\n", False),
        ("^a$", "a", True),
        (r"^a\$$", "a$", True),
        ("^[$]$", "$", True),
        ("^(a|b$)", "b\n", False),
    ],
)
def test_a_dollar_in_a_pattern_is_the_very_end(pattern: str, text: str, fits: bool) -> None:
    assert validator_of({"pattern": pattern}).is_valid(text) is fits


@pytest.mark.parametrize("hop", HOPS)
def test_each_hop_accepts_the_examples_of_its_own_schemas(hop: str) -> None:
    for part in ("request", "response", "error"):
        for name in getattr(HOPS[hop], part):
            for document in load_schema(name)["examples"]:
                assert violations(hop, part, document) == []


def test_a_violation_names_place_and_keyword_but_no_value() -> None:
    document: dict[str, Any] = {**load_schema("chat_attachments_request.v1")["examples"][0]}
    document["headers"] = {**document["headers"], "x-cmi-password": "Straße-9"}
    assert violations("endpoint", "request", document) == [
        "chat_attachments_request.v1: headers/x-cmi-password breaks 'pattern'"
    ]


def test_the_error_for_an_unknown_hop_names_all_hops() -> None:
    with pytest.raises(LookupError, match="endpoint"):
        violations("nope", "response", {})
