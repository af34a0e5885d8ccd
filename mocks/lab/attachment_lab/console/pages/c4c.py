"""C4C: a chat activity as a service agent sees it, with previews of its attachments and their digests."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request

from attachment_lab.console.c4c.c4c_reader import C4cReader, c4c_reader
from attachment_lab.console.chat.chat_routes import refused
from attachment_lab.console.web import stored_file
from attachment_lab.console.web.page import ConsolePage, Reply, stream
from attachment_lab.errors import RequestRefused


def blueprint() -> Blueprint:
    """The page, its stream, and the files."""
    bp = Blueprint("c4c", __name__)

    @bp.get("/")
    def page() -> str:
        """The page."""
        return render_template("c4c.html")

    @bp.get("/events")
    def events() -> Response:
        """Server-sent events: ``{"activities", "activity"}``; ``?activity=`` (ObjectID) or ``?chat=`` chooses."""
        reader, object_id, chat = c4c_reader(), request.args.get("activity"), request.args.get("chat")
        return stream(lambda: reading(reader, object_id, chat), "c4c")

    @bp.get("/api/files/<object_id>/<form>")
    def show_file(object_id: str, form: str) -> Reply:
        """An attachment as download, info, picture, text or media."""
        try:
            return stored_file.answer(c4c_reader().file(object_id), form)
        except RequestRefused as exc:
            return refused(exc)

    return bp


def reading(reader: C4cReader, object_id: str | None, chat: str | None) -> dict[str, Any]:
    """The list, and one activity: the one that is named, else the newest; None when there is none of that name."""
    activities = reader.activities()
    if chat and not object_id:
        object_id = next((each["object_id"] for each in activities if each["chat"] == chat), "")
    elif object_id is None and activities:
        object_id = activities[0]["object_id"]
    known = object_id and any(each["object_id"] == object_id for each in activities)
    return {"activities": activities, "activity": reader.detail(str(object_id)) if known else None}


PAGE = ConsolePage(name="c4c", title="C4C", icon="case", order=50, make=blueprint)
