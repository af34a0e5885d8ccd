"""Python imports this at the start of a process whose PYTHONPATH has this folder: the lab's tap, and nothing else.

Only the lab's tests put it there. The service knows nothing of it, and is started as it would be anywhere.
"""

import os

if os.environ.get("ATTACHMENT_LAB_TAP"):
    from attachment_lab.recorder.instrumentation import install_from_environment

    install_from_environment()
