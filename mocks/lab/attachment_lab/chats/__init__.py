"""What is known of each chat, read and drawn: facts, hops, journey, picture, overview. Console and report show it."""
