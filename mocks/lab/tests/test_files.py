"""The customer's files, checked with the programs that read such files."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import av
import docx
import openpyxl
import pytest
from PIL import Image

from attachment_lab.demo.files import LARGE_FILE_BYTES, MANIFEST, CustomerFile, customer_files, sha256_of

#: Building the files takes seconds: one worker builds them for all tests here.
pytestmark = pytest.mark.xdist_group("files")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> list[CustomerFile]:
    return customer_files(tmp_path_factory.mktemp("files") / "one")


@pytest.fixture(scope="module")
def built_again(tmp_path_factory: pytest.TempPathFactory) -> list[CustomerFile]:
    return customer_files(tmp_path_factory.mktemp("files") / "two")


def of(built: list[CustomerFile], ending: str) -> Iterator[Path]:
    found = [f.path for f in built if f.path.name.endswith(ending)]
    assert found, f"no file ends in {ending}"
    return iter(found)


@pytest.mark.long
def test_two_builds_in_two_folders_give_equal_bytes(built: list[CustomerFile], built_again: list[CustomerFile]) -> None:
    assert [(f.name, sha256_of(f.path)) for f in built] == [(f.name, sha256_of(f.path)) for f in built_again]


def test_the_set_has_at_least_fourteen_files_of_many_types(built: list[CustomerFile]) -> None:
    assert len(built) >= 14
    assert len({f.content_type for f in built}) >= 9


def test_pictures_are_whole_and_the_photograph_is_megabytes_large(built: list[CustomerFile]) -> None:
    for path in [*of(built, ".jpg"), *of(built, ".png")]:
        with Image.open(path) as picture:
            picture.verify()
    photo = next(of(built, "photo.jpg"))
    assert 3_000_000 <= photo.stat().st_size <= 6_000_000
    with Image.open(photo) as picture:
        assert picture.getexif()[0x010F] == "Canon"
        assert picture.getexif().get_ifd(0x8769)[0x9003] == "2026:11:18 14:22:33"


def test_papers_open_in_the_libraries_that_read_them(built: list[CustomerFile]) -> None:
    assert docx.Document(str(next(of(built, ".docx")))).tables[0].rows[3].cells[0].text == "Mirror – Größe L"
    assert openpyxl.load_workbook(next(of(built, ".xlsx")))["Stückliste"]["B401"].value == "Teil 0400"
    with zipfile.ZipFile(next(of(built, ".zip"))) as archive:
        assert archive.testzip() is None
        assert "Unterlagen/Übersicht.xlsx" in archive.namelist()


def test_no_zip_entry_carries_the_time_of_the_build(built: list[CustomerFile]) -> None:
    for ending in (".docx", ".xlsx", ".zip"):
        with zipfile.ZipFile(next(of(built, ending))) as archive:
            assert {info.date_time for info in archive.infolist()} == {(2026, 11, 17, 9, 30, 0)}


@pytest.mark.parametrize(("ending", "pages"), [("contract.pdf", 7), ("quote.pdf", 2), ("hostile.pdf", 1)])
def test_each_pdf_has_its_pages(built: list[CustomerFile], ending: str, pages: int) -> None:
    content = next(of(built, ending)).read_bytes()
    assert content.startswith(b"%PDF-")
    assert content.rstrip().endswith(b"%%EOF")
    assert f"/Count {pages}".encode() in content


def test_the_voice_note_and_the_video_play_for_seconds(built: list[CustomerFile]) -> None:
    with av.open(str(next(of(built, ".ogg")))) as sound:
        assert sound.streams.audio[0].codec_context.name == "opus"
        assert sum(frame.samples for frame in sound.decode(audio=0)) >= 5 * 48_000
    with av.open(str(next(of(built, ".mp4")))) as moving:
        frames = [frame.to_ndarray(format="gray") for frame in moving.decode(video=0)]
    assert len(frames) == 75
    assert (frames[0] != frames[-1]).any()


def test_one_file_has_25_mebibytes_and_one_has_none(built: list[CustomerFile]) -> None:
    assert next(of(built, "log.csv")).stat().st_size == LARGE_FILE_BYTES == 25 * 1024 * 1024
    assert next(of(built, "empty.txt")).stat().st_size == 0


def test_two_different_files_bear_the_same_name(built: list[CustomerFile]) -> None:
    first, second = (f.path for f in built if f.name == "image.jpg")
    assert sha256_of(first) != sha256_of(second)


def test_hostile_names_never_become_paths(built: list[CustomerFile]) -> None:
    names = {f.name for f in built}
    assert "見積書 2026年11月.pdf" in names
    assert "../\u202efdp.فاتورة\\..\\rechnung.pdf" in names
    folder = built[0].path.parent
    assert all(f.path.resolve().parent == folder.resolve() and f.path.name.isascii() for f in built)


def test_a_finished_folder_is_reused_untouched(built: list[CustomerFile]) -> None:
    before = [f.path.stat().st_mtime_ns for f in built]
    assert customer_files(built[0].path.parent) == built
    assert [f.path.stat().st_mtime_ns for f in built] == before


@pytest.mark.long
def test_a_damaged_or_half_built_folder_is_rebuilt(built: list[CustomerFile], built_again: list[CustomerFile]) -> None:
    victim = built_again[1].path
    victim.write_bytes(b"damaged")
    customer_files(victim.parent)
    assert sha256_of(victim) == sha256_of(built[1].path)
    (victim.parent / MANIFEST).unlink()
    customer_files(victim.parent)
    assert (victim.parent / MANIFEST).exists()
