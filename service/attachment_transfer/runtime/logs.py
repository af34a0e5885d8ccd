"""Structured logs on stderr, one line per record, with a last check against secrets."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from attachment_contract.terminal import visible_line

_SECRET_NAME = re.compile(r"(?i)password|secret|token|authorization|api[-_]?key|cookie|credential")
_SECRET_VALUE = re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9+/=_.\-]{8,}")


def redact(_logger: object, _method: str, record: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask values under secret-sounding names, and anything that looks like an Authorization value."""
    for name, value in record.items():
        if _SECRET_NAME.search(name):
            record[name] = "***"
        elif isinstance(value, str):
            record[name] = _SECRET_VALUE.sub(r"\1 ***", value)
    return record


def configure(log_format: str) -> None:
    """Send structlog's and the standard library's records through the same processors."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    # JSON escapes terminal control characters by itself.
    last: list[structlog.typing.Processor] = (
        [structlog.processors.JSONRenderer()]
        if log_format == "json"
        else [_made_visible, structlog.dev.ConsoleRenderer(colors=False)]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _without_traceback,
                redact,
                *last,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for noisy in ("alembic", "httpx", "httpcore", "_granian", "granian", "werkzeug"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _made_visible(_logger: object, _method: str, record: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Escape what would control a terminal or begin a forged line, in names and values at every depth."""
    return {visible_line(str(name)): _visible_value(value) for name, value in record.items()}


def _visible_value(value: Any) -> Any:
    if isinstance(value, str):
        return visible_line(value)
    if isinstance(value, dict):
        return {_visible_value(name): _visible_value(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_visible_value(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float) else visible_line(repr(value))


def _without_traceback(_logger: object, _method: str, record: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Name the exception and where it was raised; its text may quote a body, so it is left out."""
    info = record.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    elif isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if isinstance(info, tuple) and info[0] is not None:
        frame = info[2]
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        place = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame is not None else "?"
        record["exception"] = f"{info[0].__name__} at {place}"
    return record
