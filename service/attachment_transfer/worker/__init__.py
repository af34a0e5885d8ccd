"""The worker: runs the rounds of transfers. ``rounds`` is what a round does, ``process`` is the program around it."""
