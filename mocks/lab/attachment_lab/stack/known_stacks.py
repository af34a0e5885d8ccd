"""Where stacks announce themselves, so that a command finds them from any folder.

Each owner writes one stack file into a folder of the user: ``stack.json``, or ``stack-PID.json`` beside it while that
belongs to another running stack.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from attachment_lab.errors import WrongUse
from attachment_lab.stack import ready_file
from attachment_lab.stack.ready_file import RunningStack

NAME = "stack.json"


def folder(environment: Mapping[str, str] | None = None) -> Path:
    """``$XDG_RUNTIME_DIR/attachment-lab``, else the user's state folder, such as ``~/.local/state/attachment-lab``."""
    runtime = (os.environ if environment is None else environment).get("XDG_RUNTIME_DIR")
    if runtime and Path(runtime).is_dir():
        return Path(runtime) / "attachment-lab"
    from platformdirs import user_state_path  # noqa: PLC0415 - without a runtime folder alone

    return user_state_path("attachment-lab")


def own_path() -> Path:
    """Where a stack of this process announces itself."""
    first = folder() / NAME
    owner = _owner_of(first)
    return first if owner in {None, os.getpid()} else first.with_name(f"stack-{os.getpid()}.json")


def running_path() -> Path:
    """The file of the stack that is running. Raises WrongUse when there is none, or when there are several."""
    found = dict(_running())
    if len(found) == 1:
        return next(iter(found))
    if not found:
        raise WrongUse(f"no stack is running (none is announced in {folder()}); start one with `attachment-lab up`")
    lines = [f"  --stack {path}  ({_described(stack)})" for path, stack in found.items()]
    raise WrongUse("\n".join([f"{len(found)} stacks are running; choose one:", *lines]))


def _running() -> Iterator[tuple[Path, RunningStack]]:
    for path in sorted(folder().glob("stack*.json")):
        if _owner_of(path) is not None:
            yield path, ready_file.read(path)


def _described(stack: RunningStack) -> str:
    return f"console {stack.urls.get('console', '–')}, tenants {', '.join(stack.tenants)}, files in {stack.run_dir}"


def _owner_of(path: Path) -> int | None:
    """The process that owns the stack of this file; None when it has gone, or the file is none of ours."""
    try:
        pid = ready_file.read(path).pid
        if pid is None:
            return None
        os.kill(pid, 0)
    except (WrongUse, ProcessLookupError):
        return None
    except PermissionError:
        return pid
    return pid
