"""Control of users, e-mails and results: what administrators do, what arrives, what was written back."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from cmi_mock.model.mail import MailStatus
from cmi_mock.routes import forms
from cmi_mock.routes.described import described_data, described_mail, described_user
from cmi_mock.tenant import CmiWorld
from mock_kit.control import json_object
from mock_kit.mock import Mock

Reply = Response | tuple[Response, int]


def add_administration(bp: Blueprint, mock: Mock[CmiWorld]) -> None:
    """Users and the world's switches."""
    _add_passwords(bp, mock)

    @bp.get("/users")
    def list_users() -> Reply:
        """Every user, without passwords."""
        world = mock.asked_world()
        with world.lock:
            return jsonify(users=[described_user(user) for user in world.users.all()])

    @bp.post("/users")
    def put_user() -> Reply:
        """Create a user or replace one, which unlocks it: 201."""
        world, user = mock.asked_world(), forms.new_user(json_object())
        with world.lock:
            world.users.put(user)
        world.journal.guard(user.password, user.name)
        return jsonify(described_user(user)), 201

    @bp.post("/dialect")
    def change_dialect() -> Reply:
        """Set some switches; unlike the kit's own route this one checks the values."""
        world, changes = mock.asked_world(), json_object()
        with world.lock:
            world.apply(changes)
        return jsonify(world=world.name, dialect=world.dialect, defaults=mock.dialect)


def _add_passwords(bp: Blueprint, mock: Mock[CmiWorld]) -> None:
    @bp.post("/users/<name>/password")
    def change_password(name: str) -> Reply:
        """The user chooses a new password: it starts to age anew and is no initial one."""
        world, password = mock.asked_world(), forms.text(json_object(), "password", secret=True)
        world.journal.guard(password, name)
        with world.lock:
            return jsonify(described_user(world.users.change_password(name, password)))


def add_mail(bp: Blueprint, mock: Mock[CmiWorld]) -> None:
    """E-mails arrive, and are handled or deleted."""

    @bp.post("/emails")
    def receive() -> Reply:
        """An e-mail arrives: 201 with its id, which is its group id as well."""
        world, new = mock.asked_world(), forms.new_mail(json_object())
        with world.lock:
            return jsonify(described_mail(world.mails.add(new))), 201

    @bp.get("/emails")
    def list_mails() -> Reply:
        """Every e-mail."""
        world = mock.asked_world()
        with world.lock:
            return jsonify(emails=[described_mail(mail) for mail in world.mails])

    @bp.post("/emails/<mail_id>/handle")
    def handle(mail_id: str) -> Reply:
        """An agent has answered it."""
        world = mock.asked_world()
        with world.lock:
            return jsonify(described_mail(world.mails.finish(mail_id, MailStatus.HANDLED)))

    @bp.post("/emails/<mail_id>/delete")
    def delete(mail_id: str) -> Reply:
        """An agent has deleted it."""
        world = mock.asked_world()
        with world.lock:
            return jsonify(described_mail(world.mails.finish(mail_id, MailStatus.DELETED)))


def add_results(bp: Blueprint, mock: Mock[CmiWorld]) -> None:
    """What clients wrote back by ``POST /contactData``."""

    @bp.get("/contact-data")
    def list_results() -> Reply:
        """Every result, oldest first."""
        world = mock.asked_world()
        with world.lock:
            return jsonify([described_data(written) for written in world.records])
