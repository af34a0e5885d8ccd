"""The set-up with the real processes: from nothing to stored files, and each mistake from its step to the journal."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # pytest's importlib mode does not
from configuration_samples import CUSTOMERS

from attachment_lab.__main__ import run
from attachment_lab.errors import RequestRefused, WrongUse
from attachment_lab.exchanges.reader import JournalReader
from attachment_lab.shared_files import replace_json
from attachment_lab.stack import ready_file
from attachment_lab.stack.ready_file import RunningStack
from attachment_lab.tenant.opening import TenantOptions
from attachment_lab.tenant.set_up.doing import SetUp
from attachment_lab.tenant.set_up.mistakes import MISTAKES, make_mistake
from attachment_lab.tenant.set_up.model import step_texts
from attachment_lab.testing.lab import Lab, LabTenant

FILES = [("a.txt", b"one"), ("b.pdf", b"%PDF-1.4 two")]
NOTHING = TenantOptions(empty=True)

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("lab")]


@pytest.fixture
def empty(lab: Lab) -> Iterator[LabTenant]:
    """A tenant in which nothing is set up."""
    with lab.tenant(NOTHING) as tenant:
        yield tenant


def set_up_of(tenant: LabTenant) -> SetUp:
    return SetUp(tenant.lab.stack.clients, tenant.names)


def states(tenant: LabTenant) -> dict[str, str]:
    """The steps that are not done."""
    return {each.id: str(each.result.state) for each in set_up_of(tenant).steps() if not each.is_done}


def causes(tenant: LabTenant) -> dict[str, dict[str, Any]]:
    """What the journal says of each exchange that has a cause in the set-up: operation → explanation."""
    reader = JournalReader(tenant.reconciliation, tenant.lab.urls)
    details = (reader.detail(each.key) for each in reader.index.entries())
    return {each["entry"]["operation"]: each["why"] for each in details if each and each["why"]["step"]}


def test_from_nothing_every_step_is_missing_and_done_one_by_one_the_files_arrive(empty: LabTenant) -> None:
    assert set(states(empty).values()) == {"missing"}
    for text in step_texts():
        set_up_of(empty).do(text.id)
        assert text.id not in states(empty)
    assert states(empty) == {}
    empty.chat(files=FILES).end()
    assert [each.outcome for each in empty.wait_until_settled()] == ["stored"]


FIRST, *OTHERS = CUSTOMERS


@pytest.mark.parametrize("customer", [FIRST, *(pytest.param(each, marks=pytest.mark.long) for each in OTHERS)])
def test_any_customers_set_up_is_done_at_once_from_nothing(lab: Lab, customer: str) -> None:
    with lab.tenant(NOTHING, configuration=CUSTOMERS[customer]) as tenant:
        assert "channel" not in set_up_of(tenant).do_all()
        assert states(tenant) == {}
        tenant.chat(files=FILES).end()
        assert [each.outcome for each in tenant.wait_until_settled()] == ["stored"]


def test_a_tenant_that_is_opened_as_usual_is_set_up_in_every_step(tenant: LabTenant) -> None:
    assert {each.id: each.sentence for each in set_up_of(tenant).steps() if not each.is_done} == {}


def test_an_unknown_step_and_one_that_comes_too_early_are_refused(empty: LabTenant) -> None:
    with pytest.raises(WrongUse, match="there are system, arrangement"):
        set_up_of(empty).do("everything")
    with pytest.raises(WrongUse, match="do step 2 first"):
        set_up_of(empty).do("services")
    with pytest.raises(WrongUse, match="do step 4 first"):
        set_up_of(empty).do("right")
    for mistake in MISTAKES:
        with pytest.raises(WrongUse, match="first"):
            make_mistake(empty.lab.stack.clients, set_up_of(empty).facts, mistake.id)


#: mistake → (outcome of the transfer, None = the service was never called; operation and status at which it shows)
OUTCOMES: dict[str, tuple[str | None, str, int]] = {
    "service-not-ticked": ("failed", "find", 403),
    "account-expired": ("failed", "list", 401),
    "right-missing": ("failed", "list", 403),
    "umlaut-in-password": (None, "delivery", 0),
    "wrong-secret-name": (None, "delivery", 0),
    "outbound-without-queue": (None, "untriggered", 0),
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=[each.id for each in MISTAKES])
def test_a_mistake_shows_at_its_step_and_in_the_journal_and_is_put_right(lab: Lab, mistake: Any) -> None:
    outcome, operation, status = OUTCOMES[mistake.id]
    with lab.tenant(check=False, judge=False) as tenant:
        make_mistake(lab.stack.clients, set_up_of(tenant).facts, mistake.id)
        assert list(states(tenant)) == [mistake.step]
        tenant.chat(files=FILES).end()
        transfers = tenant.wait_until_settled()
        assert [each.outcome for each in transfers] == ([outcome] if outcome else []), transfers
        assert tenant.stored() == []
        found = causes(tenant)[operation]
        text = next(each for each in step_texts() if each.id == mistake.step)
        assert found["step"] == {"id": text.id, "number": text.number, "title": text.title}
        assert f"Step {text.number}, {text.title}, is " in found["because"][0]
        assert found["remedy"]
        assert status in {each.status for each in journal(tenant) if each.operation == operation}
        set_up_of(tenant).do(mistake.step)
        assert states(tenant) == {}
        assert causes(tenant) == {}
        assert set_up_of(tenant).retry_failed() == (1 if outcome else 0)
        tenant.chat(files=FILES).end()
        again = [each.outcome for each in tenant.wait_until_settled()]
        assert again == ["stored"] * (2 if outcome else 1)


def journal(tenant: LabTenant) -> list[Any]:
    return JournalReader(tenant.reconciliation, tenant.lab.urls).index.entries()


def test_an_outgoing_chat_of_the_wrong_queue_fires_no_event_and_the_reason_is_the_queue(tenant: LabTenant) -> None:
    make_mistake(tenant.lab.stack.clients, set_up_of(tenant).facts, "outbound-without-queue")
    contact = {"channel_type": "chat", "direction": "outbound", "guid": "A" * 32, "id": "B" * 32}
    event = {"event": "Ended", "contact": contact | {"queue": {"id": "C" * 32, "address": "support@chat"}}}
    fired = tenant.mock("orchestration").post("/_mock/events", event, tenant=tenant.name)
    assert fired["delivery_ids"] == []
    why = causes(tenant)["untriggered"]
    assert why["step"]["id"] == "queues"
    assert "@sinchsms.com or @<subchannel>.sinchconversation.com" in json.dumps(why["because"])
    assert why["headline"] == "The event was fired, and nothing was sent."


def test_passwords_with_an_umlaut_are_refused_by_c4c_and_by_the_secrets_manager(tenant: LabTenant) -> None:
    clients, password = tenant.lab.stack.clients, "Grüße-aus-Köln-2026"
    path = "/_mock/communication-arrangements/1/credentials"
    with pytest.raises(RequestRefused, match="letters of the Latin alphabet"):
        clients.c4c.put(path, {"password": password}, tenant=tenant.name)
    secrets = f"/{tenant.names.tenant_path}/system-configurator/api/secrets/sap-v1-secret"
    with pytest.raises(RequestRefused, match="printable ASCII"):
        clients.orchestration.put(secrets, {"description": "", "secret": password})
    assert states(tenant) == {}


def test_a_password_that_differs_from_the_secret_shows_after_the_first_refused_logon(lab: Lab) -> None:
    with lab.tenant(check=False, judge=False) as tenant:
        path = "/_mock/communication-arrangements/1/credentials"
        lab.stack.clients.c4c.put(path, {"password": "another-password-2026"}, tenant=tenant.name)
        tenant.chat(files=FILES).end()
        tenant.wait_until_settled()
        assert states(tenant) == {"c4c-secret": "wrong"}
        assert causes(tenant)["find"]["step"]["id"] == "c4c-secret"
        set_up_of(tenant).do("c4c-secret")
        assert states(tenant) == {}


def test_the_command_prints_the_steps_and_does_them(
    lab: Lab, empty: LabTenant, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "stack.json"
    urls = dict.fromkeys(ready_file.URL_NAMES, "http://127.0.0.1:1") | dict(lab.urls)
    tenants = {empty.name: empty.names}
    stack = RunningStack(urls=urls, tenants=tenants, default=empty.name, run_dir=lab.stack.run_dir, pid=os.getpid())
    replace_json(path, ready_file.stack_json(stack))
    command = ["tenant", "setup", empty.name, "--stack", str(path)]
    assert run([*command, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["ok"], len(found["steps"])) == (False, len(step_texts()))
    assert run([*command, "--do", "system"]) == 1
    assert "SINCH_CONTACT_PRO" in capsys.readouterr().out
    assert run([*command, "--do", "all"]) == 0
    assert run([*command, "--do", "nonsense"]) == 2
