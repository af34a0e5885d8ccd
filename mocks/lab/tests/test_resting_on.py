"""A run of tests says by how weak evidence each green test is carried."""

from __future__ import annotations

import pytest

from attachment_lab.fidelity.resting_on import summary, weakest_label
from attachment_lab.testing.lab import LabTenant


@pytest.mark.stack
def test_a_tenant_that_was_only_opened_rests_on_documents_and_a_chat_on_assumptions(tenant: LabTenant) -> None:
    assert weakest_label(tenant) in {"documented", "none"}
    tenant.chat(files=[("note.txt", b"Hello")]).end()
    tenant.wait_until_settled()
    assert weakest_label(tenant) == "assumed"


def test_the_summary_counts_the_weakest_first() -> None:
    line = summary(["documented", "assumed", "assumed", "none"])
    assert line.startswith("4 green tests on a tenant")
    assert line.endswith("assumed 2 · documented 1 · none 1")


def test_without_a_tenant_there_is_no_summary() -> None:
    assert summary([]) == ""


PASSING = """
def test_a_chat(tenant):
    tenant.chat(files=[("note.txt", b"Hello")]).end()
    tenant.wait_until_settled()
"""


@pytest.mark.stack
def test_the_plugin_prints_what_the_green_tests_rest_on(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(PASSING)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-o", "addopts=", timeout=240)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["1 green tests on a tenant, by the weakest evidence that each rests on: assumed 1"])
