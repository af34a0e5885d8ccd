"""The ready file's shape is fixed; both files are for their owner's eyes only."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from attachment_lab.errors import WrongUse
from attachment_lab.shared_files import replace_json
from attachment_lab.stack import ready_file
from attachment_lab.stack.ready_file import RunningStack
from attachment_lab.tenant.credentials import default_tenant, fresh_tenant

URLS = {
    name: f"http://127.0.0.1:{port}"
    for name, port in (("console", 1), ("orchestration", 2), ("cmi", 3), ("c4c", 4), ("service", 5))
}
TENANT = default_tenant()
OTHER = fresh_tenant()


def test_the_ready_file_has_exactly_the_promised_members() -> None:
    ready = ready_file.ready_json(URLS, TENANT, "C1")
    assert set(ready) == {"urls", "tenants", "default"}
    assert ready["default"] == "acme"
    assert set(ready["tenants"]) == {"acme"}
    assert set(ready["urls"]) == {"console", "orchestration", "cmi", "c4c", "service"}
    tenant = ready["tenants"]["acme"]
    assert set(tenant) == {"cmi", "c4c", "oauth", "contact_id", "loopback"}
    assert set(tenant["cmi"]) == {"cmi_url", "host", "api_key", "user", "password"}
    assert set(tenant["c4c"]) == {"url", "host", "user", "password"}
    assert set(tenant["oauth"]) == {"token_url", "client_id", "client_secret", "scope"}
    assert tenant["loopback"] == {
        "cmi_url": "http://acme.cmi.localhost:3/acme/cmi",
        "c4c_url": "http://acme.c4c.localhost:4",
        "token_url": "http://acme.orchestration.localhost:2/acme/oauth2/token",
    }


def test_the_token_url_of_the_ready_file_can_be_reached_directly() -> None:
    ready = ready_file.ready_json(URLS, TENANT, "C1")
    assert ready["tenants"]["acme"]["oauth"]["token_url"] == "http://127.0.0.1:2/acme/oauth2/token"


def test_the_file_appears_whole_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "ready.json"
    replace_json(path, ready_file.ready_json(URLS, TENANT, "C1"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["ready.json"]


def test_a_stack_file_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    stack = RunningStack(
        urls=URLS,
        tenants={each.name: each for each in (TENANT, OTHER)},
        default=TENANT.name,
        run_dir=tmp_path,
        clock_file=tmp_path / "c",
        pid=7,
        resets=2,
    )
    replace_json(tmp_path / "stack.json", ready_file.stack_json(stack))
    assert ready_file.read(tmp_path / "stack.json") == stack


def test_a_ready_file_serves_other_commands_too(tmp_path: Path) -> None:
    replace_json(tmp_path / "ready.json", ready_file.ready_json(URLS, TENANT, "C1"))
    assert ready_file.read(tmp_path / "ready.json") == RunningStack(urls=URLS, tenants={"acme": TENANT}, default="acme")


def test_without_a_stack_the_remedy_is_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="attachment-lab up"):
        ready_file.read(tmp_path / "none.json")


@pytest.mark.parametrize(
    "content", ["{", "{}", '{"urls": {}}', '{"stack": {}}', '{"urls": {}, "tenants": {}, "default": "acme"}']
)
def test_a_foreign_file_is_wrong_use(tmp_path: Path, content: str) -> None:
    (tmp_path / "other.json").write_text(content)
    with pytest.raises(WrongUse):
        ready_file.read(tmp_path / "other.json")


def test_a_command_uses_the_tenant_that_it_names() -> None:
    stack = RunningStack(urls=URLS, tenants={"acme": TENANT, OTHER.name: OTHER}, default="acme")
    assert stack.with_default(None).tenant == TENANT
    assert stack.with_default(OTHER.name).tenant == OTHER
    with pytest.raises(WrongUse, match=f"no tenant is called 'nowhere'; the stack has acme, {OTHER.name}"):
        stack.with_default("nowhere")


def test_a_tenant_is_added_to_a_stack_file_and_removed_again(tmp_path: Path) -> None:
    path = tmp_path / "stack.json"
    stack = RunningStack(urls=URLS, tenants={"acme": TENANT}, default="acme", pid=7)
    replace_json(path, ready_file.stack_json(stack))
    ready_file.update(path, lambda each: each.with_tenant(OTHER))
    assert ready_file.read(path).tenants == {"acme": TENANT, OTHER.name: OTHER}
    ready_file.update(path, lambda each: each.without_tenant(OTHER.name))
    assert ready_file.read(path) == stack
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_ready_file_takes_no_further_tenant(tmp_path: Path) -> None:
    path = tmp_path / "ready.json"
    replace_json(path, ready_file.ready_json(URLS, TENANT, "C1"))
    with pytest.raises(WrongUse, match="is not a stack file"):
        ready_file.update(path, lambda each: each.with_tenant(OTHER))
