"""For tests: a suite for every mock's control, a mock as a process, and the addresses of an application."""

from mock_kit.testing.control_suite import ControlSuite, RouteAddress, route_addresses
from mock_kit.testing.process import RUNNING, MockProcess, free_port, running_mock

__all__ = [
    "RUNNING",
    "ControlSuite",
    "MockProcess",
    "RouteAddress",
    "free_port",
    "route_addresses",
    "running_mock",
]
