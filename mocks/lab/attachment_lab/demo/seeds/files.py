"""The files of the demo's customers, by the names that customers.toml uses; built once, the same bytes each time."""

from __future__ import annotations

from pathlib import Path

from attachment_lab.demo import files_documents as documents
from attachment_lab.demo import files_media as media
from attachment_lab.demo.files import CustomerFile, Recipe, built
from attachment_lab.demo.seeds import pictures

#: Raise it when a builder changes.
EDITION = 2
_JPEG, _PDF = "image/jpeg", "application/pdf"
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def seed_files(directory: Path) -> dict[str, CustomerFile]:
    """All files by their key in customers.toml, built into ``directory`` unless they are there."""
    made = built(directory, tuple(RECIPES.values()), edition=EDITION)
    return dict(zip(RECIPES, made, strict=True))


def _letter(title: str, *lines: str) -> bytes:
    return documents.pdf(title, [[title, "", *lines]])


def _contract() -> bytes:
    terms = [
        f"§ {n}  Der Auftragnehmer wartet die Anlage einmal im Jahr, Ziffer {n}.{n % 4 + 1}." for n in range(1, 30)
    ]
    return documents.pdf(
        "Wartungsvertrag WV-2021-118", [["Wartungsvertrag WV-2021-118", "", *terms], ["Unterschriften"]]
    )


def _invoice() -> bytes:
    return _letter(
        "Lasku 2026-4471",
        "Pohjolan Huolto Oy, Hämeenkatu 12, 33100 Tampere",
        "Asiakas: Mikko Lahtinen",
        "",
        "Ilmalämpöpumpun huolto 12.11.2026          189,00 EUR",
        "Ilmalämpöpumpun huolto 12.11.2026          189,00 EUR",
        "",
        "Yhteensä                                              378,00 EUR",
    )


def _papers() -> bytes:
    return documents.archive(
        {
            "claim/photo.jpg": pictures.snapshot(pictures.damaged_parcel, wall="#9b948a", seed=31),
            "claim/receipt.pdf": _letter("Receipt 7741", "Kettle, brushed steel        GBP 54.00"),
            "claim/notes.txt": b"Delivered 09:10, box open at one corner, kettle dented.\n",
        }
    )


def _manual() -> bytes:
    errors = [
        f"F.{n}  {'No ignition' if n == 28 else 'Sensor out of range'}: switch off, wait a minute, call us."
        for n in range(20, 40)
    ]
    return documents.pdf("Kompakt 24, manual", [["Nordwarm Kompakt 24", "", *errors], ["Warranty: two years."]])


RECIPES: dict[str, Recipe] = {
    "boiler-display": Recipe(
        "boiler-display.jpg", "IMG-20261112-WA0003.jpg", _JPEG,
        lambda: pictures.snapshot(pictures.boiler_display, wall="#8d8f8c", seed=11),
    ),
    "rating-plate": Recipe(
        "rating-plate.jpg", "Typenschild.jpg", _JPEG,
        lambda: pictures.snapshot(pictures.rating_plate, wall="#e9e9e4", seed=12),
    ),
    "service-contract": Recipe("service-contract.pdf", "Wartungsvertrag WV-2021-118.pdf", _PDF, _contract),
    "pump-video": Recipe("pump.mp4", "VID-20261114-WA0001.mp4", "video/mp4", lambda: media.video(2)),
    "pump-voice": Recipe("pump.ogg", "PTT-20261114-WA0002.ogg", "audio/ogg; codecs=opus", lambda: media.voice_note(4)),
    "appointment": Recipe(
        "appointment.pdf", "Terminbestätigung.pdf", _PDF,
        lambda: _letter("Terminbestätigung", "Donnerstag, 19. November 2026, 8 bis 10 Uhr", "Techniker: Herr Yilmaz"),
    ),
    "parts-list": Recipe("parts.xlsx", "Ersatzteile Kompakt 24.xlsx", _XLSX, documents.parts_list_xlsx),
    "puddle": Recipe(
        "puddle.jpg", "IMG-20261120-WA0000.jpg", _JPEG,
        lambda: pictures.snapshot(pictures.puddle, wall="#d6d2c8", seed=13)
    ),
    "invoice-fi": Recipe("invoice.pdf", "Lasku 2026-4471.pdf", _PDF, _invoice),
    "bank-screenshot": Recipe("bank.png", "Näyttökuva 2026-11-13.png", "image/png", pictures.bank_screenshot),
    "meter-day": Recipe(
        "meter-day.jpg", "mittari_päivä.jpg", _JPEG,
        lambda: pictures.snapshot(pictures.electricity_reading("041187", "#b9cfae"), wall="#c4c0b6", seed=14),
    ),
    "meter-night": Recipe(
        "meter-night.jpg", "mittari_yö.jpg", _JPEG,
        lambda: pictures.snapshot(pictures.electricity_reading("039204", "#7f9a76"), wall="#6f6d68", seed=15),
    ),
    "install-site": Recipe(
        "install-site.jpg", "asennuspaikka.jpg", _JPEG,
        lambda: pictures.snapshot(pictures.install_site, wall="#7c3b29", seed=16),
    ),
    "damaged-parcel": Recipe(
        "damaged-parcel.jpg", "IMG_2291.jpg", _JPEG,
        lambda: pictures.snapshot(pictures.damaged_parcel, wall="#a39c92", seed=17),
    ),
    "delivery-note": Recipe(
        "delivery-note.pdf", "delivery note 7741.pdf", _PDF,
        lambda: _letter("Delivery note 7741", "1 x Kettle K-200, brushed steel", "Parcel 1 of 1, 2.4 kg"),
    ),
    "claim-papers": Recipe("claim.zip", "insurance claim.zip", "application/zip", _papers),
    "claim-letter": Recipe("claim.docx", "Letter to claims.docx", _DOCX, documents.letter_docx),
    "manual": Recipe("manual.pdf", "Kompakt 24 manual.pdf", _PDF, _manual),
    "wrong-plug": Recipe(
        "wrong-plug.jpg", "IMG_2307.jpg", _JPEG, lambda: pictures.snapshot(pictures.wrong_plug, wall="#d9cbb8", seed=18)
    ),
}  # fmt: skip
