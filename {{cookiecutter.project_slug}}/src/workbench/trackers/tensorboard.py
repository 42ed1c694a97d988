"""TensorBoard: a file of events in the directory of each run."""

import time
from datetime import datetime
from textwrap import indent

from ..record.record import Record
from .package import import_package


class TensorBoard:
    """Writes scalars and hyperparameters; a folder names the run, and its sweep."""

    name = "tensorboard"

    def connect(self, sweep: str | None) -> None:
        """Check that TensorBoard is installed; there is no server to reach."""
        import_package(self.name)

    def start(self, record: Record) -> str:
        """Do nothing yet: everything is written at the end.

        Returns:
            The run's directory.
        """
        return str(record.directory)

    def finish(self, record: Record) -> None:
        """Write what TensorBoard shows under Scalars, HParams and Text."""
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.plugins.hparams.summary_v2 import hparams_pb
        from tensorboard.plugins.text.summary_v2 import text_pb
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        params = {
            name: value if isinstance(value, bool | int | float) else str(value)
            for name, value in record.parameters.items()
        }
        file, *models = record.files
        started = datetime.fromisoformat(record.start).timestamp()
        text = indent(file.read_text(encoding="utf-8"), "    ")  # Markdown's code
        summaries = [
            (0, hparams_pb(params, trial_id=record.name, start_time_secs=started)),
            (0, text_pb("run.json", text)),
            (0, text_pb("commit", record.code.describe())),
            *((0, text_pb("model", str(path))) for path in models),
            *(
                (step, Summary(value=[Summary.Value(tag=name, simple_value=value)]))
                for step, values in record.steps
                for name, value in values.items()
            ),
        ]
        writer = EventFileWriter(str(record.directory))
        for step, summary in summaries:
            writer.add_event(Event(wall_time=time.time(), step=step, summary=summary))
        writer.close()
