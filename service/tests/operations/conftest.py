"""The rendered example of the Kubernetes manifests, for the tests that read it."""

from __future__ import annotations

import pytest
from kubernetes_kit import (
    Document,
    rendered,
)


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> list[Document]:
    return rendered("keda", "clamd", "otel", folder=tmp_path_factory.mktemp("rendered"))
