"""Who may call: users, passwords, sessions with their CSRF tokens."""
