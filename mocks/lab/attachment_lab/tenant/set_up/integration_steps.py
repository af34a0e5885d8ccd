"""The states of the integration's steps: channel, form, queues, JSON, endpoint. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from attachment_contract.configuration.facts import ConfigurationFacts
from attachment_lab.tenant.credentials import login_host
from attachment_lab.tenant.entries import UPLOAD_EVENTS, accounts
from attachment_lab.tenant.set_up.facts import Row, SetUpFacts
from attachment_lab.tenant.set_up.model import StepResult, done, missing, wrong

#: Queues of these types carry the attachments of outgoing chats. Evidence: documented (configuration page).
CARRYING_QUEUE = re.compile(r"[^@]*@(sinchsms\.com|[^@.]+\.sinchconversation\.com)", re.IGNORECASE)
CARRYING_TYPES = "@sinchsms.com or @<subchannel>.sinchconversation.com"
#: At most so many integrations run for one event. Evidence: documented (Event-driven integrations).
MOST_TRIGGERED = 3
#: Of a list of defects, so many are shown.
SHOWN = 3
_NONE = "There is no event-driven integration for chat-attachments."
_ADD = "Add an integration, and paste the JSON of your configuration."


def channel(facts: SetUpFacts) -> StepResult:
    """Channels that carry files, and the channel type Chat."""
    carrying = [str(each["channel_sub_type"]) for each in facts.channels if each["files"]]
    if not carrying:
        return wrong("No chat channel carries files.", "Set up a messaging channel such as WhatsApp.")
    for saved, _ in facts.uploads:
        if saved["channel_type"] not in {"Chat", "Multi-Channel"}:
            return wrong(f"{saved['name']} has the channel type {saved['channel_type']}.", "Choose Chat.")
    return done(f"Files come by {', '.join(carrying)}.")


def integration(facts: SetUpFacts) -> StepResult:
    """Enabled, for Ended or Closed, as many as the configuration has."""
    uploads = facts.uploads
    if not uploads:
        return missing(_NONE, _ADD)
    for saved, _ in uploads:
        if not saved["enabled"]:
            return wrong(f"{saved['name']} is disabled.", "Enable it.")
        if not UPLOAD_EVENTS & set(saved["events"]):
            return wrong(
                f"{saved['name']} is for {', '.join(saved['events'])}.", "Tick the event Ended or the event Closed."
            )
    planned = len(facts.names.integrations)
    if len(facts.integrations) < planned:
        return missing(f"{len(facts.integrations)} of the {planned} integrations of the configuration exist.", _ADD)
    return done(f"{', '.join(str(saved['name']) for saved, _ in uploads)}: {_events(uploads)}.")


def queues(facts: SetUpFacts) -> StepResult:
    """Outgoing chats have a queue of a type that carries attachments; no integration is crowded out."""
    uploads = facts.uploads
    if not uploads:
        return missing(_NONE, _ADD)
    for saved, _ in uploads:
        if saved["direction"] == "Outbound" and not any(carries(each) for each in saved["queues"]):
            unfit = ", ".join(str(each["address"] or each["id"]) for each in saved["queues"])
            what = f"has only the queues {unfit}" if unfit else "has no queue"
            return wrong(
                f"{saved['name']} is for outgoing chats and {what}.", f"Select a queue of the type {CARRYING_TYPES}."
            )
    crowded = next(_crowded(facts.integrations), None)
    if crowded:
        return wrong(
            f"{crowded} comes after {MOST_TRIGGERED} others with lower ordinals, so it is not run.",
            "Give it a lower ordinal, or other queues.",
        )
    return done("; ".join(f"{saved['name']}: {_where(saved)}" for saved, _ in uploads) + ".")


def json_text(facts: SetUpFacts) -> StepResult:
    """The gate finds no error, and the addresses and users are those of this tenant."""
    uploads = facts.uploads
    if not uploads:
        return missing(_NONE, _ADD)
    for saved, found in uploads:
        errors = [f"{each.path}: {each.message}" for each in found.errors if not each.path.startswith("form")]
        defects = [*errors, *_foreign(facts, found)]
        if defects:
            more = f" (and {len(defects) - SHOWN} more)" if len(defects) > SHOWN else ""
            return wrong(f"{saved['name']}: {' '.join(defects[:SHOWN])}{more}", "Correct the JSON for Configuration.")
    return done("The contract gate finds nothing wrong, and every address is one of this tenant.")


def endpoint(facts: SetUpFacts) -> StepResult:
    """A documented endpoint, in the region of the token issuer."""
    uploads = facts.uploads
    if not uploads:
        return missing(_NONE, _ADD)
    issuer = str(facts.issuer.get("issuer", "")).removeprefix("https://").partition("/")[0]
    for saved, found in uploads:
        address = found.form.endpoint.value
        if address.region is None:
            return wrong(
                f"{saved['name']} calls {address.address.host}, which is no documented endpoint.",
                "Use the address of your region: Europe, North America or Australia.",
            )
        if issuer.startswith("login-") and issuer != login_host(address.address.host):
            return wrong(
                f"{saved['name']} calls the endpoint of {address.region}, its tokens come from {issuer}.",
                "Use the endpoint of the region in which your Contact Pro runs.",
            )
    return done(f"{uploads[0][1].form.endpoint.value.region}, tokens from {issuer or 'its own issuer'}.")


def carries(queue: Row) -> bool:
    """Whether a queue of this address carries the attachments of outgoing chats."""
    return CARRYING_QUEUE.fullmatch(str(queue["address"])) is not None


def _crowded(integrations: Sequence[Row]) -> Iterator[str]:
    """Names of uploads that never run, because too many with lower ordinals apply to every chat."""
    rows = [each for each in integrations if each["enabled"]]
    for row in rows:
        before = [
            each
            for each in rows
            if each["ordinal"] < row["ordinal"]
            and each["channel_type"] in {row["channel_type"], "Multi-Channel"}
            and each["direction"] in {row["direction"], "Both"}
            and not each["queues"]
            and set(row["events"]) <= set(each["events"])
        ]
        if len(before) >= MOST_TRIGGERED:
            yield str(row["name"])


def _foreign(facts: SetUpFacts, found: ConfigurationFacts) -> Iterator[str]:
    """What the JSON names and this tenant does not have."""
    names = facts.names
    if found.cmi and found.cmi.address.host != names.cmi_host:
        yield f"cmi_url names {found.cmi.address.host}, this tenant's CMI is {names.cmi_host}."
    elif found.cmi and found.cmi.tenant_path != (names.cmi_path or names.tenant_path):
        yield f"cmi_url has the path {found.cmi.tenant_path}, this tenant's is {names.cmi_path or names.tenant_path}."
    target = found.sap_v1
    if target and target.address and target.address.host not in names.c4c_hosts:
        yield f"sap_v1.url names {target.address.host}, this tenant's C4C is {', '.join(names.c4c_hosts)}."
    cmi = {*(each.user for each in accounts(names, "cmi")), *(str(each["name"]) for each in facts.cmi_users)}
    if found.cmi_user and found.cmi_user not in cmi:
        yield f"cmi_user is {found.cmi_user}; there is {', '.join(sorted(cmi))}."
    c4c = {*(each.user for each in accounts(names, "c4c")), *(str(each["user"]) for each in facts.arrangements)}
    if target and target.user and target.user not in c4c:
        yield f"sap_v1.user is {target.user}; there is {', '.join(sorted(c4c))}."


def _events(uploads: list[tuple[Row, ConfigurationFacts]]) -> str:
    events = dict.fromkeys(event for saved, _ in uploads for event in saved["events"])
    return f"event {' and '.join(events)}"


def _where(saved: Row) -> str:
    chosen = ", ".join(str(each["address"] or each["id"]) for each in saved["queues"]) or "every queue"
    return f"{saved['direction']}, {chosen}, ordinal {saved['ordinal']}"
