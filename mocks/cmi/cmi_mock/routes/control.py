"""Control of chats and users: what visitors, agents and administrators do, as ``/_mock`` routes."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, jsonify, request

from cmi_mock.evidence import touch
from cmi_mock.model.chat import Attachment, Chat
from cmi_mock.model.contact import contact_of, stamp
from cmi_mock.model.errors import ModelError, Refused
from cmi_mock.model.history import readable_since
from cmi_mock.model.users import User
from cmi_mock.routes import forms
from cmi_mock.world import CmiWorld
from mock_kit.control import json_object
from mock_kit.mock import Mock
from mock_kit.problem import FieldError, bad_request
from mock_kit.spool import Blob

Reply = Response | tuple[Response, int]
_PIECE_BYTES = 256 * 1024
_CONTENT_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(?:\s*;[ !-~]*)?")


def control_blueprint(mock: Mock[CmiWorld]) -> Blueprint:
    """Every route takes ``?world=``; refusals are ``application/problem+json``."""
    bp = Blueprint("cmi_control", __name__, url_prefix="/_mock")

    @bp.errorhandler(ModelError)
    def refuse(error: ModelError) -> Response:
        problem = forms.problem_of(error)
        return Response(problem.body(), problem.status, problem.header_list())

    _add_chats(bp, mock)
    _add_chain_end(bp, mock)
    _add_speech(bp, mock)
    _add_life(bp, mock)
    _add_ending(bp, mock)
    _add_administration(bp, mock)
    return bp


def _add_chats(bp: Blueprint, mock: Mock[CmiWorld]) -> None:
    @bp.post("/chats")
    def start_chat() -> Reply:
        """A visitor opens a chat: 201 with guid, legs and the event engine's contact."""
        world, new = mock.asked_world(), forms.new_chat(json_object())
        with world.lock:
            chat = world.desk.start(new)
            return jsonify(_outcome(chat)), 201

    @bp.get("/chats")
    def list_chats() -> Reply:
        """Every chat, readable or not."""
        world = mock.asked_world()
        with world.lock:
            return jsonify(chats=[_described(chat, world) for chat in world.desk])

    @bp.get("/chats/<guid>")
    def show_chat(guid: str) -> Reply:
        """One chat, with its messages."""
        world = mock.asked_world()
        with world.lock:
            return jsonify(_described(world.desk.get(guid), world))


def _add_chain_end(bp: Blueprint, mock: Mock[CmiWorld]) -> None:
    @bp.get("/attachments")
    def list_attachments() -> Reply:
        """Every attachment of the world, with its digest: one end of the chain."""
        world = mock.asked_world()
        with world.lock:
            return jsonify(
                [
                    {"chat_guid": chat.guid, **_attachment(one), "originator_type": one.originator_type}
                    for chat in world.desk
                    for one in chat.attachments
                ]
            )


def _add_speech(bp: Blueprint, mock: Mock[CmiWorld]) -> None:
    @bp.post("/chats/<guid>/messages")
    def say(guid: str) -> Reply:
        """Somebody writes a line: 201 with its id."""
        world, body = mock.asked_world(), json_object()
        kind = forms.originator(forms.text(body, "originator_type", "customer"))
        written, who = forms.text(body, "message"), forms.text(body, "originator", "")
        with world.lock:
            message = world.desk.say(guid, kind, who, written)
        return jsonify(id=message.id, leg_id=message.leg_id, timestamp=stamp(message.timestamp)), 201

    @bp.post("/chats/<guid>/attachments")
    def attach(guid: str) -> Reply:
        """Somebody sends a file: the raw body, streamed to disk. 201 with its digest."""
        world = mock.asked_world()
        name, content_type = _query("name"), _content_type()
        kind = forms.originator(request.args.get("originator_type", "customer"))
        with world.lock:
            _ask_whether_files_may_come(world, guid, kind)
        blob = _spooled(world)
        try:
            with world.lock:
                attachment = world.desk.attach(guid, blob, name=name, content_type=content_type, originator_type=kind)
        except ModelError:
            world.spool.discard(blob)
            raise
        return jsonify(_attachment(attachment)), 201


def _spooled(world: CmiWorld) -> Blob:
    """The running request's body on disk. Problem 400 if it ends before its declared length."""
    with world.spool.writer() as writer:
        received = 0
        while piece := request.stream.read(_PIECE_BYTES):
            writer.write(piece)
            received += len(piece)
        if request.content_length not in (None, received):
            error = FieldError("body", f"{request.content_length} bytes", "Send the whole file.", received)
            raise bad_request("The file broke off on its way.", error)
    return writer.blob


def _ask_whether_files_may_come(world: CmiWorld, guid: str, kind: str) -> None:
    try:
        world.desk.may_attach(guid, kind)
    except Refused as exc:
        if exc.field == "direct":
            touch("cmi.direct.no_attachments")
        raise


