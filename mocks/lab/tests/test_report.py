"""The report: what it says, what it hides, and that it is one file that loads and runs nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from attachment_lab.chats.picture import Picture, Station
from attachment_lab.reconciliation.invariants import INVARIANTS, judge
from attachment_lab.reconciliation.records import ChainRecords, Leak, ReconciliationVerdict, Violation
from attachment_lab.report.model import (
    INVARIANT_SAYS,
    ChatPart,
    EvidenceRow,
    FileRow,
    InvariantRow,
    RunReport,
    Scope,
    StationPart,
)
from attachment_lab.report.page import render, style_policy
from attachment_lab.report.parts import (
    evidence_rows,
    headline_of,
    invariants_of,
    sentence_of,
    stations_of,
    without_names,
)

HOSTILE = '<img src=x onerror="alert(1)">.jpg'
STORED = FileRow(
    name="passport of Alice.jpg",
    size="2.0 KiB",
    size_bytes=2048,
    state="Stored",
    tone="done",
    cmi_sha256="a" * 64,
    c4c_sha256="a" * 64,
    object_id="O1",
    equal=True,
    read_ms=4.2,
    sent_ms=1250.0,
    tries=2,
)
FAILED = replace(
    STORED,
    name=HOSTILE,
    state="Failed",
    tone="failed",
    reason=f"attachment-gone: CMI answered 404 for {HOSTILE}",
    remedy="Check the retention time.",
    c4c_sha256="",
    object_id="",
    equal=None,
    sent_ms=None,
    tries=1,
)
CHAT = ChatPart(
    guid="5AB6E20342A6EE11B3ED58961D1810CC",
    customer="Alice Example",
    channel="WhatsApp",
    created="2026-11-22T10:00:00Z",
    sentence="1 of 2 attachments arrived with every byte equal; 1 reported failed, with the reason.",
    tone="failed",
    rounds=1,
    deliveries=("delivered",),
    files=(STORED, FAILED),
    since="2026-11-22T10:00:05Z",
    until="2026-11-22T10:00:09Z",
)
REPORT = RunReport(
    tenant="acme",
    cmi_host="cmi.example",
    c4c_host="c4c.example",
    scope=Scope(),
    made_at="2026-11-22T11:00:00Z",
    headline=CHAT.sentence,
    chats=(CHAT,),
    stations=tuple(StationPart(title=f"Stop {n}", tone="done", headline="2 of 2") for n in range(5)),
    invariants=tuple(InvariantRow(invariant=invariant, says=says) for invariant, says in INVARIANT_SAYS.items()),
    evidence=(
        EvidenceRow(
            mock="cmi", id="cmi.x", label="assumed", behaviour="A guess & a half", source="none", switch="x_mode"
        ),
    ),
    versions={"Transfer service": "0.1.0"},
)


class _Asking(HTMLParser):
    """Collects everything in a page that could make a browser ask for something, or run something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "link", "img", "iframe", "object", "embed", "form", "base", "a", "audio", "video"}:
            self.found.append(tag)
        for name, value in attrs:
            if name.startswith("on") or name in {"src", "href", "srcset", "action", "style", "xlink:href"}:
                self.found.append(f"{tag} {name}={value}")


def test_nothing_in_the_file_asks_for_anything_or_runs() -> None:
    parser = _Asking()
    html = render(REPORT)
    parser.feed(html)
    assert parser.found == []
    assert "url(" not in html
    assert "@import" not in html
    assert f"default-src 'none'; style-src {style_policy()}" in html.replace("&#39;", "'")


def test_a_file_name_is_text_whatever_it_says() -> None:
    html = render(REPORT)
    assert HOSTILE not in html
    assert "&lt;img src=x" in html


def test_equal_reports_give_equal_bytes_and_another_time_changes_nothing_but_times() -> None:
    later = replace(REPORT, made_at="2027-01-01T00:00:00Z")
    assert render(REPORT) == render(replace(REPORT))
    assert render(later) != render(REPORT)
    assert without_times(render(later)) == without_times(render(REPORT))


def test_both_digests_stand_there_and_a_difference_is_said() -> None:
    differs = replace(STORED, equal=False, c4c_sha256="b" * 64, state="Changed", tone="failed")
    html = render(replace(REPORT, chats=(replace(CHAT, files=(STORED, differs)),)))
    assert "equal in C4C" in html
    assert "C4C holds another:" in html
    assert " ".join(["bbbbbbbb"] * 8) in html


