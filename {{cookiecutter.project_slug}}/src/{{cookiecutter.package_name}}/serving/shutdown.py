"""From SIGTERM, with which an orchestrator stops a server, to the end of the server."""

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import FrameType
from typing import Any

from fastapi import FastAPI

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
