"""Random numbers without a seed."""

import random
import uuid

value = random.random() + uuid.uuid4().int