def test_a_violation_is_in_the_reconciliation_and_the_headline_is_not_green() -> None:
    broken = invariants_of(
        ReconciliationVerdict(violations=(Violation(invariant="once", file="a", hop="x", fact="C4C holds it twice"),))
    )
    html = render(replace(REPORT, invariants=broken, chats=(replace(CHAT, files=(STORED,)),)))
    assert "a: C4C holds it twice" in html
    assert '<h1 class="failed">' in html
    assert "Every invariant of the reconciliation holds" not in html


def test_every_invariant_that_can_be_broken_has_its_sentence() -> None:
    leaky = ChainRecords(leaks=(Leak(what="the key", where="log"),))
    assert {each.invariant for each in judge(leaky).violations} <= set(INVARIANT_SAYS)
    assert list(INVARIANT_SAYS) == list(INVARIANTS)


def test_names_are_hidden_everywhere() -> None:
    invariant = InvariantRow(
        invariant="integrity", says="…", violations=(f"{STORED.name}: changed between CMI and the service",)
    )
    hidden = without_names(replace(REPORT, invariants=(invariant,), scope=Scope(hide_names=True)))
    html = render(hidden)
    for text in ("Alice", "passport", "onerror"):
        assert text not in html
    assert "file 1.jpg" in html
    assert "Customer 1" in html
    assert "file 1.jpg: changed between CMI and the service" in html
    assert [each.cmi_sha256 for each in hidden.files] == [each.cmi_sha256 for each in REPORT.files]


def test_a_name_that_is_part_of_another_is_hidden_whole() -> None:
    long, short = replace(STORED, name="scan.pdf copy.pdf"), replace(STORED, name="scan.pdf")
    chat = replace(CHAT, files=(short, replace(long, reason="scan.pdf copy.pdf is too large")))
    hidden = without_names(replace(REPORT, chats=(chat,)))
    assert hidden.files[1].reason == "file 2.pdf is too large"


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ((), "There were no attachments."),
        ((STORED,), "The attachment arrived; every byte is equal at both ends."),
        ((STORED, STORED), "All 2 attachments arrived; every byte is equal at both ends."),
        ((STORED, FAILED), CHAT.sentence),
        (
            (STORED, replace(STORED, equal=False, tone="failed", state="Changed")),
            "1 of 2 attachments arrived with every byte equal; 1 changed on the way.",
        ),
    ],
)
def test_the_sentence_states_each_fact_once(files: tuple[FileRow, ...], sentence: str) -> None:
    assert sentence_of(files, ended=True, at_rest=True) == sentence


def test_a_chat_that_has_not_been_delivered_is_neither_a_success_nor_a_failure() -> None:
    waiting = replace(CHAT, deliveries=(), files=(replace(STORED, equal=None, tone="idle", state="In the chat"),))
    done = replace(CHAT, files=(STORED,))
    assert headline_of([waiting, done]) == (
        "The attachment arrived; every byte is equal at both ends. 1 chat has not been delivered yet."
    )
    assert headline_of([waiting, waiting]) == "None of 2 chats has been delivered yet."


def test_a_chat_with_nothing_to_do_at_a_stop_does_not_dim_the_others() -> None:
    def picture(*tones: str) -> Picture:
        stations = tuple(Station(tone=tone, headline="") for tone in tones)  # type: ignore[arg-type]  # words of Tone
        return Picture(guid="G", tone="done", sentence="", stations=stations, files=())

    full, empty = picture(*["done"] * 5), picture("done", "done", "done", "idle", "idle")
    assert [each.tone for each in stations_of([full, empty])] == ["done"] * 5
    failed = picture("done", "done", "done", "failed", "idle")
    assert [each.tone for each in stations_of([full, failed])][3:] == ["failed", "done"]


def test_evidence_is_what_was_touched_with_the_least_certain_first() -> None:
    def entry(name: str, label: str) -> dict[str, object]:
        return {"id": name, "label": label, "behaviour": name, "source": "s", "switch": None}

    book = {"cmi": [entry("d", "documented"), entry("a", "assumed"), entry("o", "own"), entry("untouched", "assumed")]}
    rows = evidence_rows(book, {("cmi", "d"), ("cmi", "a"), ("cmi", "o"), ("c4c", "untouched")})
    assert [each.id for each in rows] == ["a", "d"]


def without_times(html: str) -> str:
    return re.sub(r"<time[^>]*>[^<]*</time>", "<time/>", html)
