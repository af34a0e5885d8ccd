"""What a process counts while it runs: Prometheus counters and histograms. The database's: ``ledger/gauges.py``.

Labels are bounded: reason codes, routes, statuses and neighbours' roles, never an id, a host or a caller.
``docs/operations.md`` lists every name; a test compares.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

disable_created_metrics()  # type: ignore[no-untyped-call]  # one more series per counter, which is not used

API = CollectorRegistry()
WORKER = CollectorRegistry()

_FAST_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SLOW_S = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0)

REQUESTS = Counter(
    "attachment_transfer_requests",
    "Requests to the API by route, method and status",
    ["route", "method", "status"],
    registry=API,
)
for _status in ("200", "202", "400", "401", "403", "413", "415", "429", "500", "503"):
    # A series that begins at 1 shows no increase: the first refusal must be visible.
    REQUESTS.labels("/prod/chat-attachments", "POST", _status)
ACCEPT_SECONDS = Histogram(
    "attachment_transfer_accept_seconds",
    "From a request's arrival until it is recorded durably and answered",
    buckets=_FAST_S,
    registry=API,
)
ACCEPTED = Counter(
    "attachment_transfer_accepted",
    "Accepted requests by effect: new, round (runs again), noted (a round is due already)",
    ["effect"],
    registry=API,
)

KEY_FETCHES = Counter(
    "attachment_transfer_issuer_key_fetches",
    "Fetches of a token issuer's signing keys by result: done, failed",
    ["result"],
    registry=API,
)
for _result in ("done", "failed"):
    KEY_FETCHES.labels(_result)
OLDEST_KEYS = Gauge(
    "attachment_transfer_issuer_keys_age_seconds",
    "Age of the oldest signing keys that still serve: above 300 the last good ones are used while a refresh fails",
    registry=API,
)


def _allow_list_valid(registry: CollectorRegistry) -> Gauge:
    return Gauge(
        "attachment_transfer_allow_list_valid",
        "1 if the allow-list file's content counts, or none is configured; 0: the last good one counts instead",
        registry=registry,
    )


API_ALLOW_LIST_VALID = _allow_list_valid(API)
WORKER_ALLOW_LIST_VALID = _allow_list_valid(WORKER)

KEPT = Counter(
    "attachment_transfer_attachments_kept",
    "Attachments known to be at C4C: stored now, or adopted from an earlier upload",
    ["how"],
    registry=WORKER,
)
KEPT_BYTES = Counter(
    "attachment_transfer_kept_bytes",
    "Bytes of the attachments known to be at C4C",
    ["how"],
    registry=WORKER,
)
for _how in ("stored", "adopted"):
    KEPT.labels(_how)
    KEPT_BYTES.labels(_how)
RETRIES = Counter(
    "attachment_transfer_upload_retries",
    "Attachments put off to a later round, by reason",
    ["reason"],
    registry=WORKER,
)
PARKED = Counter(
    "attachment_transfer_attachments_parked",
    "Attachments set aside for a person, by reason",
    ["reason"],
    registry=WORKER,
)
ATTACHMENT_SECONDS = Histogram(
    "attachment_transfer_attachment_seconds",
    "Carrying one attachment, download to verified upload, by result: done (kept, or nothing was due) or failed",
    ["result"],
    buckets=_SLOW_S,
    registry=WORKER,
)
ROUND_SECONDS = Histogram(
    "attachment_transfer_round_seconds",
    "One round, from discovery to its end",
    buckets=_SLOW_S,
    registry=WORKER,
)
ROUNDS_RUNNING = Gauge(
    "attachment_transfer_rounds_running",
    "Rounds that this worker runs now",
    registry=WORKER,
)
NEIGHBOUR_SECONDS = Histogram(
    "attachment_transfer_neighbour_seconds",
    "Calls to a neighbour until its answer's head, by neighbour and answer (2xx … 5xx, or none)",
    ["neighbour", "answer"],
    buckets=_SLOW_S,
    registry=WORKER,
)
SLOW_CALLS = Counter(
    "attachment_transfer_slow_calls",
    "Calls given up because the neighbour was too slow: each occupied a slot of its tenant until its limit",
    ["neighbour"],
    registry=WORKER,
)
for _neighbour in ("cmi", "c4c"):
    SLOW_CALLS.labels(_neighbour)
LEFT_ALONE = Gauge(
    "attachment_transfer_neighbours_left_alone",
    "Neighbours of tenants that are not called now, because they fail or are too slow: their rounds wait in the queue",
    registry=WORKER,
)
TAKEOVERS = Counter(
    "attachment_transfer_takeovers",
    "Rounds taken over from a worker that died",
    registry=WORKER,
)
PURGED = Counter(
    "attachment_transfer_purged",
    "Transfers deleted because their retention time was over",
    registry=WORKER,
)
HOUSEKEEPING = Gauge(
    "attachment_transfer_housekeeping_timestamp_seconds",
    "When housekeeping (shredding, purge) last succeeded, epoch seconds",
    registry=WORKER,
)
