"""One archive that a machine without network loads and runs: images, compose file, wheels, checksums, ``load.sh``.

compose file ─► contents (images and files; what must not be included) ─► archive (with the wheels)

Run ``python -m attachment_lab.bundle --help``; the other machine runs ``data/load.sh``.
"""
