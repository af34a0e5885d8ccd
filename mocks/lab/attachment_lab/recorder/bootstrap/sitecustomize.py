"""Python imports this at the start of a process whose PYTHONPATH has this folder; it installs the instrumentation.

Only the lab's tests put it there. The service has no code for it, and is started as everywhere else.
"""

import os

if os.environ.get("ATTACHMENT_LAB_INSTRUMENTATION"):
    from attachment_lab.recorder.instrumentation import install_from_environment

    install_from_environment()
