"""The stack in containers: the names it answers to, its certificates and secrets, its tenants, and a smoke check.

``python -m attachment_lab.containers furnish | open | check`` runs inside the lab's own image (see docker-compose.yml);
``python -m attachment_lab.containers aliases`` prints the host names for the compose file.
"""
