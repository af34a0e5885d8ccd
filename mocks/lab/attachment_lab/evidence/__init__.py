"""Evidence labels of all participants: the fidelity page, their sources, and dialect files."""
