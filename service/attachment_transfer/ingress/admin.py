"""The routes about transfers: list, show, audit, retry, cancel. A handler is parse → call → answer."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Blueprint, Response, jsonify, request

from attachment_transfer.core.resource import as_json, rfc3339
from attachment_transfer.ingress.bearer import Caller
from attachment_transfer.ingress.parts import Ingress
from attachment_transfer.ingress.problems import ApiFieldError, ApiProblem
from attachment_transfer.ingress.queries import RedriveQuery, read_audit_query, read_list_query, read_redrive
from attachment_transfer.ledger import views
from attachment_transfer.ledger.audit import AuditLine, audit_of
from attachment_transfer.ledger.upkeep.redrive import Redriven, redrive, redrive_by_filter

_log = structlog.get_logger(__name__)


def admin_blueprint(ingress: Ingress) -> Blueprint:
    """``/transfers`` and what is below. A caller reaches its own transfers, an operator's token all of them."""
    blueprint = Blueprint("transfers", __name__)
    _read_routes(blueprint, ingress)
    _moving(blueprint, ingress)
    return blueprint


def _read_routes(blueprint: Blueprint, ingress: Ingress) -> None:
    @blueprint.get("/transfers")
    def transfers() -> Response:
        """One page of transfers, newest first."""
        caller = ingress.admit_to_status()
        page = _page(ingress, caller)
        return jsonify(transfers=[as_json(item) for item in page.transfers], next_cursor=page.next_cursor)

    @blueprint.get("/transfers/<transfer_id>")
    def one_transfer(transfer_id: str) -> Response:
        """One transfer with its attachments."""
        return _resource(ingress, ingress.admit_to_status(), transfer_id)

    @blueprint.get("/transfers/<transfer_id>/audit")
    def audit(transfer_id: str) -> Response:
        """Who did what to the transfer, oldest first."""
        caller = ingress.admit_to_status()
        query = read_audit_query(request)
        _known(ingress, caller, transfer_id)
        page = audit_of(ingress.engine, transfer_id, after=query.after, limit=query.limit)
        following = None if page.next_after is None else str(page.next_after)
        return jsonify(audit=[audit_json(line) for line in page.lines], next_cursor=following)


def _moving(blueprint: Blueprint, ingress: Ingress) -> None:
    @blueprint.post("/transfers/retry")
    def retry_many() -> Response:
        """Run many again, by ids or by filter; return which ones, and which not and why."""
        caller = ingress.admit_to_status()
        done = _redriven(ingress, caller, read_redrive(request))
        _log.info("redriven", caller=caller.name, redriven=len(done.transfer_ids), skipped=len(done.skipped))
        return jsonify(redriven_json(done))

    @blueprint.post("/transfers/<transfer_id>/retry")
    def retry(transfer_id: str) -> tuple[Response, int]:
        """Run a parked or waiting transfer now, with the secrets it has."""
        caller = ingress.admit_to_status()
        _known(ingress, caller, transfer_id)
        try:
            views.retry(ingress.engine, transfer_id, enqueue=ingress.enqueue, now_s=ingress.now_s(), actor=caller.name)
        except views.ChangeNotAllowed as exc:
            raise _refused("The transfer cannot be retried now", exc) from exc
        _log.info("redriven", transfer_id=transfer_id, caller=caller.name)
        return _resource(ingress, caller, transfer_id), 202

    @blueprint.post("/transfers/<transfer_id>/cancel")
    def cancel(transfer_id: str) -> Response:
        """End the transfer and shred its secrets. What is at C4C stays there."""
        caller = ingress.admit_to_status()
        _known(ingress, caller, transfer_id)
        try:
            views.cancel(ingress.engine, transfer_id, now_s=ingress.now_s(), actor=caller.name)
        except views.ChangeNotAllowed as exc:
            raise _refused("The transfer cannot be cancelled", exc) from exc
        _log.info("cancelled", transfer_id=transfer_id, caller=caller.name)
        return _resource(ingress, caller, transfer_id)


def _page(ingress: Ingress, caller: Caller) -> views.TransferPage:
    query = read_list_query(request)
    try:
        return views.list_transfers(
            ingress.engine,
            caller=ingress.reach(caller),
            state=query.state,
            contact_id=query.contact_id,
            reason_code=query.reason_code,
            created_from_s=query.created_from_s,
            created_before_s=query.created_before_s,
            limit=query.limit,
            cursor=query.cursor,
        )
    except views.BadCursor as exc:
        error = ApiFieldError(
            field="query.cursor",
            message="not usable",
            expected="the next_cursor of an earlier page",
            remedy="Correct or remove it in the query.",
            found=(query.cursor or "")[:120],
        )
        raise ApiProblem(400, "The query cannot be used", str(exc), [error]) from exc


def _redriven(ingress: Ingress, caller: Caller, query: RedriveQuery) -> Redriven:
    reach, now_s = ingress.reach(caller), ingress.now_s()
    if query.wanted is not None:
        return redrive_by_filter(
            ingress.engine,
            query.wanted,
            limit=query.limit,
            caller=reach,
            enqueue=ingress.enqueue,
            now_s=now_s,
            actor=caller.name,
        )
    return redrive(
        ingress.engine, query.ids or (), caller=reach, enqueue=ingress.enqueue, now_s=now_s, actor=caller.name
    )


def _known(ingress: Ingress, caller: Caller, transfer_id: str) -> None:
    if views.find_transfer(ingress.engine, transfer_id, caller=ingress.reach(caller)) is None:
        raise _unknown(transfer_id)


def _resource(ingress: Ingress, caller: Caller, transfer_id: str) -> Response:
    transfer = views.find_transfer(ingress.engine, transfer_id, caller=ingress.reach(caller))
    if transfer is None:
        raise _unknown(transfer_id)
    return jsonify(as_json(transfer, views.attachments_of(ingress.engine, transfer_id)))


def _unknown(transfer_id: str) -> ApiProblem:
    return ApiProblem(404, "There is no such transfer", f"No transfer {transfer_id[:64]!r} of this caller is known.")


def _refused(title: str, exc: views.ChangeNotAllowed) -> ApiProblem:
    return ApiProblem(409, title, str(exc), code=exc.code)


def audit_json(line: AuditLine) -> dict[str, Any]:
    """One line of the trail."""
    return {
        "at": rfc3339(line.at_s),
        "actor": line.actor,
        "action": line.action,
        "attachment_id": line.attachment_id,
        "detail": line.detail,
    }


def redriven_json(done: Redriven) -> dict[str, Any]:
    """The result of a bulk redrive."""
    return {
        "redriven": len(done.transfer_ids),
        "transfers": done.transfer_ids,
        "skipped": [{"id": item.transfer_id, "code": item.code, "message": item.message} for item in done.skipped],
        "more": done.more,
    }
