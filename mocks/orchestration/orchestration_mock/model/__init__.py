"""State and rules of one Contact Pro tenant. No module here imports Flask or opens a socket."""
