"""Each chat as console and report show it: facts, hops, replay, picture, overview. Read by ``watch``, drawn purely."""
