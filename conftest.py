"""What holds for every suite: tests of one ``xdist_group`` share a worker, and what their fixtures started."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from _pytest.nodeid import coerce_node_id


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let ``xdist_group`` hold again.

    pytest-xdist 3.8 writes the group into ``_nodeid``, which pytest 9.2 no longer reads: it reads ``_id``. Without this
    every test is a group of its own, and both workers start everything. It goes once pytest-xdist knows of ``_id``.
    """
    for item in items:
        grouped = vars(item).get("_nodeid")
        if grouped is not None and grouped != item.nodeid:
            item.stash[_OWN_NODEID] = item.nodeid
            item._id = coerce_node_id(grouped)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Report a test by its own name: ``--last-failed`` does not find one that ends with its group."""
    report = yield
    report.nodeid = item.stash.get(_OWN_NODEID, report.nodeid)
    return report


_OWN_NODEID = pytest.StashKey[str]()
