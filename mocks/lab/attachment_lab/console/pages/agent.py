"""Agent desk: the queue, the conversation, the customer, and what the event engine made of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request

from attachment_lab.console.cabinet import Cabinet, cabinet
from attachment_lab.console.clerk import MOST_FILE_BYTES, MOST_NAME_CHARACTERS, Clerk
from attachment_lab.console.counter import Counter, counter
from attachment_lab.console.frame import Page, json_object, stream
from attachment_lab.console.pages.chat import rules
from attachment_lab.console.talk import detail, happenings, newest
from attachment_lab.console.talk_routes import act, add_speech
from attachment_lab.tenant import people

Reply = Response | tuple[Response, int]


def blueprint() -> Blueprint:
    """The page, its stream, and what the agent does."""
    bp = Blueprint("agent", __name__)
    add_speech(bp, "agent")
    _add_reading(bp)

    @bp.post("/api/chats/<guid>/<step>")
    def move(guid: str, step: str) -> Reply:
        """accept ``{"agent"}``, decline, transfer ``{"queue", "agent"}``, end, wrap-up -> 204."""
        body = json_object()
        steps: dict[str, Callable[[Clerk], None]] = {
            "accept": lambda clerk: clerk.accept(guid, str(body.get("agent", ""))),
            "decline": lambda clerk: clerk.decline(guid),
            "transfer": lambda clerk: clerk.transfer(
                guid, queue_id=str(body.get("queue") or ""), agent_id=str(body.get("agent") or "")
            ),
            "end": lambda clerk: clerk.end(guid),
            "wrap-up": lambda clerk: clerk.wrap_up(guid),
        }
        if step not in steps:
            return jsonify(detail=f"an agent can {', '.join(steps)}"), 404
        return act(lambda: steps[step](counter().clerk))

    return bp


def _add_reading(bp: Blueprint) -> None:
    @bp.get("/")
    def page() -> str:
        """The page."""
        return render_template("agent.html", agents=people.AGENTS, queues=people.QUEUES)

    @bp.get("/events")
    def events() -> Response:
        """Server-sent events: ``{"chats", "chat"}`` whenever something differs; ``?chat=`` chooses."""
        here, files, guid = counter(), cabinet(), request.args.get("chat")
        return stream(lambda: reading(here, files, guid), "desk")

    @bp.get("/api/limits")
    def limits() -> Response:
        """What each channel carries, and how much these pages take."""
        known = {each["channel_sub_type"]: rules(each) for each in counter().channels()}
        return jsonify(channels=known, most_bytes=MOST_FILE_BYTES, most_name=MOST_NAME_CHARACTERS)


def reading(here: Counter, files: Cabinet, guid: str | None) -> dict[str, Any]:
    """The queue, and the chosen chat with its activity and what the event engine did."""
    chats = here.chats()
    chosen = next((each for each in chats if each["guid"] == guid), None)
    if chosen is None:
        return {"chats": newest(chats), "chat": None}
    more = {
        "happenings": happenings(str(guid), here.events(), here.deliveries()),
        "activity": files.of_chat(str(guid)),
    }
    return {"chats": newest(chats), "chat": detail(chosen) | more}


PAGE = Page(name="agent", title="Agent desk", icon="headset", order=30, make=blueprint)
