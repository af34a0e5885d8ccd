"""The one way out of the process: allowed hosts and addresses, time limits, pace, measurements."""
