"""Customer chat: what a customer sees on the phone; writes, sends files, reads the answers."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request

from attachment_lab.console.chat.chat_actions import MOST_FILE_BYTES, MOST_NAME_CHARACTERS
from attachment_lab.console.chat.chat_reader import ChatReader, chat_reader
from attachment_lab.console.chat.chat_routes import act, add_messages, refused
from attachment_lab.console.chat.chat_view import CHANNELS, detail, newest
from attachment_lab.console.web.page import ConsolePage, Reply, json_object, problem_response, stream
from attachment_lab.errors import RequestRefused
from attachment_lab.tenant import people


def blueprint() -> Blueprint:
    """The page, its stream, and what the customer does."""
    bp = Blueprint("chat", __name__)
    add_messages(bp, "customer")
    _add_reading(bp)

    @bp.post("/api/chats")
    def start() -> Reply:
        """``{"customer", "channel", "direct"}`` -> 201 ``{"guid"}``."""
        body = json_object()
        channel = str(body.get("channel", ""))
        if channel not in CHANNELS:
            return problem_response(HTTPStatus.BAD_REQUEST, f"channel: one of {', '.join(CHANNELS)}")
        try:
            guid = chat_reader().actions.start(str(body.get("customer", "")), channel, direct=bool(body.get("direct")))
        except RequestRefused as exc:
            return refused(exc)
        finally:
            chat_reader().chats.forget()
        return jsonify(guid=guid), HTTPStatus.CREATED

    @bp.post("/api/chats/<guid>/leave")
    def leave(guid: str) -> Reply:
        """The customer ends the chat, taken or not -> 204."""
        return act(lambda: chat_reader().actions.end(guid))

    return bp


def _add_reading(bp: Blueprint) -> None:
    @bp.get("/")
    def page() -> str:
        """The page."""
        return render_template("chat.html", customers=people.CUSTOMERS, channels=CHANNELS)

    @bp.get("/events")
    def events() -> Response:
        """Server-sent events: ``{"chats", "chat"}`` whenever something differs; ``?chat=`` chooses."""
        reader, guid = chat_reader(), request.args.get("chat")
        return stream(lambda: reading(reader, guid), "chat")

    @bp.get("/api/channels")
    def channels() -> Response:
        """What each channel carries, in words, with the evidence."""
        known = {one["channel_sub_type"]: one for one in chat_reader().channels()}
        shown = [{"id": name, "name": words, **rules(known[name])} for name, words in CHANNELS.items() if name in known]
        return jsonify(channels=shown, most_bytes=MOST_FILE_BYTES, most_name=MOST_NAME_CHARACTERS)


def reading(reader: ChatReader, guid: str | None) -> dict[str, Any]:
    """The list of chats and the chosen one in full."""
    chats = reader.chats()
    chosen = next((each for each in chats if each["guid"] == guid), None)
    return {"chats": newest(chats), "chat": detail(chosen) if chosen else None}


def rules(channel: dict[str, Any]) -> dict[str, Any]:
    """A channel's limits in a sentence, and those that are enforced in this tenant."""
    if not channel["files"]:
        words = "Text only: this channel carries no files."
    elif channel["max_bytes"]:
        sizes = ", ".join(f"{kind} {size // (1024 * 1024)} MB" for kind, size in channel["max_bytes"].items())
        note = "" if channel["enforced"] else " Not enforced in this tenant (dialect channel_limits)."
        words = f"Largest files: {sizes}.{note}"
    else:
        words = "Carries files; no limits are published."
    limits = channel["max_bytes"] if channel["enforced"] else {}
    return {
        "files": channel["files"],
        "words": words,
        "limits": limits,
        "label": channel["label"],
        "source": channel["source"],
    }


PAGE = ConsolePage(name="chat", title="Customer chat", icon="phone", order=20, make=blueprint)
