"""The snapshot file: a zip archive that only its owner may read, with ``snapshot.json`` and one archive per mock.

It holds no secret. Values of secrets are made when a snapshot is restored; which ones there are is in ``tenant``.
"""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import platformdirs

from attachment_lab.clients.stack_clients import MOCKS
from attachment_lab.errors import LabFailed, WrongUse
from attachment_lab.tenant.credentials import Account, TenantNames, fresh_secrets, new_password

FORMAT = "attachment-lab-snapshot.v1"
DOCUMENT = "snapshot.json"
SUFFIX = ".snapshot"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SECRET_MEMBERS = ("client_secret", "api_key", "cmi_password", "c4c_password")
_PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What the file says beside the mocks' archives.

    Attributes:
        saved_at: RFC 3339, UTC.
        tenant: members of ``TenantNames`` without the values of secrets.
        dialects: per mock, its switches.
        service_offset_s: how far the service's clock was ahead of the wall clock.
        ledger: the service's rows of this tenant (``ledger_rows``); None where its database could not be read.
    """

    name: str
    saved_at: str
    version: str
    tenant: Mapping[str, Any]
    dialects: Mapping[str, Mapping[str, Any]]
    service_offset_s: float = 0.0
    ledger: Mapping[str, Any] | None = None
    format: str = field(default=FORMAT)


def folder() -> Path:
    """Where snapshots lie that are named, not given as a file."""
    return platformdirs.user_data_path("attachment-lab") / "snapshots"


def path_of(name: str | None, file: Path | None) -> Path:
    """The file of a snapshot. Raises WrongUse for a name that cannot be one, and without a name."""
    if file is not None:
        return file
    if name is None:
        raise WrongUse("name the snapshot, or give its file by --file")
    if not _NAME.fullmatch(name):
        raise WrongUse(f"{name[:80]!r} cannot name a snapshot: 1 to 64 letters, digits, dots, dashes or underscores")
    return folder() / f"{name}{SUFFIX}"


def known() -> list[str]:
    """Names of the snapshots in the folder."""
    return sorted(path.name.removesuffix(SUFFIX) for path in folder().glob(f"*{SUFFIX}"))


def without_secrets(names: TenantNames) -> dict[str, Any]:
    """The tenant's names as JSON; secrets by name alone."""
    found = names.to_json()
    for member in _SECRET_MEMBERS:
        del found[member]
    found["more_secrets"] = sorted(names.more_secrets)
    found["more_accounts"] = [{"system": each.system, "user": each.user} for each in names.more_accounts]
    return found


def with_fresh_secrets(tenant: Mapping[str, Any]) -> TenantNames:
    """The tenant's names with new values for every secret; its OAuth client and its ids stay the same."""
    accounts = tuple(Account(**each, password=new_password()) for each in tenant["more_accounts"])
    secrets = fresh_secrets() | {"more_secrets": {name: new_password() for name in tenant["more_secrets"]}}
    return replace(TenantNames.from_json({**tenant, **secrets, "more_accounts": ()}), more_accounts=accounts)


def write(
    path: Path, snapshot: Snapshot, archives: Mapping[str, Path], guarded: Mapping[str, str], *, overwrite: bool
) -> None:
    """Write the file, mode 0600: it appears whole or not at all.

    Args:
        archives: per mock, its archive.
        guarded: secrets that must not be in it, by a name that may be printed.

    Raises WrongUse for a name that is taken or a path that cannot be written, LabFailed when a secret would be in it.
    """
    if path.exists() and not overwrite:
        raise WrongUse(f"there is a snapshot {path} already; choose another name, or --overwrite it")
    fresh = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(fresh, snapshot, archives)
        with _opened(fresh) as archive:
            for what in secrets_in(archive, guarded):
                raise LabFailed(f"the snapshot would hold {what}; nothing was written")
        fresh.replace(path)
    except OSError as exc:
        raise WrongUse(f"{str(path)[:200]} cannot be written: {exc.strerror}; choose another by --file") from exc
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)


def _write(path: Path, snapshot: Snapshot, archives: Mapping[str, Path]) -> None:
    with (
        os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as sink,
        zipfile.ZipFile(sink, "w") as archive,
    ):
        archive.writestr(DOCUMENT, json.dumps(asdict(snapshot), indent=1))
        for mock, content in archives.items():
            archive.write(content, f"{mock}.zip")


@contextmanager
def read(path: Path) -> Iterator[tuple[Snapshot, zipfile.ZipFile]]:
    """The snapshot of a file, and the archive with ``{mock}.zip``.

    Raises WrongUse for a file that is missing, damaged, none of ours, or of another version of the format.
    """
    with _opened(path) as archive:
        try:
            document = json.loads(archive.read(DOCUMENT))
            found = document["format"]
            if found != FORMAT:
                raise WrongUse(f"{path} has the format {found!r}, this program reads {FORMAT!r}: save it again")
            snapshot = Snapshot(**document)
            damaged = archive.testzip() or next((f"{m}.zip" for m in MOCKS if f"{m}.zip" not in archive.namelist()), "")
        except (KeyError, TypeError, ValueError, zipfile.BadZipFile, EOFError) as exc:
            raise WrongUse(
                f"{path} is damaged, or no snapshot: {DOCUMENT} cannot be read ({type(exc).__name__})"
            ) from exc
        if damaged:
            raise WrongUse(f"{path} is damaged: {damaged} is not whole; save the snapshot again")
        yield snapshot, archive


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError:
        listed = ", ".join(known()) or "none"
        raise WrongUse(f"there is no snapshot {path}; saved ones: {listed}") from None
    except OSError as exc:
        raise WrongUse(f"{str(path)[:200]} cannot be read: {exc.strerror}; name a snapshot's file") from exc
    except (zipfile.BadZipFile, ValueError):
        raise WrongUse(f"{path} is damaged, or no snapshot: it is no zip archive") from None
    with archive:
        yield archive


def secrets_in(archive: zipfile.ZipFile, guarded: Mapping[str, str]) -> Iterator[str]:
    """Names of the secrets that occur in any member, or in a member of an archive inside it."""
    for member in archive.namelist():
        if member.endswith(".zip"):
            with archive.open(member) as inner, zipfile.ZipFile(inner) as opened:
                yield from secrets_in(opened, guarded)
            continue
        with archive.open(member) as stream:
            yield from _found_in(iter(lambda: stream.read(_PIECE_BYTES), b""), guarded)


def _found_in(pieces: Iterable[bytes], guarded: Mapping[str, str]) -> Iterator[str]:
    """A secret may lie across two pieces, so the end of one is searched with the next."""
    wanted = {what: secret.encode() for what, secret in guarded.items()}
    overlap, before = max(map(len, wanted.values()), default=1), b""
    for piece in pieces:
        text = before + piece
        yield from (what for what, secret in wanted.items() if secret in text)
        before = text[-overlap:]
