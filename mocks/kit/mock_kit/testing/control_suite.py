"""One suite for the control API of every mock, and all addresses of an application. Only tests import this module."""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse


@dataclass(frozen=True)
class RouteAddress:
    """One method at one path of an application; ``blueprint`` is "" for a route of the application itself."""

    method: str
    path: str
    blueprint: str


def route_addresses(flask_app: Flask, **values: str) -> list[RouteAddress]:
    """All that the application's URL map leads to; a part of a path that ``values`` does not name is ``1``."""
    found = set()
    for rule in flask_app.url_map.iter_rules():
        path = re.sub(r"<(?:[^:>]+:)?([^>]+)>", lambda part: values.get(part[1], "1"), rule.rule)
        blueprint = rule.endpoint.rpartition(".")[0]
        methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        found |= {RouteAddress(method, path, blueprint) for method in methods}
    return sorted(found, key=lambda each: (each.path, each.method))


def _snapshot_state(saved: bytes) -> dict[str, Any]:
    """The document in a mock's snapshot."""
    with zipfile.ZipFile(io.BytesIO(saved)) as archive:
        found: dict[str, Any] = json.loads(archive.read("state.json"))
        return found


class ControlSuite:
    """What every mock's ``/_mock`` must do. Subclass it as ``TestControl`` and provide three fixtures:

    ``mock_client``   a ``werkzeug`` test client of the wrapped application (``create_app(…).test_client()``)
    ``data_request``  keyword arguments of one neighbour's request that the tenant answers below 500, e.g.
                      ``{"method": "GET", "path": "/things", "headers": {"Host": "…"}}``
    ``other_tenant``   a body for ``POST /_mock/tenants`` that makes a second tenant named ``other``

    ``tenant_name`` is "default" unless overridden.
    """

    @pytest.fixture
    def mock_client(self) -> Client:
        """To be provided by the subclass."""
        raise NotImplementedError("provide the fixture mock_client")

    @pytest.fixture
    def data_request(self) -> dict[str, Any]:
        """To be provided by the subclass."""
        raise NotImplementedError("provide the fixture data_request")

    @pytest.fixture
    def other_tenant(self) -> dict[str, Any]:
        """To be provided by the subclass."""
        raise NotImplementedError("provide the fixture other_tenant")

    @pytest.fixture
    def tenant_name(self) -> str:
        """The tenant that ``data_request`` reaches."""
        return "default"

    def _control(
        self, client: Client, method: str, what: str, tenant: str, body: Any = None, **query: str
    ) -> TestResponse:
        parameters = {"tenant": tenant} | query
        return client.open(f"/_mock/{what}", method=method, query_string=parameters, json=body)

    def _exchanges(self, client: Client, tenant: str) -> list[dict[str, Any]]:
        listed = self._control(client, "GET", "journal", tenant, since="0").get_json()
        return list(listed["exchanges"])

    def test_health_names_the_tenants(self, mock_client: Client, tenant_name: str) -> None:
        response = mock_client.get("/_mock/health").get_json()
        assert response["status"] == "ok"
        assert tenant_name in response["tenants"]

    def test_an_exchange_is_in_the_journal_with_both_bodies_counted(
        self, mock_client: Client, data_request: dict[str, Any], tenant_name: str
    ) -> None:
        response = mock_client.open(**data_request)
        assert response.status_code < 500
        last = self._exchanges(mock_client, tenant_name)[-1]
        assert (last["method"], last["status"]) == (data_request["method"], response.status_code)
        assert last["response"]["size_bytes"] == len(response.data)

    def test_control_requests_are_not_in_the_journal(self, mock_client: Client, tenant_name: str) -> None:
        self._control(mock_client, "GET", "faults", tenant_name)
        assert self._exchanges(mock_client, tenant_name) == []

    def test_an_unknown_tenant_is_named_with_the_known_ones(self, mock_client: Client, tenant_name: str) -> None:
        for what in ("journal", "faults", "clock", "evidence"):
            response = self._control(mock_client, "GET", what, "nowhere")
            assert response.status_code == 404
            assert response.mimetype == "application/problem+json"
            error = response.get_json()["errors"][0]
            assert error["value"] == "nowhere"
            assert tenant_name in error["expected"]

    def test_a_planned_status_strikes_once_and_heals(
        self, mock_client: Client, data_request: dict[str, Any], tenant_name: str
    ) -> None:
        healthy = mock_client.open(**data_request).status_code
        body = {"kind": "status", "params": {"status": 503}}
        planned = self._control(mock_client, "POST", "faults", tenant_name, body)
        assert planned.status_code == 201
        struck = [mock_client.open(**data_request).status_code for _ in range(2)]
        assert struck == [503, healthy]
        assert self._exchanges(mock_client, tenant_name)[-2]["fault"] == planned.get_json()["id"]
        spent = self._control(mock_client, "GET", "faults", tenant_name).get_json()["faults"]
        assert [fault["remaining"] for fault in spent] == [0]

    def test_a_fault_of_an_unknown_kind_is_refused_with_the_known_ones(
        self, mock_client: Client, tenant_name: str
    ) -> None:
        response = self._control(mock_client, "POST", "faults", tenant_name, {"kind": "gremlin"})
        assert response.status_code == 400
        assert "lost_answer" in response.get_json()["errors"][0]["expected"]

    def test_the_clock_moves_forward_and_reset_takes_it_back(self, mock_client: Client, tenant_name: str) -> None:
        moved = self._control(mock_client, "POST", "clock", tenant_name, {"advance_s": 3600})
        assert moved.get_json()["offset_s"] == 3600
        assert self._control(mock_client, "POST", "reset", tenant_name).status_code == 200
        assert self._control(mock_client, "GET", "clock", tenant_name).get_json()["offset_s"] == 0

    @pytest.mark.parametrize("step", [-1, "soon", None, True, 1e12])
    def test_the_clock_refuses_what_is_no_step_forward(self, mock_client: Client, tenant_name: str, step: Any) -> None:
        response = self._control(mock_client, "POST", "clock", tenant_name, {"advance_s": step})
        assert response.status_code == 400
        assert response.get_json()["errors"][0]["field"] == "advance_s"

    def test_reset_clears_journal_and_faults_and_the_tenant_still_answers(
        self, mock_client: Client, data_request: dict[str, Any], tenant_name: str
    ) -> None:
        mock_client.open(**data_request)
        self._control(mock_client, "POST", "faults", tenant_name, {"kind": "garbage"})
        self._control(mock_client, "POST", "reset", tenant_name)
        assert self._exchanges(mock_client, tenant_name) == []
        assert self._control(mock_client, "GET", "faults", tenant_name).get_json()["faults"] == []
        assert mock_client.open(**data_request).status_code != 421

    def test_a_second_tenant_keeps_to_itself(
        self,
        mock_client: Client,
        data_request: dict[str, Any],
        other_tenant: dict[str, Any],
        tenant_name: str,
    ) -> None:
        created = mock_client.post("/_mock/tenants", json=other_tenant)
        assert created.status_code == 201, created.text
        self._control(mock_client, "POST", "clock", "other", {"advance_s": 60})
        mock_client.open(**data_request)
        assert self._exchanges(mock_client, "other") == []
        assert self._control(mock_client, "GET", "clock", tenant_name).get_json()["offset_s"] == 0

    def test_a_tenant_that_exists_is_not_created_twice(self, mock_client: Client, other_tenant: dict[str, Any]) -> None:
        mock_client.post("/_mock/tenants", json=other_tenant)
        again = mock_client.post("/_mock/tenants", json=other_tenant)
        assert again.status_code == 409
        assert again.mimetype == "application/problem+json"

    def test_a_tenant_created_again_may_have_another_seed_for_its_ids(
        self, mock_client: Client, other_tenant: dict[str, Any]
    ) -> None:
        mock_client.post("/_mock/tenants", json=other_tenant)
        assert mock_client.get("/_mock/tenants/other").get_json()["ids_seed"] == "other"
        mock_client.delete("/_mock/tenants/other")
        again = mock_client.post("/_mock/tenants", json=other_tenant | {"ids_seed": "other-2"})
        assert again.status_code == 201, again.text
        assert mock_client.get("/_mock/tenants/other").get_json()["ids_seed"] == "other-2"

    @pytest.mark.parametrize("seed", [7, "", "two words", "x" * 65])
    def test_a_seed_that_is_no_name_is_refused(
        self, mock_client: Client, other_tenant: dict[str, Any], seed: object
    ) -> None:
        response = mock_client.post("/_mock/tenants", json=other_tenant | {"ids_seed": seed})
        assert response.status_code == 400
        assert response.get_json()["errors"][0]["field"] == "ids_seed"

    def test_a_removed_tenant_is_gone(self, mock_client: Client, other_tenant: dict[str, Any]) -> None:
        mock_client.post("/_mock/tenants", json=other_tenant)
        assert mock_client.delete("/_mock/tenants/other").status_code == 204
        assert mock_client.get("/_mock/tenants/other").status_code == 404

    def test_a_request_to_no_tenant_is_answered_421_with_the_tenants(
        self, mock_client: Client, data_request: dict[str, Any], tenant_name: str
    ) -> None:
        lost = data_request | {"path": "/no/such/path", "headers": {"Host": "nowhere.invalid"}}
        response = mock_client.open(**lost)
        assert response.status_code == 421
        assert tenant_name in response.get_json()["errors"][0]["expected"]

    def test_a_snapshot_is_read_back_with_clock_ids_and_evidence(
        self, mock_client: Client, data_request: dict[str, Any], tenant_name: str
    ) -> None:
        self._control(mock_client, "POST", "clock", tenant_name, {"advance_s": 60})
        mock_client.open(**data_request)
        before = self._control(mock_client, "GET", "evidence", tenant_name).get_json()
        saved = self._control(mock_client, "GET", "snapshot", tenant_name)
        assert (saved.status_code, saved.mimetype) == (200, "application/zip")
        self._control(mock_client, "POST", "reset", tenant_name)
        assert self._put_snapshot(mock_client, saved.data, tenant_name).get_json()["status"] == "restored"
        assert self._control(mock_client, "GET", "clock", tenant_name).get_json()["offset_s"] == 60
        assert self._control(mock_client, "GET", "evidence", tenant_name).get_json() == before
        again = self._control(mock_client, "GET", "snapshot", tenant_name)
        assert _snapshot_state(again.data) == _snapshot_state(saved.data)

    def test_a_snapshot_that_is_not_whole_or_of_another_mock_changes_nothing(
        self, mock_client: Client, tenant_name: str
    ) -> None:
        self._control(mock_client, "POST", "clock", tenant_name, {"advance_s": 60})
        saved = self._control(mock_client, "GET", "snapshot", tenant_name).data
        foreign = io.BytesIO()
        with zipfile.ZipFile(foreign, "w") as archive:
            archive.writestr("state.json", json.dumps(_snapshot_state(saved) | {"mock": "another"}))
        for body in (b"no zip", saved[: len(saved) // 2], foreign.getvalue()):
            refused = self._put_snapshot(mock_client, body, tenant_name)
            assert refused.status_code == 400
            assert refused.mimetype == "application/problem+json"
            assert refused.get_json()["errors"][0]["field"] == "body"
        assert self._control(mock_client, "GET", "clock", tenant_name).get_json()["offset_s"] == 60

    def _put_snapshot(self, client: Client, body: bytes, tenant: str) -> TestResponse:
        kind = "application/octet-stream"
        return client.put("/_mock/snapshot", query_string={"tenant": tenant}, data=body, content_type=kind)

    def test_every_assumed_behaviour_has_a_switch_and_every_entry_a_source(
        self, mock_client: Client, tenant_name: str
    ) -> None:
        entries = self._control(mock_client, "GET", "evidence", tenant_name).get_json()["evidence"]
        assert entries
        assert [entry["id"] for entry in entries if not entry["source"]] == []
        assert [entry["id"] for entry in entries if entry["label"] == "assumed" and not entry["switch"]] == []

    def test_a_basic_password_is_not_in_the_journal(
        self, mock_client: Client, data_request: dict[str, Any], tenant_name: str
    ) -> None:
        headers = dict(data_request.get("headers", {})) | {"Authorization": "Basic bm9ib2R5OnNlY3JldA=="}
        mock_client.open(**(data_request | {"headers": headers}))
        last = self._exchanges(mock_client, tenant_name)[-1]
        assert last["request_headers"]["Authorization"] == "***"
        assert "bm9ib2R5OnNlY3JldA" not in str(last)
