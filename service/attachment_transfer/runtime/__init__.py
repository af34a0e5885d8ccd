"""What a process is made of: settings, wiring, clocks, logs, supervision."""
