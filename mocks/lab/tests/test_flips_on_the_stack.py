"""Every assumption of the demo, turned into its opposite on real processes: nothing is lost, nothing is stored twice.

`python -m attachment_lab.flips.page --play` plays all and writes docs/assumptions.md.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from attachment_lab.demo.assumptions import Assumption
from attachment_lab.errors import NotSettled
from attachment_lab.flips.page import differences
from attachment_lab.flips.play import play_flips
from attachment_lab.flips.table import flips, unflipped
from attachment_lab.tenant.opening import TenantOptions
from attachment_lab.testing.lab import Lab

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


def test_files_that_cmi_lists_with_messages_alone_arrive_with_traffic_on_contract(lab: Lab) -> None:
    with lab.tenant(TenantOptions(dialects={"cmi": {"chat_shape": "D"}})) as tenant:
        tenant.chat(files=[("note.txt", b"Listed at /chatMessages only")]).end()
        tenant.wait_until_settled()
        assert [each.name for each in tenant.stored()] == ["note.txt"]


def test_a_missing_activity_ends_in_words_that_name_outbound_chats(lab: Lab) -> None:
    options = TenantOptions(dialects={"c4c": {"reference_kept_in": "GroupwareItemID"}})
    with lab.tenant(options, check=False) as tenant:
        tenant.chat(files=[("note.txt", b"For an activity without a reference")]).end()
        with pytest.raises(NotSettled, match="C4C may need none for an outbound chat"):
            tenant.wait_until_settled(timeout_s=8.0)
