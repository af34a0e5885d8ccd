"""What all mocks share: tenants, clock, journal, faults, control, server and wire gate. See ../README.md."""
