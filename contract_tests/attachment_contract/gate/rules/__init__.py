"""The rules by subject. Each topic is a function from a :class:`Look` to drafts; ``judge`` lists them."""
