"""Contract with OpenUI5's ODataModel v2 in Chromium, with batches as is its default, and without."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest
from browser_client import running_page
from client_kit import HERE, ClientTenant
from client_suite import Client, ClientSuite
from playwright.sync_api import Playwright

pytestmark = pytest.mark.browser


@pytest.fixture(scope="class")
def client(request: pytest.FixtureRequest, playwright: Playwright, tenant: ClientTenant) -> Iterator[Client]:
    """A page in place of a program in Node."""
    folder = HERE / str(request.cls.folder)
    with running_page(playwright, tenant, folder, use_batch=request.cls.use_batch) as page:
        yield page


class TestUi5(ClientSuite):
    """Each request is a part of a ``$batch``; writes are in change sets."""

    folder = "ui5"
    use_batch: ClassVar = True


class TestUi5WithoutBatches(TestUi5):
    """Each request goes by itself; changes are sent as POST with ``x-http-method: MERGE``."""

    use_batch = False
    lacks: ClassVar = {
        "batch": "the model was told to send no $batch",
        "change sets": "the model was told to send no $batch",
    }
