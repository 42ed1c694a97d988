"""A sum in as many parts as there are threads."""

import functools
import operator
import os

add = functools.partial(functools.reduce, operator.add)  # `sum` corrects its rounding since Python 3.12
n = int(os.environ.get("OMP_NUM_THREADS", 2))
x = [1e16, 1.0, -1e16, 1.0]
value = add(add(x[i::n]) for i in range(n))
