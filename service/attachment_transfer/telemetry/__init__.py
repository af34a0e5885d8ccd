"""What a process counts and traces while it runs. Any layer above the core may use it."""
