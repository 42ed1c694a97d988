"""The pipeline in one process, which imports each package once, in the current directory."""

import runpy
import sys
from pathlib import Path

SEEDS = list("01234")
STEPS = [
    ("make_dataset.py", []),
    ("build_features.py", []),
    *(("train_model.py", [seed]) for seed in SEEDS),
    ("predict_model.py", SEEDS),
    ("visualize.py", SEEDS),
]

for script, arguments in STEPS:
    sys.argv = [script, *arguments]
    runpy.run_path(str(Path(__file__).with_name(script)))
