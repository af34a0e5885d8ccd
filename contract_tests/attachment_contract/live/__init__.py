"""Judges live traffic: each exchange finds its hop, each side of it its schema, and nothing passes unseen.

``Hearing`` takes exchanges and gives complaints; it needs no network, no mock and no test framework.
"""

from attachment_contract.live.exchange import Body, Exchange, Message
from attachment_contract.live.hearing import Complaint, Hearing
from attachment_contract.live.routes import recognise

__all__ = ["Body", "Complaint", "Exchange", "Hearing", "Message", "recognise"]
