"""Metrics of the API: requests, latency, batch sizes, drift; and the limit of a body's size."""

from __future__ import annotations

import time
from collections.abc import Iterator
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
    from numpy.typing import NDArray
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 2_000_000  # bytes: enough for 1,000 instances of 64 values in full precision


class Monitor(Collector):
    """Counts for Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/)."""

    MEDIA_TYPE = CONTENT_TYPE_LATEST

    def __init__(self, names: list[str], training_means: list[float]) -> None:
        """Start to count.

        Args:
            names: The names of the features.
            training_means: The mean of each feature in the training data, if the model has them.
        """
        self._names, self._training_means = names, training_means
        self._sums, self._count = np.zeros(len(names)), 0
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

    def note_features(self, features: NDArray[np.float32]) -> None:
        """Add a batch [n, d] to the running means."""
        self.sizes.observe(len(features))
        self._sums += features.sum(axis=0, dtype="float64")
        self._count += len(features)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Give each feature's mean over the requests, and over the training data."""
        requested = GaugeMetricFamily("feature_mean", "Mean of the requests", labels=["feature"])
        trained = GaugeMetricFamily(
            "feature_training_mean", "Mean of the training data", labels=["feature"]
        )
        for name, total in zip(self._names, self._sums, strict=True):
            if self._count:
                requested.add_metric([name], total / self._count)
        for name, mean in zip(self._names, self._training_means, strict=False):
            trained.add_metric([name], mean)
        yield from (requested, trained)

    def read(self) -> bytes:
        """Give all metrics in Prometheus' text format."""
        return generate_latest(self._registry)


class Watch:
    """ASGI middleware that counts and times requests, and refuses a body that is too large.

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

        async def receive_limited() -> Message:
            nonlocal size
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
