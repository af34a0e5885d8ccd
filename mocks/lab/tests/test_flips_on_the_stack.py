"""Every assumption of the demo, turned into its opposite on real processes: nothing is lost, nothing is stored twice.

`python -m attachment_lab.flips.page --play` plays all and writes docs/assumptions.md.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from attachment_lab.demo.assumptions import Assumption
from attachment_lab.flips.page import differences
from attachment_lab.flips.play import play_flips
from attachment_lab.flips.table import flips, unflipped

#: One of each way to end.
SAMPLE = (
    "messages at /chatMessages",
    "files above 1,000 bytes are refused with 400",
    "five minutes after its upload",
    "tokens are opaque",
    "where no lookup searches",
    "Title cannot be set",
)

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]


def test_a_flip_of_each_kind_ends_stored_or_with_a_reason_and_a_remedy() -> None:
    jobs = [each for each in flips() if any(word in each.name for word in SAMPLE)]
    assert len(jobs) == len(SAMPLE)
    assert differences(play_flips(jobs)) == []


@pytest.mark.long
def test_every_flip_ends_stored_or_with_a_reason_and_a_remedy() -> None:
    assert differences(play_flips(flips())) == []


def test_every_assumption_of_the_demo_has_a_flip() -> None:
    command = [sys.executable, "-m", "attachment_lab", "demo", "--json", "--assumptions", "--port-base", "0"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    used = [Assumption(**each) for each in json.loads(answer.stdout)["assumptions"]]
    assert len(used) >= 20
    assert unflipped(used) == []
