"""What happens between SIGTERM, as an orchestrator sends it, and the end of the server."""

import asyncio
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

ROUNDS = 10  # of 10 ms: the event loop accepts a connection and reads from it in a few


@asynccontextmanager
async def read_before_stopping(app: FastAPI) -> AsyncIterator[None]:
    """On SIGTERM, first read what was sent by then.

    uvicorn alone answers what it has read, and resets connections whose data it has not.
    """
    loop, stop = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)
    if callable(stop) and threading.current_thread() is threading.main_thread():

        async def read() -> None:
            for _ in range(ROUNDS):
                await asyncio.sleep(0.01)
            stop(signal.SIGTERM, None)

        def begin(*_: object) -> None:
            app.state.stopping = True
            asyncio.run_coroutine_threadsafe(read(), loop)

        signal.signal(signal.SIGTERM, begin)
    yield
