"""What the customer's and the agent's page have in common: words, files, and reading a chat."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from http import HTTPStatus

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import ClientDisconnected

from attachment_lab.console.chat.chat_actions import MOST_FILE_BYTES
from attachment_lab.console.chat.chat_reader import chat_reader
from attachment_lab.console.web import stored_file
from attachment_lab.console.web.page import Reply, json_object, problem_response
from attachment_lab.errors import LabError, RequestRefused, WrongUse
from attachment_lab.tenant.conversation import Originator
from mock_kit.http.guard import takes_files

_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(?:\s*;[ !-~]*)?")


def add_messages(bp: Blueprint, who: Originator) -> None:
    """Routes by which ``who`` writes, sends files, and reads those of the chat."""

    @bp.post("/api/chats/<guid>/messages")
    def say(guid: str) -> Reply:
        """``{"text"}`` -> 204."""
        return act(lambda: chat_reader().actions.say(guid, who, str(json_object().get("text", ""))))

    @bp.post("/api/chats/<guid>/files")
    @takes_files
    def send(guid: str) -> Reply:
        """The raw body becomes a file ``?name=&type=``; it is streamed. 201 with CMI's description of it."""
        size = request.content_length
        if size is None:
            return problem_response(HTTPStatus.LENGTH_REQUIRED, "say how large the file is (Content-Length)")
        kind = request.args.get("type", "")
        kind = kind if _TYPE.fullmatch(kind) else "application/octet-stream"
        try:
            taken = chat_reader().actions.send(
                guid, who, _pieces(), name=request.args.get("name", ""), kind=kind, size=size
            )
        except RequestRefused as exc:
            return refused(exc)
        finally:
            chat_reader().chats.forget()
        return jsonify(taken), HTTPStatus.CREATED

    @bp.get("/api/chats/<guid>/files/<file_id>/<form>")
    def show_file(guid: str, file_id: str, form: str) -> Reply:
        """A file as download, info, picture, text or media."""
        try:
            return stored_file.answer(chat_reader().file(guid, file_id), form)
        except RequestRefused as exc:
            return refused(exc)


def act(work: Callable[[], object]) -> Reply:
    """204 after an action; a mock's refusal keeps its status and says why. The next reading is a new one."""
    try:
        work()
    except RequestRefused as exc:
        return refused(exc)
    finally:
        reader = chat_reader()
        for reading in (reader.chats, reader.events, reader.deliveries):
            reading.forget()
    return Response(status=HTTPStatus.NO_CONTENT)


def refused(exc: RequestRefused) -> tuple[Response, int]:
    """A mock's refusal as an error response: what is wrong, and what to do."""
    problem = exc.problem
    errors = [each for each in problem.get("errors") or [] if isinstance(each, dict)]
    said = str(problem.get("detail") or exc)
    remedies = [str(each["remedy"]) for each in errors if each.get("remedy")]
    detail = " ".join(
        [said[:1].upper() + said[1:], *(f"{each[:1].upper()}{each[1:].rstrip('.')}." for each in remedies)]
    )
    return problem_response(HTTPStatus(exc.status) if exc.status in set(HTTPStatus) else HTTPStatus.BAD_GATEWAY, detail)


def _pieces() -> Iterator[bytes]:
    """The running request's body; a browser that goes away ends it."""
    left = request.content_length or 0
    if left > MOST_FILE_BYTES:
        raise WrongUse("the file is too large")
    while left > 0:
        try:
            piece = request.stream.read(min(stored_file.PIECE_BYTES, left))
        except (ClientDisconnected, OSError) as exc:
            raise LabError("the file ended before its last byte") from exc
        if not piece:
            raise LabError("the file ended before its last byte")
        left -= len(piece)
        yield piece
