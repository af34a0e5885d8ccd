"""What answers show. Pure: from exchanges to sightings."""
