"""The command line ``attachment-lab``."""
