"""The fault matrix: every fault at every hop at every attempt, its declared outcome, and a runner that plays it."""
