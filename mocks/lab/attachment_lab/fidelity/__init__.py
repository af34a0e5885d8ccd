"""The fidelity page: what is proven, not proven and unknown of each neighbour; and what labels owe."""
