"""What all mocks share: tenants, clock, journal, faults, control, server and fault proxy. See ../README.md."""
