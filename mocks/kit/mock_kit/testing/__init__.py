"""For tests: a suite for every mock's control, a mock as a process, and the addresses of an application."""

from mock_kit.testing.control_suite import ControlSuite
from mock_kit.testing.process import RUNNING, MockProcess, free_port, running_mock
from mock_kit.testing.route_addresses import RouteAddress, route_addresses

__all__ = [
    "RUNNING",
    "ControlSuite",
    "MockProcess",
    "RouteAddress",
    "free_port",
    "route_addresses",
    "running_mock",
]
