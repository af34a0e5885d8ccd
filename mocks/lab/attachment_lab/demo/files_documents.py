"""Documents that a customer sends: PDF, DOCX, XLSX, a ZIP of them, and a long device log.

Every function returns the same bytes on each run: office files are zip archives, so they are repacked with fixed dates,
and the dates inside them are set, not taken from the clock.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import docx
import openpyxl
from openpyxl.worksheet.worksheet import Worksheet
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

WRITTEN_AT = datetime(2026, 11, 17, 9, 30, 0)  # noqa: DTZ001 - office files store naive UTC
_ZIP_DATE = (2026, 11, 17, 9, 30, 0)
_CHANGED = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(<)")
_JAPANESE_FONT = "HeiseiMin-W3"


def pdf(title: str, pages: Iterable[Iterable[str]], *, font: str = "Helvetica") -> bytes:
    """A PDF, one page of A4 for each inner list of lines."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1, pageCompression=1)
    canvas.setTitle(title)
    canvas.setAuthor("A customer")
    for lines in pages:
        canvas.setFont(font, 12)
        for number, line in enumerate(lines):
            canvas.drawString(60, 780 - 18 * number, line)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def contract_pdf() -> bytes:
    """A seven-page contract."""
    clause = "The buyer accepts the goods in the state described in annex {0}.{1}, subject to section {2}."
    return pdf(
        "Purchase contract 4711-0815",
        [[f"Page {p}", *(clause.format(p, n, n % 9 + 1) for n in range(1, 38))] for p in range(1, 8)],
    )


def japanese_quote_pdf() -> bytes:
    """A two-page Japanese quotation in a standard CID font (named in the file, not embedded)."""
    pdfmetrics.registerFont(UnicodeCIDFont(_JAPANESE_FONT))
    items = [f"品目 {n}　数量 {n * 2}　単価 ¥{n * 1250:,}" for n in range(1, 30)]
    return pdf(
        "見積書 2026年11月",
        [["見積書", *items], ["合計　¥1,087,500", "有効期限 2026年12月31日"]],
        font=_JAPANESE_FONT,
    )


def letter_docx() -> bytes:
    """A complaint letter with a table."""
    document = docx.Document()
    document.core_properties.created = document.core_properties.modified = WRITTEN_AT
    document.core_properties.author = document.core_properties.last_modified_by = "A customer"
    document.add_heading("Complaint about order 4711-0815", level=1)
    for number in range(1, 9):
        document.add_paragraph(f"{number}. The parcel arrived on day {number} with a dent on side {number % 6 + 1}.")
    table = document.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Item", "Damage"
    for item in ("Lamp", "Shelf", "Mirror – Größe L"):
        cells = table.add_row().cells
        cells[0].text, cells[1].text = item, "scratched"
    out = io.BytesIO()
    document.save(out)
    return _repacked(out.getvalue())


def parts_list_xlsx() -> bytes:
    """A parts list of 400 rows with a formula."""
    workbook = openpyxl.Workbook()
    workbook.properties.creator = "A customer"
    workbook.properties.created = WRITTEN_AT
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "Stückliste"
    sheet.append(["Nr", "Bezeichnung", "Menge", "Preis"])
    for row in range(1, 401):
        sheet.append([row, f"Teil {row:04d}", row % 17 + 1, round(row * 1.37, 2)])
    sheet["F1"] = "=SUM(D2:D401)"
    out = io.BytesIO()
    workbook.save(out)
    return _repacked(out.getvalue())


def archive(members: Mapping[str, bytes]) -> bytes:
    """A ZIP of these members with fixed dates; names may be Unicode."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, _ZIP_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            packed.writestr(info, content)
    return out.getvalue()


def device_log(size_bytes: int) -> Iterator[bytes]:
    """CSV lines of exactly ``size_bytes`` in total, in pieces of about 64 KiB; the last line is cut."""
    left = size_bytes
    seconds = 0
    state = 20261118
    while left > 0:
        lines = [] if seconds else ["second;sensor;celsius;checksum\r\n"]
        for _ in range(1600):
            state = (state * 1103515245 + 12345) % 2**31
            lines.append(f"{seconds};S{state % 97:02d};{state % 9000 / 100:.2f};{state:08x}{seconds:08x}\r\n")
            seconds += 1
        piece = "".join(lines).encode("ascii")[:left]
        left -= len(piece)
        yield piece


def _repacked(office: bytes) -> bytes:
    """The same office document without a trace of the clock."""
    with zipfile.ZipFile(io.BytesIO(office)) as packed:
        members = {name: packed.read(name) for name in packed.namelist()}
    stamp = WRITTEN_AT.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    core = "docProps/core.xml"
    members[core] = _CHANGED.sub(rb"\g<1>" + stamp + rb"\g<3>", members[core])
    return archive(members)
