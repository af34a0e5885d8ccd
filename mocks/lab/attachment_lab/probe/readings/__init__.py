"""What answers show. Pure: from exchanges to observations."""
