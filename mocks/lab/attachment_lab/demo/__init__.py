"""The demo: a customer's files, one chat from end to end, the faults that it offers, and what a terminal shows."""
