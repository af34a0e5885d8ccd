"""The fault matrix as a page below Faults and clock."""
