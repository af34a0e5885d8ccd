"""How the twin speaks HTTP: out by way of an egress map, back with problems and OAuth errors."""
