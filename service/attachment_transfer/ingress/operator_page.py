"""``GET /operator``: a page for people. It contains no data and no secret; it calls the JSON API with a token that a
person pastes and that stays in the page's memory. It shows what the API allows this token to see.
"""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, render_template, request, send_from_directory

from attachment_transfer import __version__
from attachment_transfer.core.states import TransferState
from attachment_transfer.ingress.parts import Ingress
from attachment_transfer.ledger.upkeep.redrive import REDRIVABLE

_FILES = Path(__file__).parent / "operator"
#: The page's own script and the modules that it imports.
SCRIPTS = ("operator.js", "api.js", "elements.js", "transfer.js", "words.js")

#: No resource of another origin, no inline code, no form that posts, no frame around this page.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def operator_blueprint(ingress: Ingress) -> Blueprint:
    """The page, its script and its style."""
    blueprint = Blueprint("operator", __name__, template_folder="operator")

    @blueprint.get("/operator")
    def page() -> str:
        """The page itself, without data."""
        return render_template(
            "operator.html.jinja",
            version=__version__,
            states=[str(state) for state in TransferState],
            redrivable=" ".join(REDRIVABLE),
            scope_status=ingress.scope_status,
            scope_operator=ingress.scope_operator,
        )

    def script() -> Response:
        """One of the page's scripts; the address ends with its file's name."""
        return send_from_directory(_FILES, request.path.rpartition("/")[2], mimetype="text/javascript")

    for name in SCRIPTS:
        blueprint.add_url_rule(f"/operator/{name}", name.removesuffix(".js"), script)

    @blueprint.get("/operator/operator.css")
    def style() -> Response:
        """The page's style, light and dark."""
        return send_from_directory(_FILES, "operator.css", mimetype="text/css")

    @blueprint.after_request
    def guard(response: Response) -> Response:
        response.headers.update(HEADERS)
        return response

    return blueprint
