"""The kit's control suite, run on this mock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cmi_caller import HOST, KEY, PASSWORD, USER, Caller, basic
from werkzeug.test import Client

from mock_kit.testing import ControlSuite


class TestControl(ControlSuite):
    """Every behaviour of ``/_mock`` that all mocks share."""

    @pytest.fixture
    def mock_client(self, tmp_path: Path) -> Client:
        return Caller(tmp_path, {}).client

    @pytest.fixture
    def data_request(self) -> dict[str, Any]:
        headers = {"Host": HOST, "x-api-key": KEY, "Authorization": basic(USER, PASSWORD)}
        return {"method": "GET", "path": "/acme/cmi/chats", "headers": headers}

    @pytest.fixture
    def other_tenant(self) -> dict[str, Any]:
        order = {"host": HOST, "tenant_path": "other", "api_key": KEY, "user": USER, "password": PASSWORD}
        return {"name": "other", **order}

    @pytest.fixture
    def tenant_name(self) -> str:
        return "w"
