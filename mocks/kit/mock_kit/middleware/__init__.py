"""One request on its way through a mock: metered, recorded, and struck by planned faults."""
