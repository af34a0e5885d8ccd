"""What the service knows without asking anyone: rules, states and words. No I/O, no clock, no third party."""
