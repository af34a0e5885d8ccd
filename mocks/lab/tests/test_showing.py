"""What a person reads: names, refusals, the demo's table, the command line's errors."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from rich.console import Console
from rich.table import Table
from rich.text import Text

from attachment_lab.__main__ import run
from attachment_lab.cli import common
from attachment_lab.clients.json_client import refusal
from attachment_lab.demo.assumptions import RISKIEST, Assumption, by_risk
from attachment_lab.demo.run import AttachmentRow, DemoResult
from attachment_lab.demo.view import show
from attachment_lab.names import human_size, shown
from attachment_lab.reconciliation.records import ReconciliationVerdict, Violation

ROW = AttachmentRow(
    chat="C",
    name="a.pdf",
    size_bytes=12,
    cmi_sha256="a" * 64,
    c4c_sha256="a" * 64,
    c4c_object_id="O1",
    outcome="stored",
)


def printed(result: DemoResult, *, all_assumptions: bool = False, kept: bool = False) -> str:
    written = io.StringIO()
    show(result, Console(file=written, width=160), all_assumptions=all_assumptions, kept=kept)
    return written.getvalue()


@pytest.fixture(autouse=True)
def no_virtual_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder without ``.venv``, where the command is typed by its name."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_next_command_is_typed_as_it_is_found(
    no_virtual_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(no_virtual_environment))
    program = no_virtual_environment / ".venv" / "bin" / "attachment-lab"
    program.parent.mkdir(parents=True)
    program.touch()
    text = " ".join(printed(DemoResult(rows=(ROW,), verdict=ReconciliationVerdict(), assumptions=())).split())
    assert "next: `.venv/bin/attachment-lab" in text


def guesses() -> list[Assumption]:
    """Eight assumptions of two systems; the first ones by name are the least risky."""
    return [
        Assumption(
            mock=("cmi", "c4c")[number % 2],
            id=f"g{number}",
            label="inferred" if number < 2 else "assumed",
            behaviour=f"behaviour {number}",
            switch=None,
            hits=number,
        )
        for number in range(1, 9)
    ]


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("Übergabe (final).pdf", "Übergabe (final).pdf"),
        ("見積書.pdf", "見積書.pdf"),
        ("\u202efdp.exe", "\\u202efdp.exe"),
        ("a\x1b[31mb\n", "a\\u001b[31mb\\u000a"),
        ("\u2028", "\\u2028"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_a_name_cannot_act_on_its_reader(name: str, seen: str) -> None:
    assert shown(name) == seen


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (None, "–"),
        (0, "0 B"),
        (1023, "1023 B"),
        (1536, "1.5 KiB"),
        (26214400, "25.0 MiB"),
        (2**31, "2.0 GiB"),
    ],
)
def test_sizes_are_shown_with_units(size: int | None, words: str) -> None:
    assert human_size(size) == words


def test_a_refusal_repeats_the_problems_own_words() -> None:
    problem = {"title": "Bad", "detail": "no", "errors": [{"field": "x", "expected": "y", "remedy": "z"}]}
    answer = httpx.Response(400, json=problem)
    assert refusal("CMI mock", "POST", "/p", answer) == ("CMI mock answered 400 to POST /p: Bad; no; x: expected y, z")


def test_a_refusal_without_json_shows_its_text() -> None:
    answer = httpx.Response(502, text="<html>oops")
    assert refusal("service", "GET", "/", answer).endswith("502 to GET /: <html>oops")


def test_the_demo_is_good_only_if_all_arrived_and_the_invariants_hold() -> None:
    broken = ReconciliationVerdict(violations=(Violation(invariant="once", file="f", hop="h", fact="twice"),))
    parked = AttachmentRow(**{**vars(ROW), "outcome": "parked"})
    assert DemoResult(rows=(ROW,), verdict=ReconciliationVerdict()).ok
    assert not DemoResult(rows=(ROW, parked), verdict=ReconciliationVerdict()).ok
    assert not DemoResult(rows=(ROW,), verdict=broken).ok


def test_the_demos_json_has_exactly_the_promised_members() -> None:
    shape = DemoResult(rows=(ROW,), verdict=ReconciliationVerdict()).to_json()
    assert set(shape) == {"attachments", "reconciliation"}
    assert set(shape["attachments"][0]) == {
        "name",
        "bytes",
        "cmi_sha256",
        "c4c_sha256",
        "c4c_object_id",
        "outcome",
        "reason",
    }
    assert shape["reconciliation"] == {"ok": True, "violations": []}


def test_the_demo_shows_what_its_result_rests_on() -> None:
    guess = Assumption(mock="cmi", id="shape", label="assumed", behaviour="chats have shape A", switch="chat_shape")
    text = printed(DemoResult(rows=(ROW,), verdict=ReconciliationVerdict(), assumptions=(guess,)))
    assert "every invariant holds" in text
    assert "chats have shape A" in text
    assert "chat_shape" in text


def test_the_riskiest_assumptions_are_assumed_ones_that_the_run_used_most() -> None:
    assert [each.id for each in by_risk(guesses())] == ["g8", "g7", "g6", "g5", "g4", "g3", "g2", "g1"]


def test_the_demo_shows_the_five_riskiest_assumptions_by_system_and_the_others_on_demand() -> None:
    result = DemoResult(rows=(ROW,), verdict=ReconciliationVerdict(), assumptions=tuple(by_risk(guesses())))
    text = printed(result)
    assert RISKIEST == 5
    listed = text[text.index("the riskiest:") :]
    assert listed.index("  CMI\n") < listed.index("behaviour 8") < listed.index("behaviour 4") < listed.index("  C4C\n")
    assert "behaviour 3" not in text
    assert "3 more: --assumptions shows them." in text
    whole = printed(result, all_assumptions=True)
    assert all(f"behaviour {number} " in whole for number in range(1, 9))
    assert whole.index("behaviour 4") < whole.index("The other 3:") < whole.index("behaviour 3")


def last_line(text: str) -> str:
    return text.strip().splitlines()[-1].strip()


def test_the_demo_ends_with_what_came_of_it_and_what_to_try_next() -> None:
    text = printed(DemoResult(rows=(ROW, ROW), verdict=ReconciliationVerdict(), took_s=12.3))
    assert "2 of 2 files identical in 12 s; next: `attachment-lab up --seed`" in text
    assert last_line(text).endswith("`attachment-lab demo --edi FILE` runs your configuration.")
    kept = printed(DemoResult(rows=(ROW,), verdict=ReconciliationVerdict()), kept=True)
    assert "next: `attachment-lab chat --file FILE --end`" in kept


def test_a_demo_that_failed_ends_with_the_way_to_the_reason() -> None:
    changed = AttachmentRow(**{**vars(ROW), "c4c_sha256": "b" * 64, "outcome": "changed"})
    text = printed(DemoResult(rows=(ROW, changed), verdict=ReconciliationVerdict(), took_s=3))
    assert "1 of 2 files identical in 3 s; next: `attachment-lab demo --keep`" in text


def test_markup_in_a_name_is_shown_and_not_obeyed() -> None:
    hostile = AttachmentRow(**{**vars(ROW), "name": "[red]x[/red].pdf"})
    assert "[red]x[/red].pdf" in printed(DemoResult(rows=(hostile,), verdict=ReconciliationVerdict()))


def test_wrong_use_of_the_command_line_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "--fault", "no-such-fault"]) == 2
    assert "no-such-fault" in capsys.readouterr().err


def test_a_missing_stack_is_wrong_use_without_a_trace(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["reconcile", "--stack", "/nonexistent/stack.json"]) == 2
    assert "attachment-lab up" in capsys.readouterr().err


def test_a_port_base_that_cannot_be_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "--json", "--port-base", "70"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "--port-base" in captured.err


@pytest.mark.parametrize("stream", [common.out, common.err])
def test_what_a_mock_recorded_cannot_act_on_the_terminal(
    stream: Callable[[], Console], capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = "\x1b]0;owned\x07 \x9b2J \u202egpj.exe [link=https://evil.example]x[/link]"
    console = stream()
    table = Table("path", "detail")
    table.add_row(hostile, Text(hostile, style="red"))
    console.print(table)
    console.print(hostile)
    common.print_json({hostile: hostile})
    text = capsys.readouterr()
    shown = text.out + text.err
    assert not set(shown) & set("\x07\x1b\x9b\u202e"), repr(shown)
    assert "[link=https://evil.example]" in shown
