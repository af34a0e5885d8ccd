"""The traffic check: each captured exchange is matched to its hop, and each side of it to the hop's schemas.

``TrafficCheck`` takes exchanges and returns violations; it needs no network, no mock and no test framework.
"""

from attachment_contract.traffic.check import TrafficCheck, TrafficViolation
from attachment_contract.traffic.exchange import TrafficBody, TrafficExchange, TrafficMessage, exchange_from_capture
from attachment_contract.traffic.routes import hop_of, neighbour_of

__all__ = [
    "TrafficBody",
    "TrafficCheck",
    "TrafficExchange",
    "TrafficMessage",
    "TrafficViolation",
    "exchange_from_capture",
    "hop_of",
    "neighbour_of",
]
