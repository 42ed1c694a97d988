"""Call onnxruntime in a loop, with one thread as the API does, and print the calls per second.

In the project: `python loop.py FILE SECONDS`, where FILE is what prepare.py wrote.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime

records = json.loads(Path(sys.argv[1]).read_text())["asked"]["instances"]
images = np.array([record["image"] for record in records], dtype=np.uint8)[..., np.newaxis]
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession("models/split_0/seed_0/model.onnx", options)
calls, begin = 0, time.perf_counter()
while (duration := time.perf_counter() - begin) < float(sys.argv[2]):
    session.run(["label", "probabilities"], {"image": images})
    calls += 1
print(calls / duration)
