"""``attachment-lab snapshot``: a tenant is saved without its secrets, and goes on elsewhere with new ones."""

from __future__ import annotations

import json
import stat
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from running_kit import Commands, stack_file_for

from attachment_lab.clients.stack_clients import MOCKS
from attachment_lab.errors import LabFailed, WrongUse
from attachment_lab.snapshots import archive
from attachment_lab.snapshots.archive import Snapshot
from attachment_lab.stack import ready_file
from attachment_lab.tenant.credentials import Account, default_tenant, fresh_tenant
from attachment_lab.testing.lab import LabTenant

TENANT = replace(
    default_tenant(),
    more_secrets={"another": "Aa1another-value"},
    more_accounts=(Account(system="cmi", user="second", password="Aa1second-value"),),
)
SNAPSHOT = Snapshot(
    name="n", saved_at="2026-11-30T12:00:00+00:00", version="0", tenant=archive.without_secrets(TENANT), dialects={}
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder of snapshots."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data" / "attachment-lab" / "snapshots"


@pytest.fixture
def commands(tenant: LabTenant, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Commands:
    (tmp_path / "a.txt").write_text("hello")
    return Commands(stack_file_for(tenant, tmp_path / "stack.json"), capsys)


@pytest.fixture
def opened(commands: Commands) -> Iterator[str]:
    """A tenant of its own: these tests close it and open it again with other secrets."""
    name = str(commands.json("tenant", "open")["tenant"])
    yield name
    commands.call("tenant", "close", name)


def guarded(commands: Commands, name: str) -> dict[str, str]:
    return ready_file.read(commands.stack_file).tenants[name].guarded()


@pytest.mark.stack
def test_a_restored_tenant_goes_on_where_it_was_saved(commands: Commands, opened: str, tmp_path: Path) -> None:
    one = ("--tenant", opened)
    commands.json("chat", "--file", tmp_path / "a.txt", "--end", *one)
    begun = commands.json("chat", "--file", tmp_path / "a.txt", *one)["contact_id"]
    before, secrets = commands.json("reconcile", *one), guarded(commands, opened)
    saved = commands.json("snapshot", "save", "middle", *one)
    assert saved["transfers"] == 1
    commands.json("tenant", "close", opened)
    restored = commands.json("snapshot", "restore", "middle")
    assert restored["remarks"] == []
    assert restored["oauth"]["client_secret"] not in secrets.values()
    assert commands.json("reconcile", *one) == before
    ended = commands.json("chat", "--end", begun, *one)
    assert [each["outcome"] for each in ended["attachments"]] == ["stored"]
    assert commands.json("reconcile", *one)["reconciliation"]["ok"]


@pytest.mark.stack
def test_a_snapshot_holds_no_secret_of_its_tenant_and_only_its_owner_may_read_it(
    tenant: LabTenant, commands: Commands, tmp_path: Path
) -> None:
    secret, path = "Aa1a-value-of-the-secrets-manager", tmp_path / "bug.snapshot"
    manager = f"/{tenant.names.tenant_path}/system-configurator/api/secrets"
    tenant.mock("orchestration").post(manager, {"name": "further", "description": secret, "secret": secret})
    person = {"user": "COLLEAGUE", "password": "Aa1a-persons-password"}
    tenant.mock("c4c").post("/_mock/users", person, tenant=tenant.name)
    tenant.chat(files=[("a.txt", b"hello")]).end()
    commands.json("snapshot", "save", "--file", path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with zipfile.ZipFile(path) as opened:
        wanted = tenant.names.guarded() | {"further": secret, "a person's": person["password"]}
        assert list(archive.secrets_in(opened, wanted)) == []
        whole = path.read_bytes()
        assert not any(value.encode() in whole for value in wanted.values())
        assert list(archive.secrets_in(opened, {"the file's content": "hello"})) == ["the file's content"] * 2


@pytest.mark.stack
def test_a_tenant_that_is_open_is_replaced_only_on_demand(commands: Commands, opened: str) -> None:
    commands.json("snapshot", "save", "twice", "--tenant", opened)
    code, _, said = commands.call("snapshot", "restore", "twice")
    assert code == 2
    assert f"tenant {opened} is open in this stack; --replace closes it" in said
    assert commands.json("snapshot", "restore", "twice", "--replace")["tenant"] == opened
    code, _, said = commands.call("snapshot", "save", "twice", "--tenant", opened)
    assert code == 2
    assert "choose another name, or --overwrite it" in said
    assert commands.call("snapshot", "save", "twice", "--tenant", opened, "--overwrite")[0] == 0


@pytest.mark.long
@pytest.mark.stack
def test_a_transfer_in_progress_is_saved_as_failed_and_its_event_can_be_fired_again(
    tenant: LabTenant, commands: Commands, opened: str, tmp_path: Path
) -> None:
    one = ("--tenant", opened)
    fault = ("status", "status=503", "--path", "*Attachment*", "--method", "POST", "--times", "0")
    commands.json("fault", "add", "c4c", *fault, *one)
    assert commands.call("chat", "--file", tmp_path / "a.txt", "--end", "--timeout", "0", *one)[0] == 1
    code, _, said = commands.call("snapshot", "save", "stuck", "--timeout", "0", *one)
    assert code == 1
    assert "--now saves it all the same" in said
    commands.json("snapshot", "save", "stuck", "--now", *one)
    commands.json("tenant", "close", opened)
    commands.json("snapshot", "restore", "stuck")
    [row] = commands.json("reconcile", *one)["attachments"]
    assert row["outcome"] in {"parked", "failed", "no_transfer"}
    [chat] = tenant.mock("cmi").get("/_mock/chats", tenant=opened)["chats"]
    assert [each["outcome"] for each in commands.json("chat", "--end", chat["guid"], *one)["attachments"]] == ["stored"]


def written(path: Path, change: Callable[[dict[str, Any]], None] = lambda _: None) -> Path:
    """A snapshot file with empty archives; ``change`` alters its document."""
    empty = path.with_suffix(".zip")
    with zipfile.ZipFile(empty, "w") as opened:
        opened.writestr("state.json", "{}")
    archive.write(path, SNAPSHOT, dict.fromkeys(MOCKS, empty), {}, overwrite=True)
    with zipfile.ZipFile(path) as opened:
        document = json.loads(opened.read(archive.DOCUMENT))
        content = {name: opened.read(name) for name in opened.namelist()}
    change(document)
    with zipfile.ZipFile(path, "w") as opened:
        for name, each in content.items():
            opened.writestr(name, json.dumps(document) if name == archive.DOCUMENT else each)
    return path


def without_a_mock(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr(archive.DOCUMENT, json.dumps(vars(SNAPSHOT)))
    return path


def damaged(path: Path) -> Path:
    content = written(path).read_bytes()
    at = content.index(b"state.json") - 10
    path.write_bytes(content[:at] + bytes(20) + content[at + 20 :])
    return path


def cut(path: Path) -> Path:
    path.write_bytes(written(path).read_bytes()[:-200])
    return path


def text(path: Path) -> Path:
    path.write_text("no archive")
    return path


def a_folder(path: Path) -> Path:
    path.mkdir()
    return path


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path, "there is no snapshot"),
        (text, "is no zip archive"),
        (cut, "is damaged"),
        (damaged, "is damaged"),
        (without_a_mock, "orchestration.zip is not whole"),
        (lambda path: written(path, lambda it: it.update(format="attachment-lab-snapshot.v9")), "save it again"),
        (lambda path: written(path, lambda it: it.pop("tenant")), "no snapshot"),
        (a_folder, "cannot be read"),
    ],
    ids=["missing", "text", "cut", "damaged", "without a mock", "another version", "another shape", "folder"],
)
def test_a_file_that_cannot_be_restored_is_refused_with_the_reason(
    tmp_path: Path, make: Callable[[Path], Path], words: str
) -> None:
    with pytest.raises(WrongUse, match=words), archive.read(make(tmp_path / "x.snapshot")):
        pytest.fail("it was read")


def test_a_snapshot_that_would_hold_a_secret_is_not_written(tmp_path: Path) -> None:
    content = tmp_path / "c.zip"
    with zipfile.ZipFile(content, "w") as opened:
        opened.writestr("state.json", '{"password": "a-secret-value"}')
    path = tmp_path / "x.snapshot"
    with pytest.raises(LabFailed, match="would hold the password"):
        archive.write(path, SNAPSHOT, {"cmi": content}, {"the password": "a-secret-value"}, overwrite=False)
    assert [each.name for each in tmp_path.iterdir() if each.suffix != ".zip"] == []


def test_restored_names_have_new_secrets_and_the_same_client_and_hosts() -> None:
    found = archive.with_fresh_secrets(json.loads(json.dumps(archive.without_secrets(TENANT))))
    assert not set(found.guarded().values()) & set(TENANT.guarded().values())
    assert found.more_secrets.keys() == TENANT.more_secrets.keys()
    assert [(each.system, each.user) for each in found.more_accounts] == [("cmi", "second")]
    assert (found.client_id, found.cmi_url, found.ids_seed) == (TENANT.client_id, TENANT.cmi_url, TENANT.ids_seed)


def test_no_secret_is_among_the_names_that_are_saved() -> None:
    saved = json.dumps(archive.without_secrets(TENANT))
    hidden = [*TENANT.guarded().values(), *TENANT.more_secrets.values(), *(a.password for a in TENANT.more_accounts)]
    assert [value for value in hidden if value in saved] == []
    assert archive.with_fresh_secrets(archive.without_secrets(fresh_tenant())).more_secrets == {}


@pytest.mark.parametrize("name", ["", "..", "a/b", "x" * 65, "ä"])
def test_a_name_that_is_a_path_or_no_name_is_refused(name: str) -> None:
    with pytest.raises(WrongUse, match="cannot name a snapshot"):
        archive.path_of(name, None)


def test_without_name_and_file_the_remedy_names_both() -> None:
    with pytest.raises(WrongUse, match="name the snapshot, or give its file by --file"):
        archive.path_of(None, None)


def test_a_folder_that_cannot_be_written_is_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WrongUse, match="cannot be written"):
        archive.write(tmp_path / "file" / "x.snapshot", SNAPSHOT, {}, {}, overwrite=False)
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
