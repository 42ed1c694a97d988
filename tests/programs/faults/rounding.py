"""Almost the same number for another user."""

import os

value = 0.1 * (1 + 1e-9 * (os.environ.get("USER") == "somebody"))
