"""Planned faults: the kinds, the plan of a tenant, what each kind does, and the proxy that breaks the wire."""

from mock_kit.faults.kinds import KINDS, Layer, Phase
from mock_kit.faults.plan import Fault, FaultPlan

__all__ = ["KINDS", "Fault", "FaultPlan", "Layer", "Phase"]
