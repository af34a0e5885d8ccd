"""Scorecards of real services: ours keeps every rule, the naive ones break the rules that they say they break."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from attachment_lab.__main__ import run
from attachment_lab.conformance.rows.table import ROWS

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

NAIVE = Path(__file__).parents[3] / "contract_tests" / "conformance"
PYTHON = f"{sys.executable} {shlex.quote(str(NAIVE / 'naive_python' / 'server.py'))}"
NODE = f"node {shlex.quote(str(NAIVE / 'naive_node' / 'server.mjs'))}"
needs_node = pytest.mark.skipif(
    shutil.which("node") is None and not os.environ.get("REQUIRE_NODE"), reason="Node is not installed"
)

#: What both naive services keep.
KEPT_BY_BOTH = frozenset(
    {
        *("no-token", "token-expired", "token-audience", "token-issuer", "token-renewed"),
        *("one-chat", "two-chats", "names", "empty-file", "no-files", "big-file", "event-early", "event-lost"),
        *("answer-slow", "pages-of-two"),
    }
)
#: ECDSA is not in Python's standard library; Node checks signatures.
KEPT_BY_NODE = KEPT_BY_BOTH | {"token-forged", "token-unsigned"}
#: One row of each kind, so that every cause is seen in a short run.
SAMPLE = (
    *("one-chat", "token-forged", "body-incomplete", "event-twice", "history-late"),
    *("download-short", "file-gone", "cmi-password", "answer-lost", "locked", "killed-after-accept"),
)
#: What each red row of the sample must say, in the order of its causes.
CAUSES = {
    "token-forged": "Answer: 202 (expected 401 or 403)",
    "body-incomplete": "(expected 400 or 422)",
    "event-twice": "C4C holds it more than once",
    "history-late": "the chat was not read at CMI",
    "download-short": "C4C holds 1,000 bytes application/pdf, the customer sent 7,216 bytes",
    "file-gone": "notes.txt: C4C does not hold it",
    "cmi-password": "Locked users: transcript.user",
    "answer-lost": "contract.pdf: C4C does not hold it",
    "locked": "its last upload was answered 400",
    "killed-after-accept": "Files in C4C: 0 (expected 3)",
}


def conform(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """The scorecard as JSON; the exit code says the same."""
    code = run(["conform", "--json", *arguments])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert code == (0 if found["ok"] else 1)
    return found


def of(found: dict[str, Any], outcome: str) -> set[str]:
    return {each["id"] for each in found["rows"] if each["outcome"] == outcome}


def applicable() -> set[str]:
    return {each.id for each in ROWS if not each.beyond}


def judge_sample(found: dict[str, Any], kept: frozenset[str]) -> None:
    assert of(found, "indeterminate") == set()
    assert of(found, "green") == kept & set(SAMPLE)
    for each in found["rows"]:
        if each["outcome"] == "red":
            assert CAUSES[each["id"]] in " ".join(each["seen"]), each


def test_the_naive_service_in_python_breaks_the_rules_for_the_right_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    judge_sample(conform(capsys, *SAMPLE, "--service-command", PYTHON, "--quiet", "8"), KEPT_BY_BOTH)


@needs_node
def test_the_naive_service_in_node_breaks_the_rules_for_the_right_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    judge_sample(conform(capsys, *SAMPLE, "--service-command", NODE, "--quiet", "8"), KEPT_BY_NODE)


def test_our_service_keeps_the_rules_of_a_sample_and_writes_every_output(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    outputs = {name: tmp_path / f"card.{name}" for name in ("junit", "html", "badge")}
    given = [text for name, path in outputs.items() for text in (f"--{name}", str(path))]
    found = conform(capsys, "one-chat", "event-twice", "token-forged", "byte-changes", "--quiet", "8", *given)
    assert found["ok"]
    assert of(found, "not_applicable") == {"byte-changes"}
    assert [path.stat().st_size > 0 for path in outputs.values()] == [True, True, True]


DYING = """
import http.server, os
class Endpoint(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        if "Authorization" in self.headers:
            print("no space left on this disk", flush=True)
            os._exit(3)
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Endpoint).serve_forever()
"""


def test_a_service_that_dies_is_named_with_its_exit_code_and_the_end_of_its_log(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    program = tmp_path / "dying.py"
    program.write_text(DYING)
    found = conform(capsys, "one-chat", "--service-command", f"{sys.executable} {program}", "--quiet", "2")
    [row] = found["rows"]
    assert row["outcome"] == "red"
    assert "service ended with exit code 3" in row["reason"]
    assert "no space left on this disk" in row["reason"]


@pytest.mark.long
def test_the_naive_service_in_python_keeps_exactly_these_rules(capsys: pytest.CaptureFixture[str]) -> None:
    found = conform(capsys, "--service-command", PYTHON, "--quiet", "12")
    assert of(found, "green") == KEPT_BY_BOTH
    assert of(found, "red") == applicable() - KEPT_BY_BOTH


@pytest.mark.long
def test_our_service_keeps_every_rule(capsys: pytest.CaptureFixture[str]) -> None:
    found = conform(capsys)
    assert [(each["id"], each["seen"]) for each in found["rows"] if each["outcome"] in {"red", "indeterminate"}] == []
    assert of(found, "green") == applicable()


@pytest.mark.long
@needs_node
def test_the_naive_service_in_node_keeps_exactly_these_rules(capsys: pytest.CaptureFixture[str]) -> None:
    found = conform(capsys, "--service-command", NODE, "--quiet", "12")
    assert of(found, "green") == KEPT_BY_NODE
    assert of(found, "red") == applicable() - KEPT_BY_NODE
