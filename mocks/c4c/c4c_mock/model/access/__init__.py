"""Who may call: users, passwords, CSRF tokens."""
