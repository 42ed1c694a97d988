"""The API."""

from __future__ import annotations

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from .support import PACKAGE, NotYet, write_classifier

if TYPE_CHECKING:
    import numpy as np
    from fastapi.testclient import TestClient
    from numpy.typing import NDArray

TESTS = (
    "test_serving.py::test_predictions_are_those_of_the_model",
    "test_serving.py::test_a_wrong_request_is_explained*Each has to have 64 values.?",
    "test_serving.py::test_both_addresses_answer_the_same",
    "test_serving.py::test_the_answer_names_the_model",
    "test_serving.py::test_metrics_show_requests_and_drift",
)
COMMIT = "0123abc"
Answer = tuple[int, dict[str, Any]]
ADDRESSES = ("/predict", f"/v1/models/{PACKAGE}:predict")


def check() -> None:
    """Ask the API of a model that nobody has seen before."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for n_features in (4, 7):
            _check_model(Path(folder, f"{n_features}.onnx"), n_features)
        _check_numbers(Path(folder, "steep.onnx"))


def _check_model(path: Path, n_features: int) -> None:
    import numpy as np

    names = write_classifier(path, n_features)
    client = _open(path)
    generator = np.random.default_rng()
    asked = np.empty((0, n_features), "float32")
    for address, n in zip((*ADDRESSES, *ADDRESSES), (6, 3, 1, 2), strict=True):
        features = generator.normal(size=(n, n_features)).astype("float32")
        _compare(_ask(client, address, features.tolist()), f"POST {address}", path, features)
        _check_lengths(client, address, features.tolist())
        asked = np.concatenate([asked, features])
        _check_means(client, dict(zip(names, asked.mean(axis=0).tolist(), strict=True)))


def _open(path: Path) -> TestClient:
    from fastapi.testclient import TestClient

    from {{ cookiecutter.package_name }}.serving.app import create_app

    return TestClient(create_app(path, COMMIT))


def _ask(client: TestClient, address: str, rows: list[list[float]]) -> Answer:
    """Post instances.

    Returns:
        The status of the answer, and what it says.

    Raises:
        NotYet: The endpoint fails, which clients see as status 500.
    """
    try:
        response = client.post(address, json={"instances": rows})
    except NotImplementedError:
        raise
    except Exception as error:
        lengths = sorted({len(row) for row in rows})
        what = f"{len(rows)} instance(s) of {' or '.join(map(str, lengths))} values"
        reason = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        raise NotYet(f"POST {address} answers 500 to {what} ({reason}).") from error
    return response.status_code, response.json()


def _compare(given: Answer, what: str, path: Path, features: NDArray[np.float32]) -> None:
    """See whether an answer is the one of the model in `path`."""
    import numpy as np

    from {{ cookiecutter.package_name }}.models.onnx_file import OnnxModel

    (status, answer), n = given, len(features)
    if status != 200:
        raise NotYet(f"{what} answers {status} to {n} right instances, and not 200.")
    labels, probabilities = OnnxModel(path).predict(features)
    rights: dict[str, NDArray[Any]] = {"predictions": labels, "probabilities": probabilities}
    for key, right in rights.items():
        values = answer[key]
        if len(values) != n:
            raise NotYet(f"{what} answers {n} instance(s) with {len(values)} `{key}`.")
        for i in range(n):
            if np.shape(values[i]) != right[i].shape or not np.allclose(values[i], right[i], 1e-4):
                text = f"{what} says {values[i]} in `{key}` of instance {i}, and the model says"
                raise NotYet(f"{text} {right[i].tolist()}.")
    facts = answer["model"]
    if facts["sha256"] != hashlib.sha256(path.read_bytes()).hexdigest():
        raise NotYet(f"{what} does not name the SHA-256 of the model's file.")
    if facts["commit"] != COMMIT:
        raise NotYet(f"{what} names the commit {facts['commit']!r}, and not the one of the app.")


def _check_lengths(client: TestClient, address: str, rows: list[list[float]]) -> None:
    """See whether rows that are too short or too long, alone or beside right ones, are refused."""
    for wrong in (rows[0][:-1], [*rows[0], 0.5], []):
        for batch in ([wrong], [*rows, wrong]):
            values = f"{len(wrong)} values instead of {len(rows[0])}"
            _expect_refusal(_ask(client, address, batch), f"POST {address}", values)


def _expect_refusal(given: Answer, what: str, values: str) -> None:
    status, answer = given
    if status != 422:
        raise NotYet(f"{what} answers {status} to {values}, and not 422.")
    detail = answer.get("detail")
    if not isinstance(detail, str) or not detail.strip() or "\n" in detail:
        raise NotYet(f"{what} refuses {values}, and `detail` does not say why in one sentence.")


def _check_means(client: TestClient, means: dict[str, float]) -> None:
    """See whether the drift metrics know every instance that was answered, and no other."""
    lines = client.get("/metrics").text.splitlines()
    values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    for name, mean in means.items():
        given = values.get('feature_mean{feature="' + name + '"}')
        if given is None:
            raise NotYet("/metrics has no `feature_mean`: nothing has noted what was asked.")
        if abs(float(given) - mean) > 1e-4:
            text = f"/metrics says that `feature_mean` of {name} is {given}, and it is {mean:.6g}"
            raise NotYet(f"{text}: note each answered instance once.")


def _check_numbers(path: Path) -> None:
    """See what is said where a model's sums overflow."""
    names = write_classifier(path, scale=1e35)
    for address in ADDRESSES:
        given = _ask(_open(path), address, [[1e9] * len(names)])
        values = "values of which the model's probabilities are not finite"
        _expect_refusal(given, f"POST {address}", values)
