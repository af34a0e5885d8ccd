"""What outlives the process: the log of a tenant and the form of rows in it."""
