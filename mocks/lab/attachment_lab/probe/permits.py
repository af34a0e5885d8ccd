"""What a run may do. By default: read, on a tenant that its owner has listed as a test tenant, and nothing else.

Every host counts as production unless ``ATTACHMENT_PROBE_TEST_HOSTS`` names it. No name, pattern or edition tells
a customer's test tenant from the live one, so the owner has to say it, host by host: patterns are not taken, and
CMI, whose host several tenants share, is listed as ``host/tenant``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from attachment_lab.errors import WrongUse
from attachment_lab.probe.target import PREFIX, ProbeTarget, System

#: Accounts that a wrong password can be tried on.
ACCOUNTS = ("cmi", "c4c")


class NotPermitted(WrongUse):
    """The run was about to do something that it was not allowed to; nothing was sent."""


@dataclass(frozen=True, kw_only=True)
class Permits:
    """What the person who started the run has allowed.

    Attributes:
        writes: attachments may be added to the one test activity.
        clean_up: what this run added there may be deleted again.
        tries_on: on which account ONE wrong password may be tried; None = on none.
        production: a host that is not listed as a test tenant may be asked.
    """

    writes: bool = False
    clean_up: bool = False
    tries_on: System | None = None
    production: bool = False


@dataclass
class PermitUse:
    """What of the permits has been used up in this run.

    Attributes:
        wrong_passwords: tried so far; never more than one.
        created: ObjectIDs of attachments that this run made, oldest first.
    """

    wrong_passwords: int = 0
    created: list[str] = field(default_factory=list)


def check_site(target: ProbeTarget, permits: Permits) -> None:
    """Raises NotPermitted for a host that counts as production, before anything is sent."""
    strangers = [system for system in target.systems if target.place(system) not in target.test_hosts]
    if not strangers or permits.production:
        return
    text = ", ".join(f"{target.place(system)} ({system})" for system in strangers)
    raise NotPermitted(
        f"not listed as a test tenant, so it counts as production: {text}. If it is a test tenant, add it to "
        f"{PREFIX}TEST_HOSTS (exact names with commas between; CMI as host/tenant); "
        "--force-production asks it all the same"
    )


def check_permits(target: ProbeTarget, permits: Permits) -> None:
    """Raises WrongUse for permits that contradict each other or lack what they are about."""
    if permits.writes and not target.test_activity:
        raise WrongUse(
            f"--allow-writes needs one named test activity: --test-activity OBJECTID or {PREFIX}TEST_ACTIVITY, "
            "the ObjectID of a chat activity that nobody minds"
        )
    if permits.clean_up and not permits.writes:
        raise WrongUse("--clean-up deletes what --allow-writes made: give both")
    if permits.tries_on and permits.tries_on not in target.systems:
        raise WrongUse(f"--allow-wrong-password {permits.tries_on}: this run does not ask that system")
