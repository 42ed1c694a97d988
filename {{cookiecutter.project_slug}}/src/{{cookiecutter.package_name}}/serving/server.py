"""The server's process: it checks its port, and finishes open requests after SIGTERM."""

import asyncio
import errno
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI

HOST = "127.0.0.1"  # nobody outside this machine
ROUNDS = 10  # of 10 ms: the event loop accepts and reads a connection within a few


@asynccontextmanager
async def read_before_stopping(app: FastAPI) -> AsyncIterator[None]:
    """On SIGTERM, read what clients have sent by then, and only then stop.

    uvicorn alone answers the requests that it has read, and resets the connections whose data it
    has not read yet.
    """
    stop = signal.getsignal(signal.SIGTERM)
    # uvicorn runs in the main thread. A test client may not, and gets no signals.
    if callable(stop) and threading.current_thread() is threading.main_thread():
        _delay(stop, app)
    yield


def _delay(stop: Callable[[int, FrameType | None], Any], app: FastAPI) -> None:
    """Call the handler `stop` only after some rounds of the event loop."""
    loop = asyncio.get_running_loop()

    async def read() -> None:
        for _ in range(ROUNDS):
            await asyncio.sleep(0.01)
        stop(signal.SIGTERM, None)

    def begin(*_: object) -> None:
        app.state.stopping = True
        asyncio.run_coroutine_threadsafe(read(), loop)

    signal.signal(signal.SIGTERM, begin)


def check_port(text: str) -> int:
    """Read the port, and end with one line if a server cannot listen on it."""
    try:
        with socket.create_server((HOST, int(text))):
            return int(text)
    except (ValueError, OverflowError):
        sys.exit(f"PORT: {text} is not a number from 0 to 65535.")
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        why = "taken" if taken else f"not available ({error.strerror})"
        sys.exit(f"Port {text} is {why}: choose another one, as in `make serve PORT=8001`.")


def main() -> None:
    """Run from the command line: on the port that the variable PORT names, or on 8000."""
    port = check_port(os.environ.get("PORT") or "8000")
    uvicorn.run(f"{__package__}.app:from_environment", factory=True, host=HOST, port=port)


if __name__ == "__main__":
    main()
