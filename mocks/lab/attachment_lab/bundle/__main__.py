"""``python -m attachment_lab.bundle``: write the archive. Exit 0 good, 1 failed, 2 wrong use."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from attachment_contract.terminal import SafeConsole
from attachment_lab.bundle import archive, engine
from attachment_lab.bundle.archive import collect_wheels
from attachment_lab.bundle.contents import BundleContents, read_contents, refuse_build_traces
from attachment_lab.errors import WrongUse
from attachment_lab.exits import run_command

NAME = "attachment-transfer-bundle"


@click.command(help=(__doc__ or "").partition(":")[2].strip())
@click.option("--compose-file", type=click.Path(path_type=Path), default="docker-compose.yml", show_default=True)
@click.option("--profile", "profiles", multiple=True, help="A compose profile; default: COMPOSE_PROFILES.")
@click.option("--with", "extra", type=click.Path(path_type=Path), multiple=True, help="One more file to include.")
@click.option("--lock", "locks", type=click.Path(path_type=Path), multiple=True, help="Add this lock's wheels.")
@click.option("--out", type=click.Path(path_type=Path), default=f"dist/{NAME}.tar", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, nothing else.")
def main(
    *,
    compose_file: Path,
    profiles: tuple[str, ...],
    extra: tuple[Path, ...],
    locks: tuple[Path, ...],
    out: Path,
    as_json: bool,
) -> None:
    """Everything is checked before the first byte is written."""
    say = SafeConsole(stderr=True, soft_wrap=True)
    stack = read_contents(compose_file, profiles=profiles, extra=extra)
    images = tuple(engine.inspect(name) for name in stack.images)
    refuse_build_traces(images)
    written = write(stack, images, locks, out, say)
    result = {
        "path": str(written.path),
        "size_bytes": written.size_bytes,
        "sha256": written.sha256,
        "images": {image.name: image.image_id for image in images},
    }
    if as_json:
        click.echo(json.dumps(result, indent=2))
        return
    click.echo(f"{written.path}: {written.size_bytes / 1e6:.0f} MB, sha256 {written.sha256}")
    click.echo("On the other machine: unpack it with tar, then see README.md, or: ./load.sh up")


def write(
    stack: BundleContents, images: Sequence[engine.Image], locks: Sequence[Path], out: Path, say: SafeConsole
) -> archive.BundleArchive:
    """Write the archive to ``out``. Its parts are kept beside it until then, and need as much space as the archive."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".bundle-", dir=out.parent))
    except OSError as exc:
        raise WrongUse(f"--out {out}: {exc.strerror or exc}. Remedy: a folder that you may write to") from exc
    try:
        folder = work / NAME
        if locks:
            say.print("bundle: fetching the wheels of the lock")
            collect_wheels(stack.root, locks, folder / archive.WHEELS_FOLDER)
            archive.add_locks(folder, locks)
        with _bar(say) as bar:
            task = bar.add_task(f"saving {len(images)} images", total=None)
            archive.fill(folder, stack, images, lambda count: bar.advance(task, count))
        say.print("bundle: checksums and archive")
        return archive.write_archive(folder, out)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _bar(say: SafeConsole) -> Progress:
    columns = (TextColumn("bundle: {task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    return Progress(*columns, console=say)


if __name__ == "__main__":
    sys.exit(run_command(main, "bundle", sys.argv[1:]))
