"""HTTP clients for the processes of a stack: the three mocks' control interfaces and the service."""
