"""Events of conversations: the engine, the deliveries it plans, the requests it sends, and what is written back."""
