"""``/emails``: GET only. The right is Manage contact history on the e-mail queue or the agent (documented)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from cmi_mock.evidence import touch
from cmi_mock.model.emails import Email, EmailStatus
from cmi_mock.model.users import User
from cmi_mock.routes import queries
from cmi_mock.routes.access import admitted, not_found_as, require_right
from cmi_mock.routes.responses import CmiError, document_response
from cmi_mock.tenant import CmiTenant
from cmi_mock.wire.documents import email_row
from mock_kit.mock import Mock


def add_emails(bp: Blueprint, mock: Mock[CmiTenant]) -> None:
    """Parameters of the list: limit, language, case_id, cid, includeAttachedData (documented)."""

    @bp.get("/cmi/emails")
    def list_emails() -> Response:
        """E-mails the user may see."""
        with admitted(mock) as (tenant, user):
            with_data = _flag("includeAttachedData")
            rows = [email_row(mail, with_data=with_data) for mail in _visible(tenant, user) if _matches(mail)]
        return document_response(queries.page(rows, tenant.rules.default_limit), tenant, "emails")

    @bp.get("/cmi/emails/<mail_id>")
    def read_email(mail_id: str) -> Response:
        """One e-mail."""
        with admitted(mock) as (tenant, user):
            touch("cmi.emails.item")
            with not_found_as("Email"):
                mail = tenant.emails.get(mail_id)
            if not _shown(mail, tenant):
                raise CmiError(404, "Email not found", note="it still waits in its queue")
            grant, content = user.rights.manage_contact_history, mail.content
            require_right(grant, tenant, content.queue, content.agent, right="Manage contact history", what="Email")
            document = email_row(mail, with_data=_flag("includeAttachedData"))
        return document_response(document, tenant, "email")


def _visible(tenant: CmiTenant, user: User) -> list[Email]:
    touch("cmi.emails.item")
    touch("cmi.dialect.emails_show")
    grant = user.rights.manage_contact_history
    return [one for one in tenant.emails if grant.reaches(one.content.queue, one.content.agent) and _shown(one, tenant)]


def _shown(mail: Email, tenant: CmiTenant) -> bool:
    return tenant.rules.emails_show == "all" or mail.status is not EmailStatus.QUEUED


def _matches(mail: Email) -> bool:
    language = request.args.get("language", "")
    if language and (len(language) != 2 or not language.isalpha()):
        raise CmiError(400, "language must be two letters")
    filters = {
        "language": mail.content.language.upper() == language.upper(),
        "case_id": mail.content.case_id == request.args.get("case_id"),
        "cid": mail.content.cid == request.args.get("cid"),
    }
    return all(matches for name, matches in filters.items() if request.args.get(name))


def _flag(name: str) -> bool:
    value = request.args.get(name, "false").lower()
    if value not in ("true", "false"):
        raise CmiError(400, f"{name} must be true or false")
    return value == "true"
