"""The probe's promise: a tenant that differs is probed, and a stack started from the written file behaves like it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from probe_kit import DIFFERENT, Battery

from attachment_lab.clients.stack_clients import StackClients
from attachment_lab.errors import NotSettled
from attachment_lab.probe.permits import Permits
from attachment_lab.probe.rehearsal import completed_chat, prepare_rehearsal, rehearsal_target
from attachment_lab.probe.session import ProbeResult, run_probe
from attachment_lab.stack.running import StackOptions, open_stack
from attachment_lab.tenant.credentials import TenantNames
from attachment_lab.tenant.opening import TenantOptions
from attachment_lab.testing.lab import Lab, LabTenant

pytestmark = [
    pytest.mark.stack,
    pytest.mark.timeout(300),
    pytest.mark.off_contract(reason="asks on purpose for what no contract knows"),
]
PHOTO = ("photo.jpg", b"\xff\xd8\xff\xe0" + b"a photo " * 5000)
LETTER = ("letter.txt", b"see you on Monday\n")
NO_LEDGER = pytest.mark.no_reconciliation(reason="the probe's own files came from no chat")


@dataclass
class Probed:
    """A tenant after its probe."""

    outcome: ProbeResult
    battery: Battery

    @property
    def file(self) -> Path:
        """The dialect file."""
        return self.outcome.folder / "dialect.toml"

    @property
    def written(self) -> dict[str, Any]:
        """Its content."""
        return tomllib.loads(self.file.read_text())


def probe(tenant: LabTenant, folder: Path) -> Probed:
    """Furnish the tenant, with more chats than a page holds, and probe it with everything that is permitted."""
    to, names = tenant.lab.stack.clients, tenant.names
    for _ in range(3):
        completed_chat(to, names)
    contact, activity = prepare_rehearsal(to, names)
    target = replace(rehearsal_target(to, names, contact, activity), systems=("cmi", "c4c", "token"))
    outcome = run_probe(target, Permits(writes=True, clean_up=True, tries_on="c4c"), folder)
    return Probed(outcome, battery_of(to, names, contact, activity))


def battery_of(to: StackClients, names: TenantNames, contact: str, activity: str) -> Battery:
    """The requests to compare."""
    return Battery(to=to, names=names, contact_id=contact, activity=activity)


@pytest.fixture(scope="module")
def different(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LabTenant, Probed]]:
    """A tenant with every switch of DIFFERENT, probed; the service knows nothing of it."""
    with lab.tenant(TenantOptions(dialects=DIFFERENT), check=False, judge=False) as tenant:
        yield tenant, probe(tenant, tmp_path_factory.mktemp("probe") / "first")


def test_every_changed_switch_is_found_with_its_value(different: tuple[LabTenant, Probed]) -> None:
    _, first = different
    assert first.outcome.stopped == {}
    found = {
        participant: {name: entry["value"] for name, entry in first.written[participant].items() if name in changed}
        for participant, changed in DIFFERENT.items()
    }
    for participant, changed in DIFFERENT.items():
        assert found[participant] == changed
    refuted = {verdict.assumption.id for verdict in first.outcome.with_word("refuted")}
    assert len(refuted) >= sum(len(changed) for changed in DIFFERENT.values())


def test_every_entry_says_when_and_where_it_was_recorded(different: tuple[LabTenant, Probed]) -> None:
    _, first = different
    sections = [first.written[name] for name in ("cmi", "c4c", "orchestration")] + list(
        first.written["service"].values()
    )
    entries = [entry for section in sections for entry in section.values()]
    assert len(entries) > 40
    for entry in entries:
        assert entry["evidence"] == "recorded"
        assert entry["date"] == first.outcome.at.date()
        assert entry["seen_in"]
        assert all((first.outcome.folder / file).is_file() for file in entry["seen_in"])


@pytest.mark.long
def test_a_stack_from_the_written_file_answers_as_the_tenant_does(
    different: tuple[LabTenant, Probed], tmp_path: Path
) -> None:
    tenant, first = different
    theirs = first.battery.answers()
    with open_stack(StackOptions(dialect=first.file)) as stack:
        lab = Lab(stack)
        with lab.tenant(check=False, judge=False) as twin:
            again = probe(twin, tmp_path / "second")
            assert values(again.written) == values(first.written)
            ours = again.battery.answers()
        carried(tenant)
        with lab.tenant() as fresh:
            carried(fresh)
    assert len(theirs) > 60
    assert [request for request in theirs if theirs[request] != ours.get(request)] == []
    assert ours.keys() == theirs.keys()


def test_the_requests_distinguish_two_dialects(different: tuple[LabTenant, Probed], lab: Lab) -> None:
    """Else its agreement would say nothing."""
    _, first = different
    theirs = first.battery.answers()
    with lab.tenant(check=False, judge=False) as usual:
        to, names = lab.stack.clients, usual.names
        for _ in range(3):
            completed_chat(to, names)
        answers = battery_of(to, names, *prepare_rehearsal(to, names)).answers()
    assert len([request for request in theirs if theirs[request] != answers.get(request)]) > 20


def values(written: dict[str, Any]) -> dict[str, Any]:
    """Entry by entry, what the file makes mocks and service do."""
    mocks = {
        f"{who}.{name}": entry["value"]
        for who in ("cmi", "c4c", "orchestration")
        for name, entry in written[who].items()
    }
    service = {f"{s}.{name}": entry["value"] for s, part in written["service"].items() for name, entry in part.items()}
    return mocks | service


def carried(tenant: LabTenant) -> None:
    """A chat goes through the service, and the invariants hold for its files."""
    chat = tenant.chat(files=[PHOTO])
    chat.add_leg()
    chat.send(LETTER)
    chat.end()
    tenant.wait_until_settled()
    [transfer] = [one for one in tenant.transfers() if one.chat == chat.guid]
    assert sorted(each.state for each in transfer.attachments) == ["stored", "stored"]
    stored = {each.sha256 for each in tenant.stored()}
    assert {each.sha256 for each in chat.files} <= stored


@pytest.mark.long
@NO_LEDGER
def test_where_the_reference_lies_elsewhere_only_the_written_file_lets_the_service_find_the_chat(
    tenant: LabTenant, tmp_path: Path
) -> None:
    odd = TenantOptions(dialects={"c4c": {"reference_kept_in": "GroupwareItemID"}, "cmi": {"chat_shape": "D"}})
    with tenant.lab.tenant(odd, check=False, judge=False) as other:
        first = probe(other, tmp_path / "probe")
        chat = other.chat(files=[LETTER])
        chat.end()
        with pytest.raises(NotSettled, match="has no activity"):
            other.wait_until_settled(timeout_s=12.0)
        assert not [each for each in other.stored() if each.name == LETTER[0]]
    with open_stack(StackOptions(dialect=first.file)) as stack, Lab(stack).tenant() as twin:
        chat = twin.chat(files=[LETTER])
        chat.end()
        twin.wait_until_settled()
        assert [each.name for each in twin.stored()] == [LETTER[0]]
