"""Every code block of README and docs runs as written, or says why not; every command that they name exists."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from documentation_blocks import ROOT, SHELL, Block, blocks, pages

from attachment_lab.__main__ import cli
from attachment_lab.stack.processes import Command, StackProcesses
from attachment_lab.tenant.credentials import example_integration_json
from mock_kit.testing import free_port

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
CI = (ROOT / ".ci/run").read_text(encoding="utf-8")
PROGRAMS = ("attachment-lab", "attachment-transfer", "attachment-contract")
#: Of these lines only the words are checked: they stay up until they are stopped; `.ci/run` and other tests run them.
STAYS_UP = (("attachment-lab", "up"), ("attachment-lab", "demo"))
ALL = blocks()
COMMANDS = [block for block in ALL if block.language in SHELL and not block.how]
SCRIPTS = [block for block in ALL if block.how == "bash" or block.how.startswith("serves ")]
PYTHON = [block for block in ALL if block.language == "python" and not block.how]
MODULES = [block for block in PYTHON if "def test_" in block.text]
SNIPPETS = [block for block in PYTHON if block not in MODULES]

pytestmark = pytest.mark.stack


def named(block: Block) -> str:
    return block.place


def test_every_block_is_run_or_says_why_not() -> None:
    runs = ("bash", "serves /", "run by ", "not run: ")
    unclear = [
        block.place
        for block in ALL
        if block.language and block not in COMMANDS and block not in PYTHON and not block.how.startswith(runs)
    ]
    assert unclear == []


def test_a_block_without_a_language_is_a_figure_and_holds_no_command() -> None:
    command = re.compile(r"^(?:\$ )?(?:curl|python3?|make|pip|docker|\.venv/bin/\S+|attachment-[a-z]+) ", re.MULTILINE)
    assert [block.place for block in ALL if not block.language and command.search(block.text)] == []


def test_what_a_block_says_to_be_run_by_exists() -> None:
    claimed = [(block.place, block.how.removeprefix("run by ")) for block in ALL if block.how.startswith("run by ")]
    assert [(place, path) for place, path in claimed if not (ROOT / path.partition("::")[0]).is_file()] == []


def test_every_make_target_that_is_named_exists_and_those_in_blocks_are_run_by_ci_or_nightly() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", MAKEFILE, re.MULTILINE))
    texts = {path: (ROOT / path).read_text(encoding="utf-8") for path in pages()}
    words = {(path, word) for path, text in texts.items() for word in re.findall(r"`make ([a-z0-9-]+)", text)}
    in_blocks = {(block.place, _target(line)) for block in COMMANDS for line in block.commands() if _target(line)}
    assert sorted((path, word) for path, word in words | in_blocks if word not in targets) == []
    run = set(re.findall(r"(?:make|twice) ([a-z0-9-]+)", CI)) | set(_needs("nightly")) | {"nightly"}
    assert sorted((place, word) for place, word in in_blocks if word not in run) == []


def _target(line: str) -> str:
    found = re.match(r"make ([a-z0-9-]+)", line)
    return found[1] if found else ""


def _needs(target: str) -> list[str]:
    found = re.search(rf"^{target}:([^#\n]*)", MAKEFILE, re.MULTILINE)
    return found[1].split() if found else []


def test_every_command_line_that_the_pages_name_in_passing_is_one_that_the_lab_has() -> None:
    wrong = []
    for path in pages():
        for code in re.findall(r"`((?:\.venv/bin/)?attachment-lab [^`…]+)`", (ROOT / path).read_text(encoding="utf-8")):
            words = [word for word in code.split()[1:] if re.fullmatch(r"[a-z-]+", word)]
            if not _has_command(words):
                wrong.append((path, code))
    assert wrong == []


def _has_command(words: list[str]) -> bool:
    found: click.Command = cli
    for word in words:
        if not isinstance(found, click.Group):
            return True
        if word.startswith("-"):
            return any(word in option.opts for option in found.params)
        with click.Context(found) as context:
            below = found.get_command(context, word)
        if below is None:
            return False
        found = below
    return True


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a reader sits: the project's pages and pictures, files of their own, and ``.venv`` with the programs."""
    made = tmp_path_factory.mktemp("reader")
    (made / "my-integration.json").write_bytes(example_integration_json())
    (made / "integrations").mkdir()
    (made / "integrations" / "one.json").write_bytes(example_integration_json())
    (made / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0 a photo")
    (made / "contract.pdf").write_bytes(b"%PDF-1.4 a contract")
    for name in ("README.md", "docs"):
        (made / name).symlink_to(ROOT / name)
    (made / ".venv").mkdir()
    (made / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    return made


@pytest.fixture(scope="module")
def environment(folder: Path) -> dict[str, str]:
    """The reader's environment: the programs on the path, and a runtime folder of their own."""
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return os.environ | {
        "PATH": path,
        "XDG_RUNTIME_DIR": str(runtime),
        "XDG_DATA_HOME": str(folder / "data"),
        "COLUMNS": "120",
    }


@pytest.fixture(scope="module")
def running_stack(folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """``attachment-lab up`` in another terminal; it ends with this process, however that ends."""
    ready = folder / "ready.json"
    arguments = ["up", "--port-base", "0", "--fault-proxy", "--ready-file", str(ready)]
    runtime = {"XDG_RUNTIME_DIR": environment["XDG_RUNTIME_DIR"]}
    processes = StackProcesses(folder)
    try:
        up = processes.start(Command(name="up", module="attachment_lab", arguments=arguments, environment=runtime))
        processes.wait_until(lambda: ready.is_file() and bool(ready.read_text()), process=up, status=lambda: "starting")
        yield
    finally:
        processes.stop()


@pytest.mark.long
@pytest.mark.parametrize("block", COMMANDS, ids=named)
def test_the_commands_of_a_block_run_as_written(
    block: Block, folder: Path, environment: dict[str, str], request: pytest.FixtureRequest
) -> None:
    for line in block.commands():
        if _target(line):
            continue  # the test of make targets
        words = shlex.split(line)
        program = Path(words[0]).name
        assert program in PROGRAMS, f"{block.place}: only this project's commands run without a docs comment: {line}"
        if (program, words[1]) in STAYS_UP:
            _parse(words[1:])
            continue
        if program == "attachment-lab" and words[1] not in {"check", "dry-run"}:
            request.getfixturevalue("running_stack")
        done = subprocess.run(
            words, check=False, cwd=folder, env=environment, capture_output=True, text=True, timeout=240
        )
        assert done.returncode == 0, f"{block.place}: {line}\n{done.stdout}{done.stderr}"


def _parse(arguments: list[str]) -> None:
    """Read a command line as click does, without running it. Raises click.UsageError."""
    command: click.Command = cli
    context = click.Context(cli, info_name="attachment-lab")
    while isinstance(command, click.Group):
        name, command, arguments = command.resolve_command(context, arguments)  # type: ignore[assignment]
        assert name is not None
    command.make_context(command.name, list(arguments), parent=context)


@pytest.mark.long
@pytest.mark.parametrize("block", SCRIPTS, ids=named)
def test_a_script_runs_as_written_on_free_ports(block: Block, folder: Path, environment: dict[str, str]) -> None:
    """Ports of the page are exchanged for free ones; a line that serves is up when its address answers."""
    if shutil.which("curl") is None:
        pytest.fail("no curl on this machine; remedy: apt-get install curl", pytrace=False)
    script = _on_free_ports(block)
    with (folder / "script.log").open("wb") as log:
        running = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        code = running.wait(240)
    finally:
        os.killpg(running.pid, signal.SIGTERM) if _group_lives(running.pid) else None
    assert code == 0, f"{block.place}\n{(folder / 'script.log').read_text(errors='replace')}"


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _on_free_ports(block: Block) -> str:
    """The block with its ports exchanged; what it starts last in the foreground is started, waited for and stopped."""
    first = next(
        (each for each in ALL if each.path == block.path and each.how.startswith("serves ") and each != block), None
    )
    before = f"{_served(first)}\n" if first else ""
    script = before + (_served(block) if block.how.startswith("serves ") else block.text)
    ports = sorted(set(re.findall(r"\b[89]1\d\d\b", script)))
    for port in ports:
        script = re.sub(rf"\b{port}\b", str(free_port()), script)
    return script


def _served(block: Block) -> str:
    path = block.how.removeprefix("serves ").split()[0]
    port = re.search(r"--port (\d+)", block.text)
    url = f"http://127.0.0.1:{port[1] if port else '${ATTACHMENT_TRANSFER_PORT}'}{path}"
    exported = "" if port else "export ATTACHMENT_TRANSFER_PORT=8104 ATTACHMENT_TRANSFER_WORKER_PORT=8105\n"
    return f"{exported}{block.text} &\ncurl -sf --retry 120 --retry-connrefused --retry-delay 1 {url} >/dev/null"


@pytest.mark.parametrize("block", SNIPPETS, ids=named)
def test_a_snippet_runs_as_written(block: Block, folder: Path, environment: dict[str, str]) -> None:
    command = [sys.executable, "-c", block.text]
    done = subprocess.run(
        command, check=False, cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, f"{block.place}\n{done.stderr}"


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=pytest.mark.long) if path == "docs/fixtures.md" else path
        for path in sorted({block.path for block in MODULES})
    ],
)
def test_the_test_modules_of_a_page_pass(path: str, pytester: pytest.Pytester) -> None:
    """Each Python block as a module of its own, with the lab's plugin, as a reader would paste it."""
    mine = [block for block in MODULES if block.path == path]
    for number, block in enumerate(mine):
        pytester.makepyfile(**{f"test_page_{number}": f"# {block.place}\n{block.text}"})
    result = pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider", timeout=800)
    result.assert_outcomes(passed=len(mine))
