"""Redelivery by hand: what is sent again, how often, when and in which order.

Every redelivery carries the same event and conversation ids as the original; each is a new row of the log.
"""

from __future__ import annotations

from dataclasses import dataclass

from orchestration_mock.model.events.deliveries import Delivery, DeliveryLog
from orchestration_mock.model.forms import Form

MOST_COPIES = 50
MOST_LATE_S = 10 * 366 * 86_400
CONFIGURATIONS = ("today", "as_then")
ORDERS = ("as_given", "reversed")


@dataclass(frozen=True, kw_only=True)
class Redelivery:
    """How deliveries are sent again.

    Attributes:
        copies: how many times; more than one are duplicates.
        late_s: how long to wait first, by the tenant's clock.
        together: copies do not wait for each other (they race).
        configuration: ``today`` = as saved now; ``as_then`` = as it was for the delivery, even if deleted since.
        order: of several deliveries.
    """

    copies: int = 1
    late_s: float = 0.0
    together: bool = False
    configuration: str = "today"
    order: str = "as_given"

    def mode_of(self, *, out_of_order: bool = False) -> str:
        """The mode in the log: late, out_of_order, duplicate or again."""
        if self.late_s:
            return "late"
        if out_of_order:
            return "out_of_order"
        return "duplicate" if self.copies > 1 else "again"


def read_options(form: Form) -> Redelivery:
    """The options from a form that may have other fields too; the caller calls ``form.done``."""
    return Redelivery(
        copies=form.whole("copies", 1, least=1, most=MOST_COPIES),
        late_s=form.seconds("late_s", 0.0, most=MOST_LATE_S),
        together=form.flag("together", False),
        configuration=form.choice("configuration", CONFIGURATIONS, "today"),
        order=form.choice("order", ORDERS, "as_given"),
    )


def read_redelivery(body: object, log: DeliveryLog) -> tuple[list[Delivery], Redelivery]:
    """What to send again, in order, and how.

    ``{"delivery_ids": [...]}``, ``{"event_id"}`` or ``{"contact_id"}`` (first deliveries only), and the options.
    Raises ``Invalid`` or ``MissingItem``.
    """
    form = Form(body)
    ids = form.items("delivery_ids")
    event_id, contact_id = form.text("event_id", ""), form.text("contact_id", "")
    options = read_options(form)
    if sum(map(bool, (ids, event_id, contact_id))) != 1:
        form.wrong("delivery_ids", "one of delivery_ids, event_id, contact_id", "name the deliveries to send again")
    form.refuse_unknown("no such field")
    form.done("The redelivery", "accepted")
    if ids:
        rows = [log.get(str(id_)) for id_ in ids]
    else:
        rows = [row for row in log.list(event_id or None) if contact_id in ("", row.contact_id)]
        rows = [row for row in rows if row.redelivery_of is None]
    return rows[:: -1 if options.order == "reversed" else 1], options
