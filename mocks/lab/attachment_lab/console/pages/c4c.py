from flask import Blueprint

from attachment_lab.console.frame import Page


def blueprint():
    bp = Blueprint("c4c", __name__)

    @bp.get("/")
    def page():
        return ""

    return bp


PAGE = Page(name="c4c", title="C4C", icon="case", order=50, make=blueprint)
