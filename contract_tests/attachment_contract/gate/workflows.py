"""Which workflow a configuration is for: chat-attachments, a documented sibling of it, or unknown. Pure.

Siblings share hosts, authentication and CMI's headers, and have another path and body. Sources: Sinch, Email AI
analysis > Prerequisites and Configuration (documented); AI orchestration layer > Transcript parameters (documented for
``transcript_parameters``, the rest of that request is inferred).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from attachment_contract.gate import vocabulary as words
from attachment_contract.gate.json_nodes import Node

#: Members of the body that e-mail analysis has and chat-attachments does not have (documented).
_EMAIL_MEMBERS = frozenset({"from", "to", "cc", "subject", "body", "created"})
_LEG_ID = "{contact.id}"


class Workflow(StrEnum):
    """A workflow of the orchestration layer; ``UNKNOWN`` if the configuration does not tell which."""

    CHAT_ATTACHMENTS = "chat-attachments"
    EMAIL_ANALYSIS = "email-analysis"
    POST_CALL_TRANSCRIPT = "post-call-transcript"
    UNKNOWN = "unknown"

    @property
    def is_sibling(self) -> bool:
        """Whether it is a documented workflow other than chat-attachments."""
        return self in {Workflow.EMAIL_ANALYSIS, Workflow.POST_CALL_TRANSCRIPT}


#: Path of the endpoint → workflow (documented). That of the transcript is not documented.
WORKFLOW_PATHS = {
    words.ENDPOINT_PATH: Workflow.CHAT_ATTACHMENTS,
    "/prod/email-analysis": Workflow.EMAIL_ANALYSIS,
}


def path_of(workflow: Workflow) -> str:
    """The path of a workflow's endpoint; for an unknown one that of chat-attachments. The transcript's is assumed."""
    documented = {known: path for path, known in WORKFLOW_PATHS.items()}
    if workflow is Workflow.POST_CALL_TRANSCRIPT:
        return f"/prod/{workflow}"
    return documented.get(workflow, words.ENDPOINT_PATH)


@dataclass(frozen=True, kw_only=True)
class Recognised:
    """The workflow, and the reason as a sentence."""

    workflow: Workflow
    why: str


UNRECOGNISED = Recognised(workflow=Workflow.UNKNOWN, why="It was not read.")


def recognise(config: Node | None, path: str | None) -> Recognised:
    """The workflow of a configuration. ``path``: that of the form's endpoint, if there is one.

    The body decides first: the wrong path for a body is a finding, not another workflow.
    """
    request = config.get("request") if config else None
    if request is None or request.kind != "object":
        return Recognised(workflow=Workflow.UNKNOWN, why='There is no object "request" in it.')
    body, headers = request.get("body"), request.get("headers")
    names = {member.name for member in body.members} if body else set[str]()
    header_names = {member.name.lower() for member in headers.members} if headers else set[str]()
    for_sap = sorted(names & {"sap_v1", "sap_v2"}) + sorted(header_names & {"x-sap-v1-password", "x-sap-v2-password"})
    if "transcript_parameters" in names:
        return Recognised(workflow=Workflow.POST_CALL_TRANSCRIPT, why='Its body has "transcript_parameters".')
    if for_sap:
        return Recognised(workflow=Workflow.CHAT_ATTACHMENTS, why=f'It has "{for_sap[0]}".')
    return _without_sap(body, names, header_names, path)


def _without_sap(body: Node | None, names: set[str], header_names: set[str], path: str | None) -> Recognised:
    contact_id = body.get("contact_id") if body else None
    email = sorted(names & _EMAIL_MEMBERS)
    if len(email) >= 3 or (email and contact_id is not None and contact_id.text == _LEG_ID):
        return Recognised(workflow=Workflow.EMAIL_ANALYSIS, why=f"Its body has {', '.join(email)} and no sap_v1.")
    if path in WORKFLOW_PATHS:
        return Recognised(workflow=WORKFLOW_PATHS[path], why=f"Its endpoint's path is {path}.")
    if path is None and (names & {*words.BODY_MEMBERS} or header_names & {*words.SECRET_HEADERS}):
        return Recognised(workflow=Workflow.CHAT_ATTACHMENTS, why="Its headers or body have members of this workflow.")
    why = f"Its endpoint's path is {path}." if path else "Nothing in it names a workflow."
    return Recognised(workflow=Workflow.UNKNOWN, why=why)
