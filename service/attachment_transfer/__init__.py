"""The transfer service: carries the files of an ended Contact Pro chat to its chat activity in C4C.

Read ``docs/path.md`` first: it follows one attachment through these modules. The arrows point one way:
``cli -> runtime -> ingress | worker -> engine | ledger | clients -> telemetry -> core`` (checked by import-linter).
"""

__version__ = "0.1.0"
