"""Crash points: off in production, proven by what is wired; in the lab each strikes once."""

from __future__ import annotations

import base64
import json
import signal
from pathlib import Path

import httpx
import pytest

from attachment_transfer.clients.outbound.transport import OutboundTransport
from attachment_transfer.ingress.app import EXTENSION
from attachment_transfer.ledger.database import open_database
from attachment_transfer.ledger.round_store import RoundStore
from attachment_transfer.runtime import api_process
from attachment_transfer.runtime.common import crash_points_of, outbound_policy
from attachment_transfer.runtime.crash_points import CrashingTransport, CrashPoints, after_commit, before_commit
from attachment_transfer.runtime.round_wiring import round_store_of, way_out_of
from attachment_transfer.runtime.setting_kinds import BadSettings
from attachment_transfer.runtime.settings import Settings

PRODUCTION = {"ATTACHMENT_TRANSFER_SEALING_KEYS": f"k1:{base64.b64encode(bytes(32)).decode()}"}
FILE = "ATTACHMENT_TRANSFER_LAB_CRASH_FILE"
UPLOAD = "POST /sap/c4c/odata/v1/chatactivity/ChatActivityCollection('1')/ChatActivityAttachment"


def settings(folder: Path, **more: str) -> Settings:
    return Settings.from_env({**PRODUCTION, "DATABASE_URL": f"sqlite:///{folder / 'a.db'}", **more})


def plan(file: Path, *, when: str = "before", effect: str = "*", do: str = "kill") -> None:
    file.write_text(json.dumps({"when": when, "effect": effect, "do": do}))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "crash.json"


@pytest.fixture
def sent() -> list[int]:
    return []


@pytest.fixture
def points(file: Path, sent: list[int]) -> CrashPoints:
    return CrashPoints(file, send=sent.append)


def test_production_refuses_the_setting(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="production has no crash points"):
        settings(tmp_path, **{FILE: "/tmp/crash.json"})


def test_production_wires_nothing_of_it_though_a_file_lies_there(tmp_path: Path, file: Path) -> None:
    plan(file)
    production = settings(tmp_path)
    assert crash_points_of(production) is None
    assert type(round_store_of(production, open_database(production.database_url), lambda: 0.0)) is RoundStore
    assert type(way_out_of(production, outbound_policy(production, ()))) is OutboundTransport
    ingress = api_process.ingress_app(production).extensions[EXTENSION]
    for function in (ingress.enqueue, ingress.wake_worker):
        assert "crash" not in function.__module__


def test_lab_mode_alone_wires_nothing_of_it_either(tmp_path: Path) -> None:
    assert crash_points_of(settings(tmp_path, ATTACHMENT_TRANSFER_LAB_MODE="1")) is None


def test_the_lab_wires_it_with_a_file(tmp_path: Path, file: Path) -> None:
    lab = settings(tmp_path, ATTACHMENT_TRANSFER_LAB_MODE="1", **{FILE: str(file)})
    assert type(round_store_of(lab, open_database(lab.database_url), lambda: 0.0)) is not RoundStore
    assert type(way_out_of(lab, outbound_policy(lab, ()))) is CrashingTransport


@pytest.mark.parametrize(("do", "number"), [("kill", signal.SIGKILL), ("stop", signal.SIGSTOP)])
def test_a_point_strikes_once(points: CrashPoints, file: Path, sent: list[int], do: str, number: int) -> None:
    plan(file, when="after", effect="POST */*Attachment", do=do)
    for _ in range(3):
        with points.around(UPLOAD):
            assert sent in ([], [number])
    assert sent == [number]
    assert not file.exists()


@pytest.mark.parametrize("planned", ["", "{", "[]", '{"when": "before"}', '{"when": 1, "effect": 2, "do": 3}'])
def test_a_file_that_says_nothing_strikes_nothing(
    points: CrashPoints, file: Path, sent: list[int], planned: str
) -> None:
    file.write_text(planned)
    points.passing("before", UPLOAD)
    assert sent == []


def test_the_transport_strikes_before_the_request_leaves_and_after_its_answer(
    points: CrashPoints, file: Path, sent: list[int]
) -> None:
    seen: list[list[int]] = []

    class Neighbour(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            seen.append(list(sent))
            return httpx.Response(200)

    client = httpx.Client(transport=CrashingTransport(Neighbour(), points))
    plan(file, effect="GET /a")
    client.get("https://h.example/a")
    plan(file, when="after", effect="GET /a")
    client.get("https://h.example/a")
    assert seen == [[signal.SIGKILL], [signal.SIGKILL]]
    assert sent == [signal.SIGKILL, signal.SIGKILL]


def test_the_two_points_of_the_accept_are_inside_and_after_the_transaction(
    points: CrashPoints, file: Path, sent: list[int]
) -> None:
    done: list[str] = []
    enqueue = before_commit(lambda *_: done.append("enqueued"), points)
    wake = after_commit(lambda: done.append("woken"), points)
    plan(file, effect="ledger accept")
    enqueue(None, None, 0.0)  # type: ignore[arg-type]  # passed on as they are
    assert (done, len(sent)) == (["enqueued"], 1)
    plan(file, when="after", effect="ledger accept")
    wake()
    assert (done, len(sent)) == (["enqueued", "woken"], 2)
