"""The scorecard as a badge: the three figures side by side."""

from __future__ import annotations

from html import escape

from attachment_lab.conformance.model import Scorecard

#: Width of a character of 11 px Verdana or DejaVu Sans, about, in px.
CHAR_PX = 6.7
PAD_PX = 8
_COLOURS = {"label": "#444", "green": "#2e7d32", "red": "#b3261e", "grey": "#6b5900"}


def badge(card: Scorecard) -> str:
    """An SVG image without scripts or external resources."""
    red, open_ = len(card.of("red")), len(card.of("indeterminate"))
    parts = [
        ("conformance", _COLOURS["label"]),
        (f"{red} of {card.judged} red", _COLOURS["red" if red else "green" if card.judged else "grey"]),
        (f"{card.judged} of {len(card.results)} judged", _COLOURS["label"]),
        (f"{open_} indeterminate", _COLOURS["grey" if open_ else "label"]),
    ]
    title = escape(f"Conformance: {', '.join(text for text, _ in parts[1:])}")
    drawn, left = [], 0
    for text, colour in parts:
        width = round(len(text) * CHAR_PX) + 2 * PAD_PX
        drawn.append(f'<rect x="{left}" width="{width}" height="20" fill="{colour}"/>')
        drawn.append(f'<text x="{left + width / 2:g}" y="14">{escape(text)}</text>')
        left += width
    style = 'fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left}" height="20" role="img" aria-label="{title}">'
        f"<title>{title}</title><g {style}>{''.join(drawn)}</g></svg>\n"
    )
