"""Tenants, the unit of isolation: state, clock, ids, files, journal and faults belong to one each."""

from mock_kit.tenants.tenant import NameTaken, Tenant, Tenants, W

__all__ = ["NameTaken", "Tenant", "Tenants", "W"]
