"""What a neighbour's answer says: headers, types, JSON, C4C's errors, the decisions on a download."""
