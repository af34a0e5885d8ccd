"""How CMI's documents look: which a user gets to see, their members, and JSON or XML of them."""
