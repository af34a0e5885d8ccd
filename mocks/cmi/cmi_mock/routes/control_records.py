"""Control of users, e-mails and results: what administrators do, what arrives, what was written back."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from cmi_mock.model.mail import MailStatus
from cmi_mock.routes import forms
from cmi_mock.routes.described import described_data, described_mail, described_user
from cmi_mock.tenant import CmiTenant
from mock_kit.control import json_object
from mock_kit.mock import Mock

Reply = Response | tuple[Response, int]


def add_administration(bp: Blueprint, mock: Mock[CmiTenant]) -> None:
    """Users and their passwords."""
    _add_passwords(bp, mock)

    @bp.get("/users")
    def list_users() -> Reply:
        """Every user, without passwords."""
        tenant = mock.current_tenant()
        with tenant.lock:
            return jsonify(users=[described_user(user) for user in tenant.users.all()])

    @bp.post("/users")
    def put_user() -> Reply:
        """Create a user or replace one, which unlocks it: 201."""
        tenant, user = mock.current_tenant(), forms.new_user(json_object())
        with tenant.lock:
            tenant.users.put(user)
        tenant.journal.mask_secret(user.password, user.name)
        return jsonify(described_user(user)), 201


def _add_passwords(bp: Blueprint, mock: Mock[CmiTenant]) -> None:
    @bp.post("/users/<name>/password")
    def change_password(name: str) -> Reply:
        """The user chooses a new password: it starts to age anew and is no initial one."""
        tenant, password = mock.current_tenant(), forms.text(json_object(), "password", secret=True)
        tenant.journal.mask_secret(password, name)
        with tenant.lock:
            return jsonify(described_user(tenant.users.change_password(name, password)))


def add_mail(bp: Blueprint, mock: Mock[CmiTenant]) -> None:
    """E-mails arrive, and are handled or deleted."""

    @bp.post("/emails")
    def receive() -> Reply:
        """An e-mail arrives: 201 with its id, which is its group id as well."""
        tenant, new = mock.current_tenant(), forms.new_mail(json_object())
        with tenant.lock:
            return jsonify(described_mail(tenant.mails.add(new))), 201

    @bp.get("/emails")
    def list_mails() -> Reply:
        """Every e-mail."""
        tenant = mock.current_tenant()
        with tenant.lock:
            return jsonify(emails=[described_mail(mail) for mail in tenant.mails])

    @bp.post("/emails/<mail_id>/handle")
    def handle(mail_id: str) -> Reply:
        """An agent has answered it."""
        tenant = mock.current_tenant()
        with tenant.lock:
            return jsonify(described_mail(tenant.mails.finish(mail_id, MailStatus.HANDLED)))

    @bp.post("/emails/<mail_id>/delete")
    def delete(mail_id: str) -> Reply:
        """An agent has deleted it."""
        tenant = mock.current_tenant()
        with tenant.lock:
            return jsonify(described_mail(tenant.mails.finish(mail_id, MailStatus.DELETED)))


def add_results(bp: Blueprint, mock: Mock[CmiTenant]) -> None:
    """What clients wrote back by ``POST /contactData``."""

    @bp.get("/contact-data")
    def list_results() -> Reply:
        """Every result, oldest first."""
        tenant = mock.current_tenant()
        with tenant.lock:
            return jsonify([described_data(written) for written in tenant.records])
