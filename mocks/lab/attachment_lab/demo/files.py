"""Files like those that customers send in a chat, built at run time, the same bytes on each run.

They are built and not stored: samples would add 50 MB to the repository. The set has what is hard for an integration:
megabytes of noise that do not compress, an empty file, 25 MB, two different files of one name, names in other scripts
and hostile names.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from attachment_lab.demo import files_documents as documents
from attachment_lab.demo import files_images as images
from attachment_lab.demo import files_media as media

LARGE_FILE_BYTES = 25 * 1024 * 1024
MANIFEST = "manifest.json"
_EDITION = 1
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class CustomerFile:
    """One file on a customer's device.

    Attributes:
        name: as the device sends it; it may contain path and control characters, so it is never used as a path.
        content_type: MIME type as the device declares it.
        path: of the bytes; its name is our own and always safe.
        originator_type: the sender, as Contact Pro calls it.
    """

    name: str
    content_type: str
    path: Path
    originator_type: Literal["customer"] = "customer"


@dataclass(frozen=True)
class Recipe:
    """How one file is built; ``stored_as`` is its safe name on disk."""

    stored_as: str
    name: str
    content_type: str
    build: Callable[[], bytes | Iterable[bytes]]


def customer_files(directory: Path) -> list[CustomerFile]:
    """Build the files into ``directory``, or reuse those there if all their digests still match."""
    return built(directory, _RECIPES)


def built(directory: Path, recipes: Sequence[Recipe], *, edition: int = _EDITION) -> list[CustomerFile]:
    """The recipes' files in ``directory``, built there unless all their digests still match.

    ``edition`` must be raised when a builder changes, so that a cached folder is rebuilt.
    """
    directory.mkdir(parents=True, exist_ok=True)
    if not _is_complete(directory, recipes, edition):
        _build(directory, recipes, edition)
    return [CustomerFile(r.name, r.content_type, directory / r.stored_as) for r in recipes]


def sha256_of(path: Path) -> str:
    """Hex digest of a file, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _build(directory: Path, recipes: Sequence[Recipe], edition: int) -> None:
    """Each file is moved into place when complete, the manifest last: a build that was killed is repeated."""
    entries = []
    with tempfile.TemporaryDirectory(dir=directory, prefix=".building-") as scratch:
        for recipe in recipes:
            fresh = Path(scratch, recipe.stored_as)
            _write(fresh, recipe.build())
            entries.append({"file": recipe.stored_as, "bytes": fresh.stat().st_size, "sha256": sha256_of(fresh)})
        (manifest := Path(scratch, MANIFEST)).write_text(json.dumps({"recipe": edition, "files": entries}, indent=1))
        for recipe in recipes:
            Path(scratch, recipe.stored_as).replace(directory / recipe.stored_as)
        manifest.replace(directory / MANIFEST)


def _write(path: Path, content: bytes | Iterable[bytes]) -> None:
    with path.open("wb") as stream:
        stream.writelines([content] if isinstance(content, bytes) else content)


def _is_complete(directory: Path, recipes: Sequence[Recipe], edition: int) -> bool:
    try:
        manifest: dict[str, Any] = json.loads((directory / MANIFEST).read_text())
        digests = {entry["file"]: entry["sha256"] for entry in manifest["files"]}
        return manifest["recipe"] == edition and all(
            digests.get(r.stored_as) == sha256_of(directory / r.stored_as) for r in recipes
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _papers() -> bytes:
    return documents.archive(
        {
            "Unterlagen/Vertrag.pdf": documents.contract_pdf(),
            "Unterlagen/Foto.jpg": images.small_picture(seed=3),
            "Unterlagen/Übersicht.xlsx": documents.parts_list_xlsx(),
        }
    )


def _log() -> Iterator[bytes]:
    return documents.device_log(LARGE_FILE_BYTES)


def _invoice() -> bytes:
    return documents.pdf("Invoice", [["Invoice 2026-118", "Total 119,00 EUR"]])


_RECIPES: tuple[Recipe, ...] = (
    Recipe("01-photo.jpg", "IMG_20261118_142233.jpg", "image/jpeg", images.photograph),
    Recipe("02-screenshot.png", "Screenshot 2026-11-18 at 14.25.07.png", "image/png", images.screenshot),
    Recipe("03-contract.pdf", "Kaufvertrag & Übergabe (final).pdf", "application/pdf", documents.contract_pdf),
    Recipe("04-letter.docx", "Reklamation.docx", _DOCX, documents.letter_docx),
    Recipe("05-parts.xlsx", "Stückliste.xlsx", _XLSX, documents.parts_list_xlsx),
    Recipe("06-voice.ogg", "PTT-20261118-WA0004.ogg", "audio/ogg; codecs=opus", media.voice_note),
    Recipe("07-video.mp4", "VID-20261118-WA0007.mp4", "video/mp4", media.video),
    Recipe("08-papers.zip", "Unterlagen.zip", "application/zip", _papers),
    Recipe("09-log.csv", "device-log 2026-11.csv", "text/csv", _log),
    Recipe("10-empty.txt", "leer.txt", "text/plain", lambda: b""),
    Recipe("11-image.jpg", "image.jpg", "image/jpeg", lambda: images.small_picture(seed=1)),
    Recipe("12-image.jpg", "image.jpg", "image/jpeg", lambda: images.small_picture(seed=2)),
    Recipe("13-quote.pdf", "見積書 2026年11月.pdf", "application/pdf", documents.japanese_quote_pdf),
    Recipe("14-hostile.pdf", "../\u202efdp.فاتورة\\..\\rechnung.pdf", "application/pdf", _invoice),
)
