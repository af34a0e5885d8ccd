"""The judge's own rule of names and types."""

from __future__ import annotations

import pytest

from attachment_lab.reconciliation.naming import objection_to_name, objection_to_type


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("image.jpg", "image.jpg"),
        ("image.jpg", "image (2).jpg"),
        ("image.jpg", "image [0123456789abcdef01234567].jpg"),
        ("C:\\Users\\Alice\\image.jpg", "image.jpg"),
        ("a/b/contract.pdf", "contract.pdf"),
        ('offer: "final"?.pdf', "offer_ _final__.pdf"),
        ('offer: "final"?.pdf', "offer final.pdf"),
        ("\u202efdp.exe", "fdp.exe"),
        ("Ubergabe u\u0308.pdf", "Ubergabe \u00fc.pdf"),
        ("CON.txt", "_CON.txt"),
        ("...", "attachment"),
        ("\u200b.pdf", "pdf"),
        ("x" * 300 + ".jpeg", "x" * 250 + ".jpeg"),
        ("x" * 300 + ".jpeg", "x" * 246 + " (2).jpeg"),
        ("\U0001f469\u200d\U0001f467.jpg", "\U0001f469\u200d\U0001f467.jpg"),
        ("letter.averyveryverylongextension", "letter.averyveryvery (2)"),
    ],
)
def test_a_name_that_keeps_the_customers_is_permitted(sent: str, stored: str) -> None:
    assert objection_to_name(sent, stored) is None


@pytest.mark.parametrize(
    ("sent", "stored", "because"),
    [
        ("image.jpg", "photo.jpg", "letters and digits"),
        ("image.jpg", "IMAGE.jpg", "letters and digits"),
        ("image.jpg", "image3.jpg", "letters and digits"),
        ("image.jpg", "image.png", "its extension is .png"),
        ("image.jpg", "image", "its extension is missing"),
        ("image.jpg", "", "empty"),
        ("image.jpg", "../image.jpg", "U+002F"),
        ("\u202efdp.exe", "\u202efdp.exe", "direction mark U+202E"),
        ("image.jpg", "image.jpg.", "ends with a blank or a dot"),
        ("CON.txt", "CON.txt", "Windows device"),
        ("x" * 300 + ".jpeg", "x" * 300 + ".jpeg", "more than 255"),
        ("x" * 300 + ".jpeg", "y" * 250 + ".jpeg", "letters and digits"),
    ],
)
def test_a_name_that_loses_or_harms_is_refused_with_its_reason(sent: str, stored: str, because: str) -> None:
    assert because in (objection_to_name(sent, stored) or "")


@pytest.mark.parametrize(
    ("declared", "sniffed", "stored"),
    [
        ("audio/ogg; codecs=opus", "audio/ogg", "audio/ogg"),
        ("image/jpg", "image/jpeg", "image/jpeg"),
        ("", "image/png", "image/png"),
        ("application/octet-stream", "application/pdf", "application/pdf"),
        ("application/octet-stream", "application/pdf", "application/octet-stream"),
        ("image/png", "image/png", ""),
    ],
)
def test_a_type_that_keeps_the_declared_one_is_permitted(declared: str, sniffed: str, stored: str) -> None:
    assert objection_to_type(declared, sniffed, stored) is None


@pytest.mark.parametrize(
    ("declared", "sniffed", "stored"),
    [
        ("image/png", "image/png", "application/octet-stream"),
        ("application/pdf", "application/pdf", "image/jpeg"),
        ("", "image/png", "text/html"),
    ],
)
def test_another_type_is_refused(declared: str, sniffed: str, stored: str) -> None:
    assert "C4C holds it as" in (objection_to_type(declared, sniffed, stored) or "")
