"""The demo's customers: every state occurs, the files have their declared types, and the invariants hold."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from attachment_lab.demo.files import sha256_of
from attachment_lab.demo.seeds.files import RECIPES, seed_files
from attachment_lab.demo.seeds.load import load
from attachment_lab.demo.seeds.script import read_script, scripted_chats
from attachment_lab.testing.lab import LabTenant

#: With those on the stack: building the files takes seconds, and one worker builds them.
pytestmark = pytest.mark.xdist_group("lab")


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All files, built once for these tests."""
    path = tmp_path_factory.mktemp("seeds")
    seed_files(path)
    return path


def test_three_people_hold_a_dozen_chats_in_every_state() -> None:
    chats = scripted_chats()
    assert len({chat.person.name for chat in chats}) == 3
    assert len({chat.person.language for chat in chats}) == 3
    assert Counter(chat.end for chat in chats) == {"wrapped": 6, "ended": 2, "open": 2, "waiting": 2}


def test_every_file_that_is_sent_exists_and_every_file_is_sent() -> None:
    sent = [line.file for chat in scripted_chats() for line in chat.lines if line.file]
    assert sorted(sent) == sorted(RECIPES)


@pytest.mark.long
def test_the_files_are_the_same_bytes_each_time(directory: Path, tmp_path: Path) -> None:
    first, second = seed_files(directory), seed_files(tmp_path)
    assert {key: sha256_of(file.path) for key, file in first.items()} == {
        key: sha256_of(file.path) for key, file in second.items()
    }


def test_files_that_are_there_are_not_built_again(directory: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in directory.iterdir()}
    seed_files(directory)
    assert {path.name: path.stat().st_mtime_ns for path in directory.iterdir()} == before


def test_the_pictures_can_be_opened(directory: Path) -> None:
    for file in seed_files(directory).values():
        if file.content_type.startswith("image/"):
            with Image.open(file.path) as picture:
                picture.verify()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ('end = "asleep"\nlines = [{text="x"}]', "end 'asleep' is none of"),
        ('end = "open"\nlines = [{text="x", file="a"}]', "a text or a file"),
        ('end = "ended"\nfault = {file="b", kind="gone"}\nlines = [{file="a"}]', "the fault's file is none of a"),
        ('end = "open"\nfault = {file="a", kind="gone"}\nlines = [{file="a"}]', "only after the chat has ended"),
    ],
)
def test_a_contradictory_script_is_refused_with_the_number_of_its_chat(change: str, says: str) -> None:
    person = '[[customer]]\nid="p"\nname="P"\nemail="p@x"\nlanguage="EN"\nchannel="web"\nagent="A"\n'
    with pytest.raises(ValueError, match=f"chat 1: .*{says}"):
        read_script(f'{person}[[chat]]\ncustomer = "p"\n{change}\n')


@pytest.mark.stack
def test_the_invariants_hold_once_they_are_loaded_and_a_fault_affects_its_own_chat(tenant: LabTenant) -> None:
    lines: list[str] = []
    loaded = load(tenant.lab.stack.clients, tenant.names, on_chat=lines.append)
    assert len(loaded.chats) == len(lines) == 12
    transfers = tenant.transfers()
    states = Counter((each.state, each.outcome) for each in transfers)
    assert states == {("settled", "stored"): 6, ("settled", "no_attachments"): 1, ("parked", "partly_stored"): 1}
    chats = tenant.mock("cmi").get("/_mock/chats", tenant=tenant.name)["chats"]
    assert Counter(chat["status"] for chat in chats) == {"Handled": 6, "Ended": 2, "Accepted": 2, "Queued": 2}
    names = [each.name for each in tenant.stored()]
    assert len(names) == len(set(names)) == 14, "the lost answer made no second copy, the gone file is not there"
    scripted = zip(loaded.chats, scripted_chats(), strict=True)
    # A file that is gone is given up at once.
    broken = {guid for guid, chat in scripted if chat.fault and chat.fault[1] != "gone"}
    assert broken
    assert {each.chat for each in transfers if each.rounds > 1} == broken


@pytest.mark.long
@pytest.mark.stack
def test_they_can_be_loaded_twice(tenant: LabTenant) -> None:
    load(tenant.lab.stack.clients, tenant.names)
    load(tenant.lab.stack.clients, tenant.names)
    assert len(tenant.transfers()) == 16
