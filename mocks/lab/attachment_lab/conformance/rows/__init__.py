"""The rows of the suite as data, one module per side of the chain."""
