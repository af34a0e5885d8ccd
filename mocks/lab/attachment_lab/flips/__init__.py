"""The flip table: each assumption of the demo turned into its opposite, and what the service does then."""
