"""The report as HTML: one file without scripts or external resources; its own policy forbids both."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from importlib import resources

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from attachment_lab.names import human_size
from attachment_lab.report.model import LABELS, RunReport

TONE_WORDS = {
    "done": "done",
    "failed": "failed",
    "waiting": "waiting",
    "active": "under way",
    "idle": "not concerned",
}


def render(report: RunReport) -> str:
    """The whole document; equal reports give equal texts."""
    template = _environment().from_string(_read("report.html.jinja"))
    return template.render(
        report=report,
        # Our own file, not data; escaping would break the style sheet.
        style=Markup(style()),  # noqa: S704
        labels=LABELS,
        counts=Counter(each.label for each in report.evidence),
        bytes_total=human_size(sum(each.size_bytes for each in report.files)),
        tone_words=TONE_WORDS,
    )


def style() -> str:
    """The style sheet in the document, of both files."""
    return _read("report.css") + _read("report_layout.css")


def style_policy() -> str:
    """For a Content-Security-Policy that allows exactly this style sheet."""
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _environment() -> Environment:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["took"] = took
    environment.filters["grouped"] = grouped
    environment.globals["style_policy"] = style_policy()
    return environment


def took(milliseconds: float | None) -> str:
    """A duration with its unit."""
    if milliseconds is None:
        return "–"
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def grouped(digest: str) -> str:
    """A digest in groups of eight, so that two can be compared by eye and a line can break."""
    return " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))


def _read(name: str) -> str:
    return resources.files("attachment_lab.report").joinpath(name).read_text(encoding="utf-8")
