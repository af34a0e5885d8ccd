"""The dry run: the HTTP request that Contact Pro would send for a configuration and a sample event."""
