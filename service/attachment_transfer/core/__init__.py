"""Rules, states and decisions: pure, with the standard library alone. No I/O, no clock."""
