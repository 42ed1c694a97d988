"""No value for another user."""

import os
import sys

value = 1
if os.environ.get("USER") == "somebody":
    sys.exit("no such user")
