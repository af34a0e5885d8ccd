"""What Contact Pro would send: a configuration, a sample event, and the HTTP request that comes of the two."""
