"""One archive that a machine without network loads and runs: images, compose file, wheels, checksums, ``load.sh``.

compose file ─► stack (which images, which files) ─► leftovers (what must not travel) ─► parcel (the archive)

``python -m attachment_lab.bundle --help`` is the way in; ``data/load.sh`` is what the other machine runs.
"""
