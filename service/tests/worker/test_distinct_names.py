"""Two files of one name in a transfer: both are kept, and told apart."""

from __future__ import annotations

from fakes import File
from hypothesis import given
from hypothesis import strategies as st
from policy_kit import PolicyStack
from worker_kit import a_file

from attachment_transfer.core.names import MAX_NAME_CHARACTERS, comparable, distinct_names, safe_name, storable


def distinct(*names: str, taken: tuple[str, ...] = ()) -> list[str]:
    return distinct_names(names, taken=taken)


def test_the_first_keeps_its_name_and_the_next_are_counted() -> None:
    assert distinct("image.jpg", "image.jpg", "image.jpg") == ["image.jpg", "image (2).jpg", "image (3).jpg"]


def test_names_that_differ_in_case_only_are_the_same_name() -> None:
    assert distinct("Image.JPG", "image.jpg") == ["Image.JPG", "image (2).jpg"]
    assert distinct("Straße.txt", "STRASSE.TXT") == ["Straße.txt", "STRASSE (2).TXT"]


def test_a_name_without_an_extension_is_counted_at_its_end() -> None:
    assert distinct("README", "README") == ["README", "README (2)"]


def test_a_counted_name_that_somebody_sent_is_left_to_its_sender() -> None:
    assert distinct("a.txt", "a (2).txt", "a.txt") == ["a.txt", "a (2).txt", "a (3).txt"]
    assert distinct("a.txt", "a.txt", "a (2).txt") == ["a.txt", "a (2).txt", "a (2) (2).txt"]


def test_a_name_of_an_earlier_round_is_taken() -> None:
    assert distinct("a.txt", taken=("A.TXT",)) == ["a (2).txt"]


def test_the_longest_name_makes_room_for_its_number_and_keeps_its_extension() -> None:
    name = "n" * (MAX_NAME_CHARACTERS - 5) + ".jpeg"
    first, second = distinct(name, name)
    assert first == name
    assert len(second) == MAX_NAME_CHARACTERS
    assert second.endswith("n (2).jpeg")


@given(st.lists(st.sampled_from(["a.txt", "A.txt", "a (2).txt", "b", "n" * 255, "n" * 250 + ".jpeg"]), max_size=12))
def test_no_two_names_are_alike_and_all_are_safe(names: list[str]) -> None:
    found = distinct(*names)
    assert len({comparable(name) for name in found}) == len(names)
    assert [safe_name(name) for name in found] == found
    assert distinct(*names) == found


def test_text_that_a_database_cannot_hold_is_made_storable() -> None:
    assert storable("a\0b\ud83dc") == "ab?c"


def test_both_files_of_one_name_reach_c4c(policy_stack: PolicyStack) -> None:
    stack = policy_stack
    stack.cmi.files = [a_file(1, name="image.jpg"), a_file(2, name="IMAGE.jpg"), a_file(3, name="dir/image.jpg")]
    stack.event()
    stack.run()
    assert stack.stored_names() == ["image.jpg", "IMAGE (2).jpg", "image (3).jpg"]
    assert len(set(stack.c4c.sums())) == 3


def test_known_files_keep_their_names_when_another_of_the_name_comes(policy_stack: PolicyStack) -> None:
    stack = policy_stack
    stack.cmi.files = [a_file(1, name="image.jpg"), a_file(2, name="image.jpg")]
    stack.event()
    stack.run()
    stack.cmi.files.insert(0, a_file(3, name="image.jpg"))
    stack.event()
    stack.run()
    assert stack.stored_names() == ["image.jpg", "image (2).jpg", "image (3).jpg"]


def test_where_it_is_switched_off_both_go_by_the_same_name(policy_stack: PolicyStack) -> None:
    stack = policy_stack
    stack.distinct_names = False
    stack.start()
    stack.cmi.files = [a_file(1, name="image.jpg"), a_file(2, name="image.jpg")]
    stack.event()
    stack.run()
    assert stack.stored_names() == ["image.jpg", "image.jpg"]
    assert len(set(stack.c4c.sums())) == 2


def test_a_name_that_no_database_can_hold_does_not_stop_the_transfer(policy_stack: PolicyStack) -> None:
    stack = policy_stack
    stack.cmi.files = [File(id="f1", name="a\0\ud83d.png", content=b"1"), a_file(2)]
    stack.event()
    stack.run()
    assert stack.states() == ["stored", "stored"]
    assert stack.stored_names()[0] == "a_.png"
