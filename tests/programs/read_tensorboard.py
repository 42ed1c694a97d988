"""What TensorBoard reads in a folder, as JSON."""

import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata
from tensorboard.util.tensor_util import make_ndarray

events = EventAccumulator(sys.argv[1]).Reload()
content = events.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
params = metadata.parse_session_start_info_plugin_data(content).hparams
texts = {
    tag: make_ndarray(events.Tensors(tag)[0].tensor_proto).item().decode()
    for tag in events.Tags()["tensors"]
    if not tag.startswith("_")
}
curves = {tag: [(e.step, e.value) for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]}
numbers = [params[name].number_value for name in ("seed", "model.batch_size")]
print(json.dumps({"curves": curves, "texts": texts, "params": numbers}))
