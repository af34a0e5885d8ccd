"""One request on its way through a mock, watched, recorded and struck by planned faults."""
