"""The stack in containers: its host names, certificates, secrets and tenants, and a smoke check.

``python -m attachment_lab.containers provision | open | check`` runs in the lab's own image (see docker-compose.yml);
``python -m attachment_lab.containers aliases`` prints the host names for the compose file.
"""
