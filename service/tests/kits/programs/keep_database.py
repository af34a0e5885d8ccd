"""Keep this tree's program, and databases as it leaves them in the middle of its work, for tests of the next release.

    keep_database.py NAME

writes ``kept/NAME.sqlite.sql``, ``.postgresql.sql``, a ``.json`` beside each, and ``.program.tar.xz``; what they are:
``kept/README.md``. Run it in the tree of the release that is to be kept, before anything of the next is written; NAME
is its schema's step, such as ``step_0002``. The clock is the kit's, so that no date moves; nonces and the order of rows
differ each time.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import tarfile
import threading
import time
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parents[1]))

import httpx
from fakes import FakeC4c, counting_ids
from kept_kit import CHATS, FOLDER, REDRIVE_S, SEALING_KEY, THEN_S, Neighbours, activity_of
from ledger_kit import CALLER, a_request
from worker_kit import governor

from attachment_lab.testing.postgres import binaries, running_server
from attachment_transfer.core.dialect import read_dialect
from attachment_transfer.core.hosts import parse_patterns
from attachment_transfer.core.policy import Policy
from attachment_transfer.core.states import TransferState
from attachment_transfer.engine import schema as durable
from attachment_transfer.engine.engine_clock import use_clock
from attachment_transfer.engine.queue import RoundQueue
from attachment_transfer.engine.worker import EngineWorker, QueueLimits
from attachment_transfer.ledger import views
from attachment_transfer.ledger.accept import accept
from attachment_transfer.ledger.database import open_database
from attachment_transfer.ledger.refusals import Refusals
from attachment_transfer.ledger.round_store import RoundStore
from attachment_transfer.ledger.schema import migrate
from attachment_transfer.ledger.sealing import KeyRing
from attachment_transfer.runtime import common, logs
from attachment_transfer.runtime.settings import DEFAULT_ALLOWED_HOSTS, shipped_dialect
from attachment_transfer.worker.attempt import AttemptRules
from attachment_transfer.worker.calls import CredentialWatch
from attachment_transfer.worker.carry import AttachmentCarrier
from attachment_transfer.worker.inspection import Inspector
from attachment_transfer.worker.neighbours import ClientFactory, Limits
from attachment_transfer.worker.prefetch import Prefetcher
from attachment_transfer.worker.rounds import Rounds
from attachment_transfer.worker.write_back import WriteBack

WAIT_S = 60.0


class BusyC4c(FakeC4c):
    """Refuses, locks, keeps and hangs by chat. ``hanging``: the chats whose round will never go on."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.hanging: set[str] = set()

    def _post(self, request: httpx.Request) -> httpx.Response:
        parent = request.url.path.split("('")[1].split("')")[0]
        name = next(name for name in CHATS if activity_of(name) == parent)
        if name == "parked":
            return self._error(403, "no authorization")
        if name == "waiting":
            return self._error(400, "Object is locked by user MARY")
        if name == "lost":
            hang(self, name)
        answer = super()._post(request)
        if name == "landed":
            hang(self, name)
        return answer


def hang(c4c: BusyC4c, name: str) -> None:
    c4c.hanging.add(name)
    threading.Event().wait()


def until(happened: object) -> None:
    ends_s = time.monotonic() + WAIT_S
    while not happened():  # type: ignore[operator]
        if time.monotonic() > ends_s:
            raise SystemExit("keep_database: waited in vain")
        time.sleep(0.05)


