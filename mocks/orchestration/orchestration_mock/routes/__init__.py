"""The twin's addresses. A handler parses, calls the model and answers."""
