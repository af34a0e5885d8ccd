"""Rights of a user, each granted on queues, on groups of queues or on agents.

Source: CMI user rights page (which right opens which resource), "Chat attachment upload, before you start"
("normally given on a queue group"); evidence: documented.
"""

from __future__ import annotations

from dataclasses import dataclass

from cmi_mock.model.chat import Agent, Queue

ALL = "*"
_EVERY = frozenset({ALL})


@dataclass(frozen=True)
class Grant:
    """Where one right is granted; ``*`` stands for every one.

    Attributes:
        queues: queue ids.
        agents: agent ids; they reach conversations allocated to that agent, direct ones too.
        queue_groups: ids of queue groups; they reach every queue of the group.
    """

    queues: frozenset[str] = frozenset()
    agents: frozenset[str] = frozenset()
    queue_groups: frozenset[str] = frozenset()

    def reaches(self, queue: Queue | None, agent: Agent | None = None) -> bool:
        """Whether the right covers a conversation of this queue and agent."""
        return self.reaches_queue(queue) or _includes(self.agents, agent.id if agent else "")

    def reaches_queue(self, queue: Queue | None) -> bool:
        """Whether the right covers this queue or on its group."""
        return queue is not None and (_includes(self.queues, queue.id) or _includes(self.queue_groups, queue.group_id))


def _includes(granted: frozenset[str], wanted: str) -> bool:
    return ALL in granted or wanted in granted


EVERYWHERE = Grant(_EVERY, _EVERY, _EVERY)


@dataclass(frozen=True)
class Rights:
    """The three rights that CMI's resources require.

    Attributes:
        manage_contact_history: opens ``/chats``, ``/chatMessages`` and ``/emails``; writes ``/contactData``.
        statistics_details: opens ``/contacts`` and ``/contactData``.
        messaging: opens ``/messages``, on queues only.
    """

    manage_contact_history: Grant = EVERYWHERE
    statistics_details: Grant = EVERYWHERE
    messaging: Grant = EVERYWHERE
