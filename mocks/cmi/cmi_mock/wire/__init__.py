"""How CMI's documents look: which of them a user may see, their members, and JSON or XML of them."""
