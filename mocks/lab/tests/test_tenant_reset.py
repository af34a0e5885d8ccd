"""The quick reset: the tenant starts empty while the service keeps running, and nothing old is taken for new."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from attachment_lab.clients.stack_clients import MOCKS, StackClients
from attachment_lab.console.session.tenant_session import TenantSessions
from attachment_lab.errors import LabFailed, RequestRefused
from attachment_lab.reconciliation.reading import Reconciliation
from attachment_lab.reconciliation.settling import wait_until, wait_until_settled
from attachment_lab.tenant.conversation import LabConversation
from attachment_lab.tenant.credentials import fresh_tenant, with_new_secrets
from attachment_lab.tenant.opening import TenantOptions, close_tenant, open_tenant, reset_tenant
from attachment_lab.testing.lab import Lab


def test_a_reset_tenant_keeps_its_addresses_and_nothing_that_is_secret() -> None:
    before = fresh_tenant()
    after = with_new_secrets(before)
    assert (after.name, after.cmi_url, after.c4c_url) == (before.name, before.cmi_url, before.c4c_url)
    assert not set(after.guarded().values()) & set(before.guarded().values())
    assert after.client_id != before.client_id
    assert len({before.ids_seed, after.ids_seed, with_new_secrets(after).ids_seed}) == 3


def test_the_seed_of_a_tenant_with_a_long_name_is_accepted_by_the_mocks() -> None:
    long = "a" * 64
    assert len(with_new_secrets(replace(fresh_tenant(), name=long)).ids_seed or "") <= 64


class Opened:
    """A tenant of this test that can be reset."""

    def __init__(self, to: StackClients) -> None:
        self.to = to
        self.names = fresh_tenant()
        open_tenant(to, self.names)

    def reset(self, **options: Any) -> None:
        self.names = reset_tenant(self.to, self.names, **options)

    @property
    def reconciliation(self) -> Reconciliation:
        return Reconciliation(self.to, self.names)

    def chat(self) -> LabConversation:
        chat = LabConversation.open(self.to, self.names)
        chat.accept()
        chat.send(("a.txt", b"hello"))
        return chat


@pytest.fixture
def opened(lab: Lab) -> Iterator[Opened]:
    tenant = Opened(lab.stack.clients)
    yield tenant
    close_tenant(tenant.to, tenant.names.name)


@pytest.mark.stack
def test_the_invariants_hold_after_a_reset_and_the_next_chat_is_carried_at_once(opened: Opened) -> None:
    guids = []
    for _ in range(3):
        chat = opened.chat()
        chat.end()
        wait_until_settled(opened.reconciliation)
        verdict = opened.reconciliation.verdict()
        assert verdict.ok, verdict.violations
        assert [each.chat for each in verdict.records.known_transfers] == [chat.guid]
        assert [each.state for each in verdict.records.known_transfers[0].attachments] == ["stored"]
        guids.append(chat.guid)
        opened.reset()
        assert opened.reconciliation.records().transfers == ()
    assert len(set(guids)) == 3


@pytest.mark.stack
def test_an_unfinished_transfer_tries_no_old_password_on_the_new_users(opened: Opened) -> None:
    slow = {"match": {"path": "*attachments/*"}, "kind": "latency", "times": None, "params": {"delay_s": 30}}
    opened.to.cmi.post("/_mock/faults", slow, tenant=opened.names.name)
    opened.chat().end()
    wait_until(opened.reconciliation, lambda state: any(each.attachments for each in state.transfers))
    opened.reset()
    later = opened.chat()
    later.end()
    wait_until_settled(opened.reconciliation)
    assert opened.reconciliation.verdict().ok
    for mock in MOCKS:
        assert [each["status"] for each in opened.reconciliation.journal(mock) if each["status"] in {401, 403}] == []


@pytest.mark.stack
def test_old_credentials_open_nothing_afterwards(opened: Opened, lab: Lab) -> None:
    old = opened.names
    opened.reset()
    with pytest.raises(RequestRefused, match="401"):
        Reconciliation(opened.to, old).service.token()
    host = {"Host": old.c4c_host}
    url = f"{lab.urls['c4c']}/sap/c4c/odata/v1/chatactivity/ChatActivityCollection"
    assert httpx.get(url, headers=host, auth=(old.c4c_user, old.c4c_password), trust_env=False).status_code == 401


@pytest.mark.stack
def test_a_tenant_begins_again_as_it_was_opened(opened: Opened) -> None:
    opened.reset(options=TenantOptions(dialects={"cmi": {"chat_shape": "B"}}), offset_s=120.0)
    tenant = opened.to.cmi.get(f"/_mock/tenants/{opened.names.name}")
    assert tenant["dialect"]["chat_shape"] == "B"
    offsets = [opened.to.mock(mock).get("/_mock/clock", tenant=opened.names.name)["offset_s"] for mock in MOCKS]
    assert offsets == [120.0] * 3


@pytest.mark.stack
def test_a_pools_tenant_that_is_opened_again_has_other_ids(lab: Lab) -> None:
    to = lab.stack.clients
    sessions = TenantSessions(to, fresh_tenant(), lab.urls, pool=[fresh_tenant()])
    guids = []
    for _ in range(2):
        session = sessions.create()
        guids.append(LabConversation.open(to, session.names).guid)
        sessions.close(session.names.name)
    assert guids[0] != guids[1]


def test_a_stack_that_is_down_is_reported_and_not_half_reset() -> None:
    nowhere = StackClients(dict.fromkeys((*MOCKS, "service"), "http://127.0.0.1:1"))
    with pytest.raises(LabFailed, match="is the stack up"):
        reset_tenant(nowhere, fresh_tenant())
