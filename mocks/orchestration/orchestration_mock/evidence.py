"""What the twin does and how we know it. Every switch of the dialect is an entry too."""

from __future__ import annotations

from typing import cast

from mock_kit.evidence import Evidence, EvidenceBook, Label
from orchestration_mock.model.dialect import SWITCHES

_TESTS = "mocks/orchestration/tests"
_CONFIGURATION = "Chat attachment upload, Configuration page (docs.cc.sinch.com)"
_FORM = "Event-driven integrations, Configuring an event-driven integration (docs.dev.cc.sinch.com)"
_REQUEST = "Event-driven integrations, Request configuration"

BOOK = EvidenceBook(
    (
        Evidence(
            "edi.form",
            "A configuration has channel, endpoint, ordinal, direction, events, queues and a JSON text.",
            "documented",
            f"{_FORM}; {_CONFIGURATION}",
            test=f"{_TESTS}/test_configurator_routes.py::test_the_documented_example_is_stored_byte_for_byte",
        ),
        Evidence(
            "edi.matching",
            "Channel type, direction, event, queue or direct conversation and switch say who is triggered.",
            "documented",
            _FORM,
            test=f"{_TESTS}/test_edi_matching.py::test_a_direct_chat_triggers_only_who_ticked_direct_conversations",
        ),
        Evidence(
            "edi.ordinal",
            "Several configurations for one event run in ordinal order, at most three; equal ones go by age.",
            "documented",
            f"{_FORM}, Ordinal (newer page); the tie rule is assumed",
            switch="max_triggered",
            test=f"{_TESTS}/test_edi_matching.py::test_at_most_three_are_triggered_in_ordinal_order",
        ),
        Evidence(
            "edi.request",
            "The request carries method, headers, params and JSON body with placeholders filled in.",
            "documented",
            f"{_REQUEST}; the form of the bytes is inferred",
            switch="body_encoding",
            test=f"{_TESTS}/test_edi_engine.py::test_the_documented_example_becomes_the_documented_call",
        ),
        Evidence(
            "edi.token",
            "An oauth configuration gets its token by client credentials and keeps it until it expires.",
            "assumed",
            "secrets_ref is documented; grant, token address and caching are not",
            switch="token_client_auth",
            test=f"{_TESTS}/test_edi_engine.py::test_a_token_is_fetched_once_and_again_after_it_expired",
        ),
        Evidence(
            "edi.refresh_on_401",
            "A 401 is answered once with a fresh token and the same request.",
            "assumed",
            "Not documented; common among OAuth clients",
            switch="refresh_on_401",
            test=f"{_TESTS}/test_edi_engine.py::test_a_refused_token_is_replaced_once",
        ),
        Evidence(
            "edi.not_sent",
            "A configuration whose placeholder or secret is unknown is not sent, and the log says which.",
            "assumed",
            "Not documented",
            switch="unknown_placeholder",
            test=f"{_TESTS}/test_edi_engine.py::test_an_unknown_secret_leaves_the_request_unsent",
        ),
        Evidence(
            "edi.one_attempt",
            "A request without a reply is not repeated; the default timeout is ten seconds.",
            "assumed",
            f"{_REQUEST} documents the timeout; no retry key is visible in the part of the table we have",
            switch="retries",
            test=f"{_TESTS}/test_edi_engine.py::test_a_failed_delivery_is_not_repeated_by_itself",
        ),
        Evidence(
            "edi.echo",
            "The endpoint edi://echo answers with the request and sends nothing.",
            "inferred",
            f"{_FORM} names the address; what it answers follows from its name",
            test=f"{_TESTS}/test_edi_engine.py::test_the_echo_endpoint_sends_nothing_and_shows_no_secret",
        ),
        Evidence(
            "edi.response",
            "response.set and response.save are worked out and logged; only the first success may set.",
            "documented",
            "Event-driven integrations, Response configuration; Debugging",
            test=f"{_TESTS}/test_edi_engine.py::test_only_the_first_success_may_set",
        ),
        Evidence(
            "secrets.fields",
            "A secret has description, name and value; passwords hold printable ASCII only.",
            "documented",
            f"{_CONFIGURATION}: no letters outside the Latin alphabet, none of five signs; names are assumed",
            test=f"{_TESTS}/test_secrets_manager.py::test_a_password_with_a_forbidden_sign_is_refused",
        ),
        Evidence(
            "secrets.write_only",
            "A secret's value is never shown again.",
            "own",
            "Not documented; the twin does not print what it need not print",
            test=f"{_TESTS}/test_configurator_routes.py::test_no_reply_and_no_journal_shows_a_secret",
        ),
        Evidence(
            "secrets.delete",
            "A secret in use is deleted only by force.",
            "assumed",
            "Not documented",
            switch="secret_in_use",
            test=f"{_TESTS}/test_configurator_routes.py::test_a_secret_in_use_is_deleted_only_by_force",
        ),
        Evidence(
            "oauth.grant",
            "The issuer grants client credentials by Basic or body and answers with a signed token.",
            "assumed",
            "That EDI uses OAuth is documented, grant and token are not; the reply's form is RFC 6749",
            switch="token_format",
            test=f"{_TESTS}/test_token_issuer.py::test_a_token_says_who_asked_for_what_and_until_when",
        ),
        Evidence(
            "oauth.errors",
            "A refused token request is answered as RFC 6749 5.2 says.",
            "inferred",
            "RFC 6749, section 5.2",
            test=f"{_TESTS}/test_oauth_routes.py::test_a_wrong_secret_is_an_invalid_client",
        ),
        Evidence(
            "oauth.keys",
            "Public keys and metadata stand at the well-known addresses of the tenant's issuer.",
            "inferred",
            "RFC 7517, RFC 8414; not published for this issuer",
            test=f"{_TESTS}/test_oauth_routes.py::test_the_key_set_verifies_a_token",
        ),
        Evidence(
            "oauth.introspection",
            "A revoked or expired token is inactive.",
            "inferred",
            "RFC 7662; not published for this issuer",
            test=f"{_TESTS}/test_oauth_routes.py::test_a_revoked_token_is_inactive",
        ),
        Evidence(
            "workflows.stand_in",
            "The orchestration layer's own stand-in checks token, headers and keys, and does nothing else.",
            "assumed",
            "Its replies are not published",
            switch="workflow_answer",
            test=f"{_TESTS}/test_workflow_routes.py::test_a_complete_call_is_accepted_and_recorded",
        ),
        *(
            Evidence(
                f"dialect.{switch.name}",
                f"{switch.name} is {switch.value!r} unless a world says otherwise.",
                cast("Label", switch.label),
                switch.source,
                switch=switch.name,
            )
            for switch in SWITCHES.values()
        ),
    )
)
