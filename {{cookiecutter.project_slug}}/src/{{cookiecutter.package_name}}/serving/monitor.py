"""Metrics of the API: requests, latency, batch sizes, drift; and the limits of a body."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

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

from workbench.onnx.counts import Counts

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from workbench.onnx.inputs import Arrays, Inputs

Facts = dict[str, dict[str, Any]]  # per column, as `Counts.describe` gives them

MAX_BODY = 5_000_000  # bytes: enough for 1,000 records of 64 names and values


class Monitor(Collector):
    """Counts for Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/)."""

    MEDIA_TYPE = CONTENT_TYPE_LATEST

    def __init__(self, inputs: Inputs, training: Facts) -> None:
        """Start to count.

        Args:
            inputs: The columns that the model is given.
            training: What they hold in the training data.
        """
        values = {name: facts.get("values", {}) for name, facts in training.items()}
        self._training, self._counts = training, Counts(inputs, values)
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

    def note(self, arrays: Arrays) -> None:
        """Count what the model was given in a request."""
        self.sizes.observe(len(next(iter(arrays.values()))))
        self._counts.add(arrays)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Give what each column holds, in the requests and in the training data."""
        sources = {"feature": self._counts.describe(), "feature_training": self._training}
        for prefix, columns in sources.items():
            of = "the training data" if columns is self._training else "the requests"
            means, gaps, shares = (
                GaugeMetricFamily(f"{prefix}_{name}", f"{text} of {of}", labels=labels)
                for name, text, labels in (
                    ("mean", "Mean of the numbers", ["feature"]),
                    ("gap_share", "Share of the rows that have no value", ["feature"]),
                    ("value_share", "Share of a value among the values", ["feature", "value"]),
                )
            )
            for name, facts in columns.items():
                gaps.add_metric([name], facts["gaps"])
                if "mean" in facts:
                    means.add_metric([name], facts["mean"])
                for value, share in facts.get("values", {}).items():
                    shares.add_metric([name, value], share)
            yield from (means, gaps, shares)

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
