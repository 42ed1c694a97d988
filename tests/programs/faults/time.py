"""The time."""

import datetime

value = datetime.datetime.now().isoformat()
