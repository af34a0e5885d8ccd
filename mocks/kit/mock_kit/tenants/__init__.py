"""Tenants, the unit of isolation: state, clock, ids, files, journal and faults belong to one each."""

from mock_kit.tenants.tenant import MockTenant, NameTaken, Tenants, TenantState, W

__all__ = ["MockTenant", "NameTaken", "TenantState", "Tenants", "W"]
