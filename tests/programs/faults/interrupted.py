"""Ctrl-C while it runs for another user."""

import os
import signal

value = 1
if os.environ.get("USER") == "somebody":
    os.killpg(0, signal.SIGINT)
    input()
