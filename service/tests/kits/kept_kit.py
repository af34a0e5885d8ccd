"""The kept databases: what a release left in the middle of its work, and the neighbours that it had.

What the files are: ``kept/README.md``. Every chat has the same two files; what became of each is in its name.
The program of the release before runs with this module, too: it takes as little from the service as it can.
"""

from __future__ import annotations

import base64
import json
import sqlite3
import subprocess
import tarfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx
from fakes import FakeC4c, FakeCmi, File, HandClock, Kept

from attachment_transfer.core.names import attachment_key, key_title

FOLDER = Path(__file__).parents[1] / "kept"

#: The key that sealed the kept secrets: for these files alone, and no secret.
SEALING_KEY = f"kept:{base64.b64encode(b'a key for the kept databases ...').decode()}"

#: 2023-11-14 22:13:20 UTC: whatever is due then is due whenever a test runs.
THEN_S = 1_700_000_000.0
#: How long the kept parked transfer can be redriven: a century.
REDRIVE_S = 100 * 365 * 86_400.0

#: One chat for each state in which an upgrade may find a transfer: its contact id.
CHATS = {
    name: f"{number:02d}{'C0DE' * 7}A0"
    for number, name in enumerate(
        (
            "stored",  # at its end
            "parked",  # C4C refused the right; its secrets are kept
            "cancelled",
            "waiting",  # C4C held a lock: round 2 is delayed
            "landed",  # killed after an upload that C4C kept: the intent is open
            "lost",  # killed before C4C got the upload: the intent is open as well
            "told",  # killed after the write-back, before the settle
            "queued",  # accepted, no round has begun
        ),
        start=1,
    )
}
OPEN = ("waiting", "landed", "lost", "told", "queued")


#: Where the kept chats are; the neighbours' own host names.
CMI_URL = f"https://{FakeCmi.host}/acme/cmi"
_PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 600


@dataclass
class ListeningCmi(FakeCmi):
    """A CMI that takes results."""

    results: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.method != "POST":
            return super().answer(request)
        self.results.append(json.loads(request.content))
        return httpx.Response(201, headers={"Location": "/acme/cmi/contactData/" + "1" * 32}, html="1" * 32)


def activity_of(name: str) -> str:
    """The C4C object of a chat."""
    return f"00163E{CHATS[name]}"[:32]


def chat_files() -> list[File]:
    return [File(id=f"f{number}", name=f"photo-{number}.png", content=_PNG + bytes([number])) for number in (1, 2)]


def titles(name: str) -> list[str]:
    """What the two files of a chat are called at C4C, where a title can be set."""
    return [
        key_title(attachment_key(cmi_url=CMI_URL, contact_id=CHATS[name], source_id=file.id)) for file in chat_files()
    ]


class Neighbours:
    """A CMI and a C4C with all the chats, for one transport."""

    def __init__(self, c4c: type[FakeC4c] = FakeC4c) -> None:
        self.cmi = ListeningCmi(files=chat_files())
        self.c4c = c4c(HandClock(THEN_S), references=[(contact, activity_of(name)) for name, contact in CHATS.items()])

    def answer(self, request: httpx.Request) -> httpx.Response:
        return self.cmi.answer(request) if request.url.host == self.cmi.host else self.c4c.answer(request)

    def held(self) -> dict[str, Any]:
        """What both hold, as JSON."""
        kept = [{**asdict(item), "content": base64.b64encode(item.content).decode()} for item in self.c4c.kept]
        return {"c4c": sorted(kept, key=lambda item: (item["parent"], item["title"])), "results": self.cmi.results}

    def put_back(self, held: dict[str, Any]) -> None:
        for item in held["c4c"]:
            self.c4c.kept.append(Kept(**{**item, "content": base64.b64decode(item["content"])}))
        self.cmi.results.extend(held["results"])


def held_by_neighbours(name: str, dialect: str) -> dict[str, Any]:
    """What C4C and CMI held when the kept database's program was killed."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.{dialect}.json").read_text(encoding="utf-8"))
    return found


def unpack_program(name: str, folder: Path) -> list[Path]:
    """Unpack the kept program; return what its Python looks for modules in."""
    with tarfile.open(FOLDER / f"{name}.program.tar.xz") as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", lambda entry, _folder: entry)
        archive.extractall(folder)
    return [folder / "service", folder / "contract_tests"]


def load_sqlite(name: str, file: Path) -> str:
    """Make a database file of a kept one; return its URL."""
    connection = sqlite3.connect(file)
    connection.executescript((FOLDER / f"{name}.sqlite.sql").read_text(encoding="utf-8"))
    connection.close()
    return f"sqlite:///{file}"


def load_postgresql(name: str, url: str, psql: Path) -> None:
    """Fill an empty database with a kept one."""
    command = [psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", FOLDER / f"{name}.postgresql.sql"]
    subprocess.run(command, check=True, capture_output=True)
