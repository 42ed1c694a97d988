#!/bin/sh
# The pipeline without Hydra and DVC, in the current directory
set -e
bare=$(dirname "$0")
python "$bare/make_dataset.py"
python "$bare/build_features.py"
for seed in 0 1 2 3 4; do
  python "$bare/train_model.py" "$seed"
done
python "$bare/predict_model.py" 0 1 2 3 4
python "$bare/visualize.py" 0 1 2 3 4
