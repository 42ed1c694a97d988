"""Metrics of the API: requests, latency, batch sizes, drift; and the limits of a body."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from fastapi import HTTPException
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    import polars as pl
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 5_000_000  # bytes: enough for 1,000 records of 64 names and values


class Monitor(Collector):
    """Counts for Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/)."""

    MEDIA_TYPE = CONTENT_TYPE_LATEST

    def __init__(self, training_means: Mapping[str, float | None]) -> None:
        """Start to count; `training_means` of each column of numbers."""
        self._training_means = training_means
        self._sums = np.zeros(len(training_means))
        self._counts = np.zeros(len(training_means), dtype=np.int64)
        self._registry = CollectorRegistry()
        self._registry.register(self)
        requests = Counter("requests", "Requests", ["path", "status"], registry=self._registry)
        seconds = Histogram("request_seconds", "Latency", ["path"], registry=self._registry)
        # Looking up labels takes longer than counting, so each is looked up once.
        self.requests, self.seconds = cache(requests.labels), cache(seconds.labels)
        self.sizes = Histogram(
            "batch_size",
            "Instances in a request",
            buckets=[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000],
            registry=self._registry,
        )

    def note(self, table: pl.DataFrame) -> None:
        """Add the rows of a request to the running means, without their gaps."""
        self.sizes.observe(table.height)
        if self._training_means:
            numbers = table[list(self._training_means)].to_numpy()  # with NaN for gaps
            self._sums += np.nansum(numbers, axis=0)
            self._counts += np.sum(~np.isnan(numbers), axis=0)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Give each column's mean over the requests, and over the training data."""
        requested = GaugeMetricFamily("feature_mean", "Mean of the requests", labels=["feature"])
        trained = GaugeMetricFamily(
            "feature_training_mean", "Mean of the training data", labels=["feature"]
        )
        sums = zip(self._training_means.items(), self._sums, self._counts, strict=True)
        for (name, mean), total, count in sums:
            if count:
                requested.add_metric([name], total / count)
            if mean is not None:
                trained.add_metric([name], mean)
        yield from (requested, trained)

    def read(self) -> bytes:
        """Give all metrics in Prometheus' text format."""
        return generate_latest(self._registry)


class Watch:
    """ASGI middleware: counts and times requests; refuses a body that is too large or compressed.

    After SIGTERM, each answer closes its connection, so that no client keeps the server running.
    """

    def __init__(self, app: ASGIApp, monitor: Monitor) -> None:
        """Put the middleware around `app`."""
        self._app, self._monitor = app, monitor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on to the app, and its answer to the client."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begin, status, size = time.perf_counter(), 500, 0
        encodings = [value for name, value in scope["headers"] if name == b"content-encoding"]

        async def receive_limited() -> Message:
            nonlocal size
            if any(encoding.lower() != b"identity" for encoding in encodings):
                sentence = "Send the body as it is, without Content-Encoding."
                raise HTTPException(415, sentence, {"Accept-Encoding": "identity"})
            message = await receive()
            size += len(message.get("body", b""))
            if size > MAX_BODY:
                raise HTTPException(413, f"The body has more than {MAX_BODY} bytes.")
            return message

        async def send_noted(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            if message["type"] == "http.response.start" and scope["app"].state.stopping:
                message["headers"] = [*message["headers"], (b"connection", b"close")]
            await send(message)

        try:
            await self._app(scope, receive_limited, send_noted)
        finally:
            path = getattr(scope.get("route"), "path", "other")
            self._monitor.requests(path, status).inc()
            self._monitor.seconds(path).observe(time.perf_counter() - begin)
