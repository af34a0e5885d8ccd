"""A run as one self-contained HTML file: picture, files with digests at both ends, verdict, evidence. Prints on A4."""
