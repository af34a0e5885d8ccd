"""Scenarios in which a neighbour's answer differs from what it claims: compressed, short, a page, a redirect, slow.

Each was reported publicly about other servers; the mocks' behaviours are labelled in docs/fidelity.md.
"""

from __future__ import annotations

from attachment_lab.reconciliation.content_change import SERVICE_TO_C4C
from attachment_lab.scenarios import checks as see
from attachment_lab.scenarios import steps as do
from attachment_lab.scenarios.checks import FILES
from attachment_lab.scenarios.model import Scenario

TEN_MINUTES_S = 600
SHORT_BYTES = 1_000
#: Rows on a page of C4C's list: with four files, more than one page.
SHORT_PAGE = 2
#: At this rate the first answer to an upload would take many minutes.
SLOW_BYTES_PER_S = 2

UNTRUE_ANSWERS: tuple[Scenario, ...] = (
    Scenario(
        id="download-packed",
        title="A download is compressed",
        happens="A gateway compresses a file with gzip although the service requested it uncompressed.",
        expected="The service decompresses it completely and stores the customer’s bytes, never the compressed ones.",
        steps=do.one_chat(
            do.fault_on_second_file(
                "The second download will be compressed with gzip", "packed", params={"coding": "gzip"}
            )
        ),
        checks=(see.fault_applied(), *see.all_arrived(uploads_per_file=1)),
    ),
    Scenario(
        id="coding-unknown",
        title="A download has an unknown coding",
        happens="Every answer for one file is compressed with Brotli, which the service neither requested nor reads.",
        expected="The service retries, then reports the file failed and names the coding. "
        "The compressed bytes never reach C4C.",
        steps=do.one_chat(
            do.fault_on_second_file(
                "The second download will always be compressed with Brotli",
                "packed",
                times=None,
                params={"coding": "br"},
            ),
            end=do.time_passes(),
        ),
        checks=(see.fault_applied(2), *see.one_missing("unknown-coding")),
    ),
    Scenario(
        id="sign-in-page",
        title="A sign-in page is returned in place of a file",
        happens="Instead of one file CMI answers 200 with an HTML page that asks for user and password.",
        expected="The service detects that this is not the file, retries and then reports it failed. "
        "No page is stored under the file’s name.",
        steps=do.one_chat(
            do.fault_on_second_file("A sign-in page will be returned for the second file", "sign_in_page", times=None),
            end=do.time_passes(),
        ),
        checks=(see.fault_applied(2), *see.one_missing("not-the-file")),
    ),
    Scenario(
        id="download-short",
        title="A download ends early with a matching length",
        happens="CMI sends only the beginning of a file, and its Content-Length agrees with what it sends.",
        expected="The service compares with the size that CMI listed, retries and stores the complete file.",
        steps=do.one_chat(
            do.fault_on_second_file(
                f"The second download will end after {SHORT_BYTES} bytes, with that Content-Length",
                "truncate_body",
                params={"keep_bytes": SHORT_BYTES, "content_length": "fixed"},
            ),
            end=do.time_passes(),
        ),
        checks=(see.fault_applied(), see.retried(), *see.all_arrived(uploads_per_file=1)),
    ),
    Scenario(
        id="download-no-length",
        title="A download has no length and ends early",
        happens="A file has no Content-Length; the connection closes after its beginning, as at a regular end.",
        expected="The service compares with the size that CMI listed, retries and stores the complete file.",
        steps=do.one_chat(
            do.fault_on_second_file(
                f"The second download will have no length and end after {SHORT_BYTES} bytes",
                "close_delimited",
                params={"end": "early", "keep_bytes": SHORT_BYTES},
            ),
            end=do.time_passes(),
        ),
        checks=(see.fault_applied(), see.retried(), *see.all_arrived(uploads_per_file=1)),
    ),
    Scenario(
        id="download-redirected",
        title="CMI redirects to a pre-signed address",
        happens="For every download CMI answers 302 with a signed address of the file.",
        expected="The service follows to allowed hosts, without user, password and key, and stores every file.",
        steps=do.one_chat(
            do.fault(
                "Every download will be redirected to a pre-signed address",
                "download",
                "redirect",
                times=None,
                params={"to": "signed"},
            )
        ),
        checks=(see.fault_applied(FILES), *see.all_arrived(uploads_per_file=1)),
    ),
    Scenario(
        id="links-change",
        title="The links change at every reading",
        happens="CMI lists files without ids, and each address carries a signature that differs at every reading. "
        "Three events of the chat arrive.",
        expected="The service recognises each file by its address without the signature: one object per file.",
        steps=(
            *do.one_chat(
                do.switch(
                    "CMI will list no ids, and addresses with changing signatures",
                    "cmi",
                    attachment_id_listed=False,
                    attachment_url_signed="each_reading",
                )
            ),
            do.event_again("A second event: the chat is read again"),
            do.settled(),
            do.event_again("A third event"),
            do.settled(),
        ),
        checks=(
            see.deliveries("delivered", "delivered", "delivered"),
            see.one_transfer(),
            see.rounds_exactly(3),
            *see.all_arrived(uploads_per_file=1),
        ),
    ),
    Scenario(
        id="retry-after-date",
        title="CMI sends Retry-After as a date",
        happens="CMI answers 503 once; its Retry-After is an HTTP date ten minutes ahead, not a number of seconds.",
        expected="The service does not retry before that time, then transfers the file.",
        steps=do.one_chat(
            do.fault(
                "CMI will answer 503 with a date ten minutes ahead",
                "download",
                "status",
                params={"status": 503, "retry_after_s": TEN_MINUTES_S, "retry_after_form": "date"},
            ),
            end=do.time_passes(),
        ),
        checks=(see.fault_applied(), see.passed(TEN_MINUTES_S - 10), see.rounds(2), *see.all_arrived()),
    ),
    Scenario(
        id="c4c-locked-german",
        title="C4C reports the lock in German",
        happens="A colleague is saving to the same activity; C4C refuses the upload in its user’s language, German.",
        expected="The service waits as it does for the English text, and stores every file once.",
        steps=(
            *do.one_chat(
                do.switch(
                    "C4C will answer in German, whatever language is requested",
                    "c4c",
                    user_language="de",
                    language_asked_by=[],
                ),
                do.colleague_saves(),
                end=do.colleague_done(),
            ),
            do.time_passes(),
        ),
        checks=(see.refused(), *see.all_arrived()),
    ),
    Scenario(
        id="pages-overlap",
        title="C4C lists one object on two pages",
        happens="The answer to an upload is lost, and the pages of C4C’s list overlap: one object is on two of them.",
        expected="The service counts objects, not rows: it finds one copy, adopts it and needs no operator.",
        steps=do.one_chat(
            do.switch("The pages of C4C’s lists will overlap", "c4c", page_size=SHORT_PAGE, feed_pages="overlapping"),
            do.fault(
                "The answer to the third upload will be lost",
                "upload",
                "status",
                phase="after",
                skip=SHORT_PAGE,
                params={"status": 504},
            ),
            end=do.time_passes(),
        ),
        checks=(see.fault_applied(), *see.all_arrived(uploads_per_file=1)),
    ),
    Scenario(
        id="pages-of-two",
        title="C4C lists two objects a page, and the second page fails",
        happens="The answer to the last upload is lost. C4C lists two objects on a page, and the second page, where "
        "the file is, is answered 503 once.",
        expected="Half a list is no list: the service reads it again to its end, finds the file and adopts it.",
        steps=do.one_chat(
            do.switch("C4C will list two objects on a page", "c4c", page_size=SHORT_PAGE),
            do.fault(
                "The answer to the last upload will be lost",
                "upload",
                "status",
                phase="after",
                skip=FILES - 1,
                params={"status": 504},
            ),
            do.fault_on_later_pages("The second page of the next list will be answered 503"),
            end=do.time_passes(),
        ),
        checks=(see.fault_applied(2), see.rounds(2), *see.all_arrived(uploads_per_file=1)),
    ),
    Scenario(
        id="byte-changes-at-c4c",
        title="A byte changes at C4C",
        happens="A file is stored; later one of its bytes changes in C4C.",
        expected="The service does not read stored files again. The reconciliation compares both ends, names the file "
        "and the hop.",
        steps=(*do.one_chat(), do.byte_changes_at_c4c()),
        checks=(
            see.stored(FILES - 1),
            see.changed(1),
            see.objects(),
            see.invariant_broken("integrity", 1, SERVICE_TO_C4C),
        ),
    ),
    Scenario(
        id="gzip-cut",
        title="A compressed download ends early",
        happens="A gateway compresses a file without being asked, and its answer ends before the stream does, with a "
        "right Content-Length.",
        expected="The service sees that the stream has no end and downloads the file again. No part of it is stored.",
        steps=do.one_chat(
            do.fault_on_second_file(
                "The second download will be compressed, and end early", "packed", params={"damage": "cut"}
            ),
            end=do.time_passes(),
        ),
        checks=(see.fault_applied(), see.retried(), *see.all_arrived(uploads_per_file=1)),
    ),
    Scenario(
        id="error-as-file",
        title="An error is returned as a file",
        happens="Instead of one file CMI answers 200 with a JSON document that says what failed.",
        expected="The service detects that this is not the file, retries and then reports it failed. "
        "No error document is stored under the file’s name.",
        steps=do.one_chat(
            do.fault_on_second_file(
                "A JSON error will be returned for the second file",
                "status",
                times=None,
                params={
                    "status": 200,
                    "body": {"message": "Endpoint request timed out"},
                    "content_type": "application/json",
                },
            ),
            end=do.time_passes(),
        ),
        checks=(see.fault_applied(2), *see.one_missing("not-the-file")),
    ),
    Scenario(
        id="upload-drips",
        title="C4C answers an upload a few bytes at a time",
        happens=f"C4C stores a file, but its answer arrives at {SLOW_BYTES_PER_S} bytes per second.",
        expected="The service gives up after one minute of real time, checks C4C, finds the file and adopts it.",
        steps=do.one_chat(
            do.fault(
                "The answer to the first upload will drip",
                "upload",
                "drip",
                params={"bytes_per_s": SLOW_BYTES_PER_S, "part": "both"},
            ),
            end=do.time_passes(),
        ),
        checks=(see.fault_applied(), *see.all_arrived(uploads_per_file=1)),
    ),
)
