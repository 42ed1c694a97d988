#!/bin/sh
# The pipeline without Hydra and DVC, in the current directory: run.sh [SEEDS_AT_A_TIME]
set -e
bare=$(dirname "$0")
python "$bare/make_dataset.py"
python "$bare/build_features.py"
printf '%s\n' 0 1 2 3 4 | xargs -n 1 -P "${1:-1}" python "$bare/train_model.py"
python "$bare/predict_model.py" 0 1 2 3 4
python "$bare/visualize.py" 0 1 2 3 4
