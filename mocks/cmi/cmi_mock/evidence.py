"""How we know what this mock does: every switch of the dialect, and what is fixed because a page says so."""

from __future__ import annotations

from cmi_mock.dialect import entries
from mock_kit.context import planned
from mock_kit.evidence import Evidence, EvidenceBook

_RI = "RESTful interfaces, best practices (docs.cc.sinch.com)"
_CMI = "CMI API description v1 (docs.cc.sinch.com/cloud/api/CMI.html)"
_RIGHTS = "CMI user rights (docs.cc.sinch.com, ri-user-rights)"
_EDI = "Event-driven integrations, available data (docs.cc.sinch.com)"
_CAU = "Chat attachment upload (docs.cc.sinch.com)"
_TESTS = "mocks/cmi/tests/"

BOOK = EvidenceBook(
    (
        Evidence(
            "cmi.auth.key_and_basic",
            "Every call needs the API key in x-api-key and a user's Basic credentials.",
            "documented",
            f"{_RI}; public customer code sends both",
            test=_TESTS + "test_cmi_doors.py::test_a_call_needs_both_the_key_and_the_password",
        ),
        Evidence(
            "cmi.auth.forbidden_body",
            'A missing or wrong key is answered 403 {"message": "Forbidden"}.',
            "inferred",
            "the usual answer of an AWS API Gateway; the public address is an execute-api host",
            test=_TESTS + "test_cmi_doors.py::test_a_bad_key_is_refused_in_the_gateways_words",
        ),
        Evidence(
            "cmi.auth.bad_password",
            "A wrong password is answered 401, an unknown user alike.",
            "inferred",
            "HTTP Basic",
            test=_TESTS + "test_cmi_doors.py::test_a_call_needs_both_the_key_and_the_password",
        ),
        Evidence(
            "cmi.auth.lockout",
            "Five wrong passwords in a row lock the user for 30 minutes.",
            "inferred",
            "password policy defaults are documented; that they hold for this logon is inferred",
            switch="lock_after_failures",
            test=_TESTS + "test_cmi_doors.py::test_five_wrong_passwords_lock_the_user_for_half_an_hour",
        ),
        Evidence(
            "cmi.auth.expiry",
            "A service account stops working at its expiration time.",
            "documented",
            f"{_CAU}, before you start: Assign Expiration Time for Service account",
            switch="locked_status",
            test=_TESTS + "test_cmi_doors.py::test_a_service_account_stops_working_when_it_expires",
        ),
        Evidence(
            "cmi.rights.manage_contact_history",
            "A chat is read by a user with Manage contact history on its queue or on its agent.",
            "documented",
            f"{_RIGHTS}, row /chats/{{chatId}}",
            switch="no_right",
            test=_TESTS + "test_cmi_doors.py::test_a_user_without_the_right_on_the_queue_is_refused",
        ),
        Evidence(
            "cmi.ids.any_spelling",
            "An id is accepted in either case, with or without dashes.",
            "inferred",
            f"{_EDI}: documented for the engine, inferred for CMI",
            test=_TESTS + "test_cmi_documents.py::test_a_guid_is_found_in_any_spelling",
        ),
        Evidence(
            "cmi.lists.bare_array",
            "A list is answered 200 with a bare JSON array; limit, offset and sort (- = descending).",
            "documented",
            f"{_CMI}; limit, offset, sort documented for the RI family",
            test=_TESTS + "test_cmi_documents.py::test_a_list_is_a_bare_array_with_limit_offset_and_sort",
        ),
        Evidence(
            "cmi.direct.no_attachments",
            "Direct chats do not support attachments.",
            "documented",
            f"{_CAU}, configuration page",
            test=_TESTS + "test_cmi_desk.py::test_a_direct_chat_takes_no_attachment",
        ),
        Evidence(
            "cmi.legs.one_guid",
            "A transfer starts a leg with an id of its own under the same group id.",
            "documented",
            f"{_EDI}; supervisor dashboard, conversation details",
            test=_TESTS + "test_cmi_desk.py::test_a_transfer_starts_a_second_leg_under_the_same_guid",
        ),
        Evidence(
            "cmi.contact.created_at_closed",
            "The contact's created in a Closed event is the moment wrap-up ended.",
            "documented",
            _EDI,
            test=_TESTS + "test_cmi_desk.py::test_a_closed_contact_carries_the_moment_wrap_up_ended",
        ),
        Evidence(
            "cmi.download.raw_bytes",
            "A download gives the raw bytes with Content-Type and Content-Disposition (RFC 5987).",
            "assumed",
            "no attachment resource is visible in the public pages",
            switch="attachment_url",
            test=_TESTS + "test_cmi_downloads.py::test_a_download_gives_the_bytes_and_the_name_as_sent",
        ),
        Evidence(
            "cmi.rich_content.public",
            "A public link needs no credentials and dies after the retention time.",
            "documented",
            "Chat Settings page: Public Base URL, Retention Time for Public Attachments",
            switch="rich_content_retention_h",
            test=_TESTS + "test_cmi_downloads.py::test_a_public_link_needs_no_credentials_until_it_expires",
        ),
        Evidence(
            "cmi.signed.addresses",
            "A pre-signed address gives one file without credentials; one that is forged or over is refused in XML.",
            "inferred",
            "Amazon S3, error responses (documented by AWS); that Contact Pro keeps files so is an assumption",
            switch="download_answer",
            test=_TESTS + "test_cmi_signed.py::test_a_forged_or_bare_address_is_refused_in_xml",
        ),
        Evidence(
            "cmi.legs.consults",
            "A consult is a leg with an id of its own under the same group id.",
            "documented",
            "Supervisor dashboard, conversation details (docs.dev.cc.sinch.com): linked legs (transfer, consult)",
            test=_TESTS + "test_cmi_consults.py::test_a_consult_is_a_leg_beside_the_main_one",
        ),
        Evidence(
            "cmi.channels.rich_content",
            "Files come by WhatsApp, Facebook, Instagram, Telegram, Viber, LINE, Sinch Chat, WeChat; SMS is text only.",
            "documented",
            "Contact Pro best practices, rich content; Chats page (docs.cc.sinch.com)",
            switch="web_chat_files",
            test=_TESTS
            + "test_cmi_channels.py::test_every_rich_content_channel_carries_files_and_text_channels_do_not",
        ),
        Evidence(
            "cmi.representations",
            "A document is given as JSON or, for Accept: application/xml, as XML.",
            "documented",
            _CMI,
            switch="xml_form",
            test=_TESTS + "test_cmi_xml.py::test_a_document_is_given_as_xml_when_xml_is_accepted",
        ),
        Evidence(
            "cmi.post.new_id",
            "A POST is answered 201 with the new id as body and a Location header.",
            "documented",
            _CMI,
            switch="location_form",
            test=_TESTS + "test_cmi_contact_data.py::test_a_result_is_written_back_with_201_the_new_id_and_location",
        ),
        Evidence(
            "cmi.put.no_content",
            "A PUT or DELETE is answered 204 without a body.",
            "documented",
            _CMI,
            test=_TESTS + "test_cmi_messages.py::test_a_message_is_left_read_changed_and_removed",
        ),
        Evidence(
            "cmi.rights.statistics_details",
            "/contacts and /contactData are opened by Statistics details.",
            "documented",
            f"{_RIGHTS}, rows /contacts and /contactData",
            switch="no_right",
            test=_TESTS + "test_cmi_contacts.py::test_contacts_want_statistics_details_and_not_the_history_right",
        ),
        Evidence(
            "cmi.rights.messaging",
            "/messages is opened by Messaging on the queue.",
            "documented",
            f"{_RIGHTS}, row /messages",
            switch="no_right",
            test=_TESTS + "test_cmi_messages.py::test_messages_want_the_right_messaging_on_the_queue",
        ),
        Evidence(
            "cmi.contacts.resource",
            "/contacts, /contacts/{id}, its details and remarks exist; their members are modelled on /emails.",
            "assumed",
            f"{_RIGHTS}: the resources are documented, their bodies are not shown where we could read them",
            switch="contacts_show",
            test=_TESTS + "test_cmi_contacts.py::test_details_tell_what_happened_when_and_what_was_written_back",
        ),
        Evidence(
            "cmi.contact_data.when",
            "Contact data is taken for conversations in wrap-up or handled only, and never for e-mails.",
            "documented",
            f"{_RIGHTS}, row /contactData",
            switch="contact_data_refused_status",
            test=_TESTS + "test_cmi_contact_data.py::test_a_running_conversation_takes_no_result",
        ),
        Evidence(
            "cmi.emails.item",
            "An e-mail: id, from_queue {id, name}, channel_type, channel_sub_type, type, typeDetails, status, "
            "statusDetails; list parameters limit, language, case_id, cid, includeAttachedData.",
            "documented",
            f"{_CMI}, /emails; the table is cut after statusDetails, what follows is assumed",
            test=_TESTS + "test_cmi_emails.py::test_an_email_carries_the_documented_members",
        ),
        Evidence(
            "cmi.scripts",
            "Scripted conversations are played through the same desk as single steps.",
            "own",
            "this mock",
            test=_TESTS + "test_cmi_scripts.py::test_every_shipped_script_plays_to_its_end",
        ),
        Evidence(
            "cmi.not_implemented",
            "/scriptResults, /callRecordings, /callbacks, /customerConsents, /rmi, /rci, /rai answer 501.",
            "own",
            "this mock",
            test=_TESTS + "test_cmi_refusals.py::test_a_documented_resource_we_lack_says_so",
        ),
    )
)

for _name, _entry in entries().items():
    BOOK.register(
        Evidence(
            f"cmi.dialect.{_name}",
            _entry["behaviour"],
            _entry["label"],
            _entry["source"],
            switch=_name,
            test=_entry["test"],
        )
    )


def touch(evidence_id: str) -> None:
    """This behaviour has just shown itself."""
    BOOK.touch(evidence_id)


def touch_oddity(switch: str) -> None:
    """The dialect has just made an answer that no contract knows: the journal names the switch as a fault."""
    touch(f"cmi.dialect.{switch}")
    planned(f"cmi.dialect.{switch}")
