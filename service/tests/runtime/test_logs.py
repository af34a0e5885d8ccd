"""Log lines: JSON, redacted, and an exception is named with its place but never quoted."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from log_kit import documented_lines

import attachment_transfer
from attachment_transfer.runtime.logs import redact

PLANTED = "planted-Word-of-C4C-1618"


def logged(program: str, log_format: str = "json") -> list[str]:
    """The lines that a program logs; structlog's set-up is one per process, so it runs in its own."""
    head = f"import logging, structlog\nfrom attachment_transfer.runtime import logs\nlogs.configure({log_format!r})\n"
    done = subprocess.run(
        [sys.executable, "-c", head + textwrap.dedent(program)], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_the_documented_lines_are_those_of_the_program() -> None:
    """Each line is checked where a test meets it; this finds rows of lines that are gone, and lines that none meets."""
    source = "".join(
        file.read_text(encoding="utf-8") for file in Path(attachment_transfer.__file__).parent.rglob("*.py")
    )
    logged_events = set(re.findall(r"""_log\.\w+\(\s*"([^"%]+)",""", source))
    assert {event for event, _, _ in documented_lines()} == logged_events


@pytest.fixture(scope="module")
def records() -> dict[str, dict[str, Any]]:
    """One record of every kind, by its event."""
    lines = logged(
        f"""
        log = structlog.get_logger("attachment_transfer.test")
        log.info("plain", transfer_id="t1")
        log.info("secret names", password="{PLANTED}", x_cmi_api_key="{PLANTED}", access_token="{PLANTED}")
        log.info("secret value", header="Basic {PLANTED}", other="Bearer abcdefgh.ijkl")
        try:
            raise RuntimeError("{PLANTED}")
        except RuntimeError as exc:
            log.error("given", exc_info=exc)
            log.exception("current")
            logging.getLogger("foreign").exception("foreign")
        logging.getLogger("dbos").warning("from dbos")
        logging.getLogger("httpx").info("noise")
        log.debug("debug")
        """
    )
    return {record["event"]: record for record in map(json.loads, lines)}


def test_every_line_is_json_with_time_level_and_logger(records: dict[str, dict[str, Any]]) -> None:
    plain = records["plain"]
    assert (plain["level"], plain["logger"], plain["transfer_id"]) == ("info", "attachment_transfer.test", "t1")
    assert plain["timestamp"].endswith("Z")


def test_no_secret_of_any_record_is_readable(records: dict[str, dict[str, Any]]) -> None:
    assert PLANTED not in json.dumps(records)
    assert records["secret names"]["password"] == "***"
    assert records["secret value"]["header"] == "Basic ***"
    assert records["secret value"]["other"] == "Bearer ***"


@pytest.mark.parametrize("event", ["given", "current", "foreign"])
def test_an_exception_is_named_with_its_place_and_without_its_text(
    records: dict[str, dict[str, Any]], event: str
) -> None:
    assert records[event]["exception"].startswith("RuntimeError at <string>:")
    assert "exc_info" not in records[event]


def test_the_engines_warnings_pass_and_the_http_librarys_noise_does_not(records: dict[str, dict[str, Any]]) -> None:
    assert "from dbos" in records
    assert "noise" not in records
    assert "debug" not in records


def test_text_is_for_people_and_redacted_as_well() -> None:
    [line] = logged(f'structlog.get_logger().info("hello", password="{PLANTED}")', "text")
    assert "hello" in line
    assert "***" in line
    assert PLANTED not in line


HOSTILE = "\x1b]0;owned\x07 \x9b2J \u202egpj.exe \rover\nforged line"


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_escape_sequences_of_a_neighbour_are_escaped_in_every_place_of_a_log_line(log_format: str) -> None:
    program = f"""
        hostile = {HOSTILE!r}
        log = structlog.get_logger("attachment_transfer.test")
        log.warning(hostile, text=hostile, listed=[hostile, (hostile,)], nested={{hostile: {{"x": hostile}}}},
                    error=ValueError(hostile))
        log.warning("named", **{{hostile: 1}})
        logging.getLogger("foreign").warning("foreign %s", hostile)
        """
    lines = logged(program, log_format)
    assert len(lines) == 3
    for line in lines:
        assert not set(line) & set("\x07\x0d\x1b\x9b\u202e"), repr(line)
        assert "owned" in line


@pytest.mark.parametrize(
    "name",
    ["password", "C4C_PASSWORD", "secret", "client_secret", "token", "Authorization", "api_key", "x-api-key", "Cookie"],
)
def test_a_secret_sounding_name_masks_its_value(name: str) -> None:
    assert redact(None, "info", {name: PLANTED, "name": "kept"}) == {name: "***", "name": "kept"}
