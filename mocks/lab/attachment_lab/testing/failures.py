"""Which tenants the running test has, and the sections that its report gets when it fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from attachment_lab.testing.failure_reading import read_failure
from attachment_lab.testing.failure_report import failure_report
from attachment_lab.testing.lab import LabTenant

#: These end the run; reading a tenant would only delay that.
_ENDS = (KeyboardInterrupt, SystemExit, GeneratorExit)


class FailureReports:
    """One for a pytest process, which runs one test at a time. Each tenant is read at most once in a test."""

    def __init__(self) -> None:
        self._open: list[LabTenant] = []
        self._earlier: set[str] = set()
        self._read: set[str] = set()
        self._sections: list[tuple[str, str]] = []

    def begin(self) -> None:
        """A test begins: what is open now belongs to it only if it has it as a fixture."""
        self._earlier = {tenant.name for tenant in self._open}
        self._read.clear()
        self._sections.clear()

    @contextmanager
    def watching(self, tenant: LabTenant) -> Iterator[None]:
        """Read the tenant where its block ends with an error: afterwards it is closed."""
        self._open.append(tenant)
        try:
            yield
        except _ENDS:
            raise
        except BaseException:  # pytest's own failures are no Exceptions
            self._add(tenant)
            raise
        finally:
            self._open.remove(tenant)

    def sections(self, fixtures: Iterable[object]) -> list[tuple[str, str]]:
        """(title, text) for each tenant of the failed test: its own, and those among the values of its fixtures."""
        for tenant in self._open:
            if tenant.name not in self._earlier:
                self._add(tenant)
        for value in fixtures:
            if isinstance(value, LabTenant):
                self._add(value)
        found, self._sections = self._sections, []
        return found

    def _add(self, tenant: LabTenant) -> None:
        if tenant.name in self._read:
            return
        self._read.add(tenant.name)
        try:
            text = failure_report(read_failure(tenant.reconciliation, since=tenant.opened_at))
        except Exception as exc:  # noqa: BLE001 - a report never fails because of what it reports on
            text = f"The chain cannot be shown: {type(exc).__name__}"
        self._sections.append((f"chain of tenant {tenant.name}", text))
