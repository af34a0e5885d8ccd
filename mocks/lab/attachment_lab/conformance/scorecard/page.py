"""The scorecard as HTML: one file without scripts or external resources; its own policy forbids both."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from attachment_lab.conformance.model import Scorecard
from attachment_lab.conformance.scorecard.text import MARKS

_WORDS = {"green": "kept", "red": "broken", "indeterminate": "indeterminate", "not_applicable": "not applicable"}


def page(card: Scorecard) -> str:
    """The whole document; equal scorecards give equal texts."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    style = _read("scorecard.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return environment.from_string(_read("scorecard.html.jinja")).render(
        card=card,
        groups=list(dict.fromkeys(each.row.group for each in card.results)),
        marks={outcome: mark for outcome, (mark, _) in MARKS.items()},
        words=_WORDS,
        # Our own file, not data; escaping would break the style sheet.
        style=Markup(style),  # noqa: S704
        style_policy=f"'sha256-{digest}'",
    )


def _read(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
