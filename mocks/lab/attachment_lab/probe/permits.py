"""What a run may do. By default it only reads, on a tenant that its owner has listed as a test tenant.

Every host counts as production unless ``ATTACHMENT_PROBE_TEST_HOSTS`` lists it. No name, pattern or edition
distinguishes a customer's test tenant from the live one, so the owner lists each host: patterns are refused, and CMI,
whose host several tenants share, is listed as ``host/tenant``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from attachment_lab.errors import WrongUse
from attachment_lab.probe.target import PREFIX, ProbeTarget, System

#: Accounts that a wrong password can be tried on.
ACCOUNTS = ("cmi", "c4c")


class NotPermitted(WrongUse):
    """The run is not allowed to do this; nothing was sent."""


@dataclass(frozen=True, kw_only=True)
class Permits:
    """What the user has allowed.

    Attributes:
        writes: attachments may be added to the one test activity.
        clean_up: what this run added there may be deleted again.
        tries_on: the account on which ONE wrong password may be tried; None = on none.
        production: a host that is not listed as a test tenant may be probed.
    """

    writes: bool = False
    clean_up: bool = False
    tries_on: System | None = None
    production: bool = False


@dataclass
class PermitUse:
    """Which permits this run has used.

    Attributes:
        wrong_passwords: tried so far; never more than one.
        created: ObjectIDs of attachments that this run created, oldest first.
    """

    wrong_passwords: int = 0
    created: list[str] = field(default_factory=list)


def check_site(target: ProbeTarget, permits: Permits) -> None:
    """Raise NotPermitted for a host that counts as production, before anything is sent."""
    unlisted = [system for system in target.systems if target.site(system) not in target.test_hosts]
    if not unlisted or permits.production:
        return
    sites = ", ".join(f"{target.site(system)} ({system})" for system in unlisted)
    raise NotPermitted(
        f"not listed as a test tenant, so it counts as production: {sites}. If it is a test tenant, add it to "
        f"{PREFIX}TEST_HOSTS (exact names with commas between; CMI as host/tenant); "
        "--force-production probes it nevertheless"
    )


def check_permits(target: ProbeTarget, permits: Permits) -> None:
    """Raise WrongUse for permits that contradict each other or are incomplete."""
    if permits.writes and not target.test_activity:
        raise WrongUse(
            f"--allow-writes needs one named test activity: --test-activity OBJECTID or {PREFIX}TEST_ACTIVITY, "
            "the ObjectID of a chat activity for tests"
        )
    if permits.clean_up and not permits.writes:
        raise WrongUse("--clean-up deletes what --allow-writes created: give both")
    if permits.tries_on and permits.tries_on not in target.systems:
        raise WrongUse(f"--allow-wrong-password {permits.tries_on}: this run does not probe that system")
