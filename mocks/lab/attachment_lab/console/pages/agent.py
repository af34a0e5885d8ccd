"""Agent desk: the queue, the conversation, the customer, and what the event engine did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request

from attachment_lab.console.c4c.c4c_reader import C4cReader, c4c_reader
from attachment_lab.console.chat.chat_actions import MOST_FILE_BYTES, MOST_NAME_CHARACTERS, ChatActions
from attachment_lab.console.chat.chat_reader import ChatReader, chat_reader
from attachment_lab.console.chat.chat_routes import act, add_messages
from attachment_lab.console.chat.chat_view import detail, event_views, newest
from attachment_lab.console.pages.chat import rules
from attachment_lab.console.web.page import ConsolePage, Reply, json_object, stream
from attachment_lab.tenant import people


def blueprint() -> Blueprint:
    """The page, its stream, and what the agent does."""
    bp = Blueprint("agent", __name__)
    add_messages(bp, "agent")
    _add_reading(bp)

    @bp.post("/api/chats/<guid>/<step>")
    def move(guid: str, step: str) -> Reply:
        """accept ``{"agent"}``, decline, transfer ``{"queue", "agent"}``, end, wrap-up -> 204."""
        body = json_object()
        steps: dict[str, Callable[[ChatActions], None]] = {
            "accept": lambda actions: actions.accept(guid, str(body.get("agent", ""))),
            "decline": lambda actions: actions.decline(guid),
            "transfer": lambda actions: actions.transfer(
                guid, queue_id=str(body.get("queue") or ""), agent_id=str(body.get("agent") or "")
            ),
            "end": lambda actions: actions.end(guid),
            "wrap-up": lambda actions: actions.wrap_up(guid),
        }
        if step not in steps:
            return jsonify(detail=f"an agent can {', '.join(steps)}"), 404
        return act(lambda: steps[step](chat_reader().actions))

    return bp


def _add_reading(bp: Blueprint) -> None:
    @bp.get("/")
    def page() -> str:
        """The page."""
        return render_template("agent.html", agents=people.AGENTS, queues=people.QUEUES)

    @bp.get("/events")
    def events() -> Response:
        """Server-sent events: ``{"chats", "chat"}`` whenever something differs; ``?chat=`` chooses."""
        reader, c4c, guid = chat_reader(), c4c_reader(), request.args.get("chat")
        return stream(lambda: reading(reader, c4c, guid), "agent")

    @bp.get("/api/limits")
    def limits() -> Response:
        """What each channel carries, and how much these pages take."""
        known = {each["channel_sub_type"]: rules(each) for each in chat_reader().channels()}
        return jsonify(channels=known, most_bytes=MOST_FILE_BYTES, most_name=MOST_NAME_CHARACTERS)


def reading(reader: ChatReader, c4c: C4cReader, guid: str | None) -> dict[str, Any]:
    """The queue, and the chosen chat with its activity and what the event engine did."""
    chats = reader.chats()
    chosen = next((each for each in chats if each["guid"] == guid), None)
    if chosen is None:
        return {"chats": newest(chats), "chat": None}
    more = {
        "events": event_views(reader.events(), reader.deliveries(), chat=str(guid)),
        "activity": c4c.of_chat(str(guid)),
    }
    return {"chats": newest(chats), "chat": detail(chosen) | more}


PAGE = ConsolePage(name="agent", title="Agent desk", icon="headset", order=30, make=blueprint)
