"""The archive: one folder, each file with its checksum; the same input gives the same order and dates.

For a machine that has Python and no network it includes the wheels of the three distributions and of every locked
package.
"""

from __future__ import annotations

import gzip
import hashlib
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from attachment_lab.bundle.contents import BundleContents
from attachment_lab.bundle.engine import CHUNK_BYTES, Image, saved
from attachment_lab.errors import LabFailed, WrongUse

IMAGES_FILE = "images.tar.gz"
LIST_FILE = "images.txt"
SUMS_FILE = "SHA256SUMS"
STACK_FOLDER = "stack"
WHEELS_FOLDER = "wheels"
LOCKS_FOLDER = "requirements"

#: Layers contain much compressed data; a higher level costs minutes and saves a few percent.
_LEVEL = 4

Progress = Callable[[int], None]


@dataclass(frozen=True, kw_only=True)
class BundleArchive:
    """The written archive: path, size and its own checksum."""

    path: Path
    size_bytes: int
    sha256: str


def fill(folder: Path, stack: BundleContents, images: Sequence[Image], progress: Progress) -> None:
    """Put images, compose file and instructions into ``folder``. ``progress`` is called with uncompressed bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in stack.files:
        copy = folder / STACK_FOLDER / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(stack.root / path, copy)
        copy.chmod(0o755 if (stack.root / path).stat().st_mode & 0o100 else 0o644)
    for name in ("load.sh", "README.md"):
        text = resources.files("attachment_lab.bundle").joinpath("data", name).read_text(encoding="utf-8")
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "load.sh").chmod(0o755)
    lines = [f"{image.image_id} {image.platform} {image.name}\n" for image in images]
    (folder / LIST_FILE).write_text("".join(lines), encoding="utf-8")
    _save([image.name for image in images], folder / IMAGES_FILE, progress)


def add_locks(folder: Path, locks: Sequence[Path]) -> None:
    """Add the locks of the wheels: the other machine verifies the wheels with them."""
    (folder / LOCKS_FOLDER).mkdir(parents=True, exist_ok=True)
    for lock in locks:
        shutil.copyfile(lock, folder / LOCKS_FOLDER / lock.name)


def write_archive(folder: Path, out: Path) -> BundleArchive:
    """Write the checksums and then the archive; an incomplete one never has the name ``out``."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SUMS_FILE)
    sums = [f"{_sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in files]
    (folder / SUMS_FILE).write_text("".join(sums), encoding="utf-8")
    part = out.with_name(out.name + ".part")
    try:
        with tarfile.open(part, "w", format=tarfile.PAX_FORMAT) as archive:
            for path in [*files, folder / SUMS_FILE]:
                name = f"{folder.name}/{path.relative_to(folder).as_posix()}"
                archive.add(path, name, recursive=False, filter=_undated)
        part.replace(out)
    except OSError as exc:
        part.unlink(missing_ok=True)
        raise WrongUse(f"--out {out}: {exc.strerror or exc}. Remedy: a writable folder with enough space") from exc
    return BundleArchive(path=out, size_bytes=out.stat().st_size, sha256=_sha256(out))


def _save(names: Sequence[str], to: Path, progress: Progress) -> None:
    with (
        saved(names) as stream,
        to.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=raw, mtime=0) as packed,
    ):
        while chunk := stream.read(CHUNK_BYTES):
            packed.write(chunk)
            progress(len(chunk))


def _undated(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """The member without owner and date."""
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = "root"
    member.mode = 0o755 if member.mode & 0o100 else 0o644
    return member


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


#: The folders of the three distributions: attachment-contract, attachment-transfer, attachment-lab.
PROJECTS = ("contract_tests", "service", "mocks")


class WheelsFailed(LabFailed):
    """pip could not download or build what the lock names."""


def collect_wheels(project: Path, locks: Sequence[Path], to: Path) -> None:
    """Put the wheels that the locks pin, hashes checked, and those of the three distributions into ``to``.

    ``project`` is the repository's root. The wheels are for the Python and the platform that run this. Raises WrongUse
    for a lock that is not there and WheelsFailed with pip's message.
    """
    to.mkdir(parents=True, exist_ok=True)
    for lock in locks:
        if not lock.is_file():
            raise WrongUse(f"--lock {lock}: there is no such file. Remedy: name a file of requirements/")
        _pip("download", "--require-hashes", "--only-binary", ":all:", "--dest", str(to), "--requirement", str(lock))
    sources = [str(project / folder) for folder in PROJECTS]
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(to), *sources)


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = (done.stderr.strip() or "no reason was printed").splitlines()[-1]
        raise WheelsFailed(f"pip {arguments[0]}: {reason}. Remedy: check that pip reaches a package index")