class Day:
    """The release's program, from its migration to the moment at which it is killed."""

    def __init__(self, url: str) -> None:
        self.url, self.engine = url, open_database(url)
        self.keys = KeyRing.parse(SEALING_KEY)
        self.master_keys = [key for _, key in self.keys.keys]
        self.neighbours = Neighbours(BusyC4c)
        self.ids: dict[str, str] = {}
        self.new_id = counting_ids()
        migrate(self.engine)
        durable.migrate(url, self.engine)
        self.enqueue = common.enqueuer(RoundQueue(self.engine, self.master_keys))
        self.book = RoundStore(
            self.engine, keys=self.keys, now_s=lambda: THEN_S, new_id=self.new_id, redrive_s=REDRIVE_S
        )

    def live(self) -> None:
        for name in ("cancelled", "stored", "parked", "waiting"):
            self.end_chat(name)
        views.cancel(self.engine, self.ids["cancelled"], now_s=THEN_S)
        with patch.object(self.book, "finish", self.finish_unless_told):
            self.start_worker()
            until(lambda: self.states("stored", "parked", "waiting") == ["settled", "parked", "waiting"])
            for name in ("landed", "lost", "told"):
                self.end_chat(name)
            until(lambda: self.hanging == {"landed", "lost", "told"})
            self.end_chat("queued")  # all three places are taken: nobody claims it

    @property
    def hanging(self) -> set[str]:
        assert isinstance(self.neighbours.c4c, BusyC4c)
        return self.neighbours.c4c.hanging

    def end_chat(self, name: str) -> None:
        accepted = accept(
            self.engine,
            a_request(contact_id=CHATS[name]),
            caller=CALLER,
            keys=self.keys,
            enqueue=self.enqueue,
            now_s=THEN_S,
            new_id=self.new_id,
        )
        self.ids[name] = accepted.transfer_id

    def states(self, *names: str) -> list[TransferState]:
        found = [views.find_transfer(self.engine, self.ids[name], caller=None) for name in names]
        return [transfer.state for transfer in found if transfer]

    def finish_unless_told(self, transfer_id: str, *rest: object) -> bool:
        if transfer_id == self.ids.get("told"):
            assert isinstance(self.neighbours.c4c, BusyC4c)
            hang(self.neighbours.c4c, "told")
        return RoundStore.finish(self.book, transfer_id, *rest)  # type: ignore[arg-type]

    def start_worker(self) -> None:
        embedded = self.engine.dialect.name == "sqlite"
        EngineWorker(
            url=self.url,
            engine=self.engine,
            master_keys=self.master_keys,
            runner=self.rounds(),
            limits=QueueLimits(per_worker=3, per_tenant=3, poll_s=0.05),
            executor_id="embedded" if embedded else "worker-of-the-release-before",
        ).launch()

    def rounds(self) -> Rounds:
        limits, transport = Limits(), httpx.MockTransport(self.neighbours.answer)
        refusals = Refusals(self.engine, key=self.master_keys[0], now_s=lambda: THEN_S, park_s=1_800.0)
        client_factory = ClientFactory(
            lambda: transport,
            dialect=read_dialect(shipped_dialect()),
            limits=limits,
            governor=governor(self.neighbours.c4c.clock),
            watch=CredentialWatch(refusals),
            now_s=lambda: THEN_S,
            hosts_of=lambda _caller: parse_patterns(DEFAULT_ALLOWED_HOSTS),
        )
        rules = AttemptRules(
            store=self.book,
            limits=limits,
            settle_s=30.0,
            verify_digest=False,
            now_s=lambda: THEN_S,
            monotonic_s=time.monotonic,
            inspector=Inspector(Policy(max_bytes=limits.attachment_bytes)),
            prefetcher=Prefetcher(most_bytes=0, patience_s=0.0),
        )
        carrier = AttachmentCarrier(rules, jitter=lambda: 1.0)
        return Rounds(
            self.book,
            client_factory,
            carrier,
            enqueue=self.enqueue,
            now_s=lambda: THEN_S,
            jitter=lambda: 1.0,
            write_back=WriteBack(self.book),
        )


def live(url: str) -> None:
    """What the killed process does. Prints what the neighbours hold."""
    logs.configure("json")
    use_clock(lambda: THEN_S)
    day = Day(url)
    day.live()
    print(json.dumps(day.neighbours.held(), indent=1))
    sys.stdout.flush()
    os._exit(0)


def keep(name: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, running_server() as server:
        file = Path(folder) / "kept.db"
        write(name, "sqlite", lived(f"sqlite:///{file}"), sqlite_dump(file))
        url = server.database("kept")
        write(name, "postgresql", lived(url), postgresql_dump(url))
    keep_program(name, Path(__file__).parents[4])


def keep_program(name: str, root: Path) -> None:
    """What of the tree ``root`` runs in production, the same bytes each time."""
    with tarfile.open(FOLDER / f"{name}.program.tar.xz", "w:xz", preset=9) as archive:
        for package in ("service/attachment_transfer", "contract_tests/attachment_contract"):
            for file in sorted((root / package).rglob("*")):
                if file.is_file() and "__pycache__" not in file.parts:
                    archive.add(file, str(file.relative_to(root)), filter=_without_origin)


def _without_origin(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.mtime = entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o644
    return entry


def lived(url: str) -> str:
    done = subprocess.run([sys.executable, __file__, "--live", url], check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def write(name: str, dialect: str, held: str, dump: str) -> None:
    (FOLDER / f"{name}.{dialect}.json").write_text(held, encoding="utf-8")
    (FOLDER / f"{name}.{dialect}.sql").write_text(dump, encoding="utf-8")


def sqlite_dump(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        return "\n".join(connection.iterdump()) + "\n"


def postgresql_dump(url: str) -> str:
    found = binaries()
    assert found
    command = [found / "pg_dump", "--no-owner", "--no-privileges", "--inserts", url]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    # Newer releases frame a dump with a random word; older psql does not know the command.
    return re.sub(r"(?m)^(\\(un)?restrict .*|-- Dumped (from|by) .*)\n", "", text)


if __name__ == "__main__":
    if sys.argv[1] == "--live":
        live(sys.argv[2])
    keep(sys.argv[1])
