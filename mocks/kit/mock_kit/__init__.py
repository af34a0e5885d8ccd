"""What all mocks share: worlds, clock, journal, faults, control, server and wire gate. See ../README.md."""