def _add_life(bp: Blueprint, mock: Mock[CmiWorld]) -> None:
    @bp.post("/chats/<guid>/accept")
    def accept(guid: str) -> Reply:
        """An agent takes the chat; ``{"agent": {"id", …}}`` names one."""
        world, agent = mock.asked_world(), forms.agent_in(forms.optional_object())
        with world.lock:
            return jsonify(_outcome(world.desk.accept(guid, agent)))

    @bp.post("/chats/<guid>/transfer")
    def transfer(guid: str) -> Reply:
        """The agent hands the chat on, to ``queue`` or ``agent``, else to its own queue: a new leg."""
        world, body = mock.asked_world(), forms.optional_object()
        queue, agent = forms.queue_in(body), forms.agent_in(body)
        touch("cmi.legs.one_guid")
        with world.lock:
            return jsonify(_outcome(world.desk.transfer(guid, queue, agent)))


def _add_ending(bp: Blueprint, mock: Mock[CmiWorld]) -> None:
    @bp.post("/chats/<guid>/end")
    def end(guid: str) -> Reply:
        """The conversation is over: this is when Contact Pro fires Ended."""
        world = mock.asked_world()
        with world.lock:
            return jsonify(_outcome(world.desk.end(guid)))

    @bp.post("/chats/<guid>/wrap-up")
    def wrap_up(guid: str) -> Reply:
        """The agent has finished: this is when Contact Pro fires Closed."""
        world = mock.asked_world()
        touch("cmi.contact.created_at_closed")
        with world.lock:
            return jsonify(_outcome(world.desk.wrap_up(guid)))


def _add_administration(bp: Blueprint, mock: Mock[CmiWorld]) -> None:
    @bp.get("/users")
    def list_users() -> Reply:
        """Every user, without passwords."""
        world = mock.asked_world()
        with world.lock:
            return jsonify(users=[_user(user) for user in world.users.all()])

    @bp.post("/users")
    def put_user() -> Reply:
        """Create a user or replace one, which unlocks it: 201."""
        world, user = mock.asked_world(), forms.new_user(json_object())
        with world.lock:
            world.users.put(user)
        world.journal.guard(user.password, user.name)
        return jsonify(_user(user)), 201

    @bp.post("/dialect")
    def change_dialect() -> Reply:
        """Set some switches; unlike the kit's own route this one checks the values."""
        world, changes = mock.asked_world(), json_object()
        with world.lock:
            world.apply(changes)
        return jsonify(world=world.name, dialect=world.dialect, defaults=mock.dialect)


def _outcome(chat: Chat) -> dict[str, Any]:
    return {
        "guid": chat.guid,
        "leg_ids": [leg.id for leg in chat.legs],
        "status": chat.leg.status.value,
        "contact": contact_of(chat),
    }


def _described(chat: Chat, world: CmiWorld) -> dict[str, Any]:
    since = readable_since(chat, world.history)
    return _outcome(chat) | {
        "direct": chat.direct,
        "channel_sub_type": chat.channel_sub_type,
        "created": stamp(chat.created),
        "readable_since": stamp(since) if since else None,
        "legs": [
            {
                "id": leg.id,
                "status": leg.status.value,
                "queue_id": leg.queue.id if leg.queue else None,
                "agent_id": leg.agent.id if leg.agent else None,
            }
            for leg in chat.legs
        ],
        "messages": [
            {
                "id": message.id,
                "leg_id": message.leg_id,
                "originator_type": message.originator_type,
                "originator": message.originator,
                "message": message.text,
                "attachments": [_attachment(one) for one in message.attachments],
            }
            for message in chat.messages
        ],
    }


def _attachment(attachment: Attachment) -> dict[str, Any]:
    return {
        "id": attachment.id,
        "name": attachment.name,
        "content_type": attachment.content_type,
        "size_bytes": attachment.blob.size_bytes,
        "sha256": attachment.blob.sha256,
    }


def _user(user: User) -> dict[str, Any]:
    return {
        "name": user.name,
        "rights": {"queues": sorted(user.rights.queues), "agents": sorted(user.rights.agents)},
        "expires_at": stamp(user.expires) if user.expires else None,
        "failures": user.failures,
        "locked_until": stamp(user.locked_until) if user.locked_until else None,
    }


def _query(name: str) -> str:
    return forms.text(request.args, name)


def _content_type() -> str:
    """As the sender declares it; it becomes a header, so it must look like one."""
    value = request.args.get("content_type", "application/octet-stream")
    if not _CONTENT_TYPE.fullmatch(value):
        expected = "a MIME type such as image/jpeg"
        raise bad_request("content_type does not fit.", FieldError("?content_type", expected, "Correct it.", value))
    return value
