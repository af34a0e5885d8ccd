"""Every form of an error document is read, and none of them can do harm."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import httpx
import pytest
from c4c_kit import always, post, problem
from hypothesis import given
from hypothesis import strategies as st

from attachment_transfer.clients.c4c.error_texts import error_texts, texts_of
from attachment_transfer.core import errors

pytestmark = pytest.mark.off_contract(
    judge="requests", reason="the answers are made by hand, most of them to be refused or to be odd"
)

GERMAN = "Das Objekt ist durch Benutzer MEIER gesperrt"
METADATA = "http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"
INNER = {"errordetails": [{"code": "MC/601", "message": GERMAN, "severity": "error"}]}

FORMS = {
    "JSON of OData V2": json.dumps({"error": {"code": "", "message": {"lang": "de", "value": GERMAN}}}),
    "JSON whose message is a text": json.dumps({"error": {"code": "X", "message": GERMAN}}),
    "JSON with the cause in the inner error only": json.dumps(
        {"error": {"code": "X", "message": {"value": "Ein Fehler ist aufgetreten"}, "innererror": INNER}}
    ),
    "JSON of another system": json.dumps({"fault": {"faultstring": GERMAN, "detail": {"errorcode": "x"}}}),
    "JSON that is a text": json.dumps(GERMAN),
    "JSON that is a list": json.dumps([{"message": GERMAN}]),
    "JSON with a member twice": '{"error": {"message": "Fehler", "message": "' + GERMAN + '"}}',
    "JSON that is cut off": '{"error": {"code": "", "message": {"value": "' + GERMAN,
    "JSON that is very deep": '{"a": "' + GERMAN + '", "b": ' + "[" * 5_000 + "]" * 5_000 + "}",
    "XML of OData V2": f'<?xml version="1.0" encoding="utf-8"?><error xmlns="{METADATA}"><code/>'
    f'<message xml:lang="de">{GERMAN}</message></error>',
    "XML with the cause in the inner error only": "<error><code>X</code><message>Fehler</message><innererror>"
    f"<errordetails><errordetail><message>{GERMAN}</message></errordetail></errordetails></innererror></error>",
    "XML with a part of the text after a tag": f"<error><message><b>X</b>{GERMAN}</message></error>",
    "XML that is cut off": f"<error><code/><message>{GERMAN}</mess",
    "a web page": f"<!DOCTYPE html><html><head><title>Fehler</title></head><body><p>{GERMAN}</p></body></html>",
    "a web page with the cause in its title": f"<html><title>{GERMAN}</title><script>if (a<b) {{}}</script></html>",
    "plain text": GERMAN,
}


@pytest.mark.parametrize("form", FORMS)
def test_a_lock_is_found_in_every_form_of_error(form: str) -> None:
    with pytest.raises(errors.NeighbourBusy):
        post(always(httpx.Response(400, content=FORMS[form].encode())))


@pytest.mark.parametrize("charset", ["iso-8859-1", "utf-16", "no-such-charset", "iso-no-such"])
def test_a_text_in_another_charset_is_read(charset: str) -> None:
    text = "Die Aktivität ist gesperrt"
    body = text.encode("cp1252" if "no-such" in charset else charset)
    headers = {"Content-Type": f"text/plain; charset={charset}"}
    with pytest.raises(errors.NeighbourBusy, match="Aktivität"):
        post(always(httpx.Response(400, content=body, headers=headers)))


@pytest.mark.parametrize(
    ("document", "quote"),
    [
        (FORMS["JSON of OData V2"], GERMAN),
        (FORMS["XML of OData V2"], GERMAN),
        (FORMS["JSON with the cause in the inner error only"], f"Ein Fehler ist aufgetreten / {GERMAN}"),
        (FORMS["a web page"], f"Fehler / {GERMAN}"),
        ("Bad\r\n\tRequest\x00 \u202edesrever", "Bad Request desrever"),
        (f"<html><body><p>{GERMAN}</p></body></html>", GERMAN),
        (f"<html><script>a<b</script>{GERMAN}<script>c</script> am Ende</html>", f"{GERMAN} am Ende"),
        (f"<html>{GERMAN}<script>without an end", GERMAN),
        (f"<html><title>{'x' * 70_000}</title>", "x" * 200),
        ('{"error": {"message": "a\\tb' + "\t" + 'c", "broken', "a b c / broken"),
        ("<error><message>a<b>c</b>d</message></error>", "a"),
        ('{"error": "Authorization: Basic djF1c2VyOldvcmQ= is wrong"}', "Authorization: Basic … is wrong"),
        ("", ""),
    ],
)
def test_what_is_quoted_is_one_printable_line_of_the_message_and_its_detail(document: str, quote: str) -> None:
    assert texts_of(document.encode()).quote == quote


def test_a_remedy_names_what_c4c_said_and_guesses_nothing() -> None:
    answer = httpx.Response(400, json={"error": {"message": {"value": "The activity is completed"}}})
    with pytest.raises(errors.UploadQuestioned) as caught:
        post(always(answer))
    assert caught.value.remedy.startswith('C4C said: "The activity is completed".')
    assert "MIME" not in caught.value.remedy


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(415),
        httpx.Response(400, json={"error": {"message": {"value": "MIME type application/x-msdownload not allowed"}}}),
    ],
)
def test_allowed_mime_types_are_named_where_status_or_text_says_so(answer: httpx.Response) -> None:
    with pytest.raises(errors.TransferError) as caught:
        post(always(answer))
    assert "Check C4C's allowed MIME types" in caught.value.remedy


@pytest.mark.parametrize(
    ("status", "words", "remedy"),
    [
        (409, "conflicts with the present state of the activity", "by hand"),
        (412, "a condition is missing or not met", "If-Match"),
        (413, "the file is too large", "MAX_ATTACHMENT_BYTES"),
        (404, "does not show the activity", "still exists in C4C"),
        (400, "C4C answered 400", "gave no reason"),
    ],
)
def test_an_answer_without_a_body_has_its_own_words_and_remedy(status: int, words: str, remedy: str) -> None:
    with pytest.raises(errors.TransferError) as caught:
        post(always(httpx.Response(status)))
    assert words in caught.value.message
    assert remedy in caught.value.remedy


class Drip(httpx.SyncByteStream):
    """One byte at a time, without an end."""

    def __init__(self, byte: bytes = b"x") -> None:
        self.byte = byte
        self.sent = 0

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self.sent += 1
            yield self.byte


def test_an_error_that_drips_is_read_for_ten_seconds() -> None:
    seconds = count()
    drip = Drip()
    error_texts(httpx.Response(400, stream=drip), lambda: float(next(seconds)))
    assert drip.sent <= 11


def test_an_error_without_an_end_is_read_up_to_256_kib() -> None:
    drip = Drip(b"x" * 65_536)
    found = error_texts(httpx.Response(400, stream=drip), lambda: 0.0)
    assert drip.sent == 4
    assert found.quote == "x" * 200


def test_a_packed_error_is_not_unpacked() -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    response = httpx.Response(400, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(bomb))
    assert error_texts(response, lambda: 0.0).everything == ()


def test_an_error_that_breaks_off_is_read_as_far_as_it_came() -> None:
    class Broken(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield GERMAN.encode()
            raise httpx.ReadError("connection reset")

    assert error_texts(httpx.Response(400, stream=Broken()), lambda: 0.0).quote == GERMAN


@pytest.mark.parametrize(
    "document",
    [
        "[" * 200_000,
        '{"a":' * 50_000,
        "<a>" * 80_000,
        "<" * 250_000,
        "<script>" * 30_000,
        "<!--" * 60_000,
        "<html>" + "<title" * 40_000,
        '{"' + '\\"' * 120_000,
        '["' + "\\",
        " " * 250_000,
        "&" * 250_000,
        "{" + '"locked": false, ' * 10,
        '<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;">]><a>&z;</a>',
        '<?xml version="1.0" encoding="no-such"?><a/>',
        '{"error": NaN}',
        "\ufeff{}",
        "\x00\xff",
    ],
)
def test_a_hostile_document_is_read_in_time_without_an_error(document: str) -> None:
    """It would not end if a pattern took time that grows with the square of the text."""
    found = texts_of(document.encode("utf-8"))
    assert all(isinstance(text, str) for text in found.everything)
    assert len(found.everything) <= 400


@given(st.one_of(st.binary(max_size=400), st.text(alphabet='<>{}[]":\\/ab&;!-?', max_size=400).map(str.encode)))
def test_no_bytes_make_the_reader_fail(document: bytes) -> None:
    found = texts_of(document, charset="utf-16")
    assert found.quote.isprintable()
    assert len(found.quote) <= 200


def test_a_refusal_quotes_c4cs_words_and_not_more_than_200_of_them() -> None:
    text = "Attachment type not allowed. " * 50
    with pytest.raises(errors.UploadQuestioned) as caught:
        post(always(problem(400, {"error": {"message": {"value": text}}})))
    assert "Attachment type not allowed." in caught.value.message
    assert len(caught.value.message) < 240


def test_a_refusal_in_broken_characters_can_still_be_written_down() -> None:
    content = json.dumps({"error": {"message": {"value": "half \ud83d, zero \x00, \u202eturned"}}})
    with pytest.raises(errors.UploadQuestioned) as caught:
        post(always(httpx.Response(400, content=content)))
    assert caught.value.message == 'C4C answered 400; it said: "half , zero , turned"'
    caught.value.message.encode()


@pytest.mark.parametrize("document", [[], {"error": []}, {"error": {"message": []}}, {"error": {"code": "X/1"}}, ""])
def test_an_error_without_words_is_classified_by_its_status(document: Any) -> None:
    with pytest.raises(errors.UploadQuestioned) as caught:
        post(always(problem(400, document)))
    assert caught.value.message == "C4C answered 400"
    assert "gave no reason" in caught.value.remedy
