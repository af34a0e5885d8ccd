"""Clients of the neighbours. Each one gets its transport from outside and raises only our own errors."""
