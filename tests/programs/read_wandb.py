"""What a file of W&B's holds, as JSON."""

import json
import struct
import sys
from pathlib import Path

from wandb.proto.wandb_internal_pb2 import Record

# A log of LevelDB: blocks of 32 KiB, records of one or more parts
data, at, part, found = Path(sys.argv[1]).read_bytes(), 7, b"", {"history": []}
while at + 7 <= len(data):
    left = 2**15 - at % 2**15
    size, kind = struct.unpack("<HB", data[at + 4 : at + 7])
    if left < 7 or not kind:
        at += left
        continue
    part += data[at + 7 : at + 7 + size]
    at += 7 + size
    if kind in (1, 4):  # whole, or the last part
        record, part = Record.FromString(part), b""
        if record.WhichOneof("record_type") == "run":
            config = {item.key: json.loads(item.value_json) for item in record.run.config.update}
            found |= {"name": record.run.display_name, "group": record.run.run_group, "config": config}
        elif record.WhichOneof("record_type") == "history":
            items = {i.key or i.nested_key[0]: json.loads(i.value_json) for i in record.history.item}
            found["history"].append(items)
        elif record.WhichOneof("record_type") == "artifact":
            entries = record.artifact.manifest.contents
            found["files"] = {entry.path: entry.local_path for entry in entries}
        elif record.WhichOneof("record_type") == "exit":
            found["exit"] = record.exit.exit_code
print(json.dumps(found))
