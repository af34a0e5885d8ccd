"""State and rules of one Contact Pro tenant. Nothing in here has heard of Flask or of sockets."""
