"""The API."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from .support import PACKAGE, NotYet, write_model

if TYPE_CHECKING:
    import polars as pl
    from fastapi.testclient import TestClient

TESTS = (
    "test_requests.py::test_a_compressed_body_is_refused",
    "test_requests.py::test_files_that_are_too_large_together_are_not_decoded",
    "test_serving.py::test_a_category_may_be_the_value_that_it_spells",
    "test_serving.py::test_a_gap_is_null_or_left_out",
    "test_serving.py::test_a_number_may_have_an_interval",
    "test_serving.py::test_a_table_of_numbers_may_come_as_rows",
    "test_serving.py::test_a_value_without_an_answer_is_refused",
    "test_serving.py::test_an_image_is_rows_of_pixels_or_all_of_them",
    "test_serving.py::test_an_image_may_be_a_file",
    "test_serving.py::test_both_addresses_answer_the_same",
    "test_serving.py::test_columns_of_gaps_alone_are_counted_without_nan",
    "test_serving.py::test_derived_columns_are_computed_from_what_is_sent",
    "test_serving.py::test_metrics_show_requests_and_drift",
    "test_serving.py::test_predictions_are_those_of_the_model*",
    "test_serving.py::test_the_answer_names_the_model",
)
COMMIT = "0123abc"
Answer = tuple[int, dict[str, Any]]
ADDRESSES = ("/predict", f"/v1/models/{PACKAGE}:predict")


def check() -> None:
    """Ask the API of models that nobody has seen before."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for classes, gaps in ((("0", "1", "2"), False), (("yes", "no"), True), ((), False)):
            _check_model(Path(folder, f"{len(classes)}.onnx"), classes, gaps)
        _check_model(Path(folder, "interval.onnx"), (), gaps=False, reach=random.random())
        _check_overflow(Path(folder, "steep.onnx"))


def _check_model(
    path: Path, classes: Sequence[str], gaps: bool, reach: float | None = None
) -> None:
    import polars as pl

    names = write_model(path, random.randint(4, 8), classes, gaps, reach=reach)
    client = _open(path)
    asked = []
    for address, n in zip((*ADDRESSES, *ADDRESSES), (6, 3, 1, 2), strict=True):
        columns = {name: [random.gauss(0, 1) for _ in range(n)] for name in names}
        table = pl.DataFrame(columns)
        if gaps:
            table = table.with_columns(pl.when(pl.int_range(n) > 0).then(names[0]).alias(names[0]))
        instances: list[Any] = [_shuffle(record) for record in table.to_dicts()]
        if not gaps and n > 1:  # as lists, which have no names
            instances[1:] = map(list, table.rows()[1:])
        _compare(_ask(client, address, instances), f"POST {address}", path, table)
        asked.append(table)
        _check_means(client, pl.concat(asked))


def _shuffle(record: dict[str, Any]) -> dict[str, Any]:
    """In another order, and without what is missing."""
    given = [(name, value) for name, value in record.items() if value is not None]
    return dict(random.sample(given, len(given)))


def _open(path: Path) -> TestClient:
    from fastapi.testclient import TestClient

    from {{ cookiecutter.package_name }}.serving.app import create_app

    return TestClient(create_app(path, COMMIT))


def _ask(client: TestClient, address: str, instances: list[Any]) -> Answer:
    """Post instances.

    Returns:
        The status of the answer, and what it says.

    Raises:
        NotYet: The endpoint fails, which clients see as status 500.
    """
    try:
        response = client.post(address, json={"instances": instances})
    except NotImplementedError:
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        what = f"{len(instances)} instance(s)"
        raise NotYet(f"POST {address} answers 500 to {what} ({reason}).") from error
    return response.status_code, response.json()


def _compare(given: Answer, what: str, path: Path, table: pl.DataFrame) -> None:
    """See whether an answer is the one of the model in `path`."""
    from {{ cookiecutter.package_name }}.models.predictor import Predictor

    (status, answer), model = given, Predictor(path)
    if status != 200:
        raise NotYet(f"{what} answers {status} to {table.height} right instances, and not 200.")
    answers, labels = model.predict(table), model.problem.labels
    rights: dict[str, list[Any]] = {"predictions": answers.predicted.tolist()}
    if answers.probabilities is not None:
        rights["predictions"] = [labels[label] for label in answers.predicted]
        rights["probabilities"] = answers.probabilities.tolist()
        if answer["classes"] != list(labels.values()):
            raise NotYet(f"{what} names the classes {answer['classes']}: {list(labels.values())}.")
    if answers.interval is not None:
        rights["low"], rights["high"] = answers.interval.T.tolist()
    for key, right in rights.items():
        values = answer[key]
        if len(values) != len(right):
            raise NotYet(f"{what} answers {len(right)} instance(s) with {len(values)} `{key}`.")
        for i in range(len(right)):
            if not _is_close(values[i], right[i]):
                text = f"{what} says {values[i]!r} in `{key}` of instance {i}, and the model says"
                raise NotYet(f"{text} {right[i]!r}.")
    facts = answer["model"]
    if facts["sha256"] != hashlib.sha256(path.read_bytes()).hexdigest():
        raise NotYet(f"{what} does not name the SHA-256 of the model's file.")
    if facts["commit"] != COMMIT:
        raise NotYet(f"{what} names the commit {facts['commit']!r}, and not the one of the app.")


def _is_close(given: Any, right: Any) -> bool:
    """Whether it is the same label, or about the same number or numbers."""
    import numpy as np

    if isinstance(right, float | list):
        return np.shape(given) == np.shape(right) and np.allclose(given, right, 1e-4)
    return bool(given == right)


def _check_means(client: TestClient, asked: pl.DataFrame) -> None:
    """See whether the drift metrics know every instance that was answered, and no other."""
    means = _read_means(client)
    for name, mean in asked.mean().row(0, named=True).items():
        given = means.get(name)
        if given is None:
            raise NotYet("/metrics has no `feature_mean`: nothing has noted what was asked.")
        if abs(given - mean) > 1e-4:
            text = f"/metrics says that `feature_mean` of {name} is {given:g}, and it is {mean:g}"
            raise NotYet(f"{text}: note each answered instance once.")


def _read_means(client: TestClient) -> dict[str, float]:
    """The mean of each column over the requests."""
    lines = client.get("/metrics").text.splitlines()
    head = 'feature_mean{feature="'
    pairs = [line.removeprefix(head).split('"} ') for line in lines if line.startswith(head)]
    return {name: float(value) for name, value in pairs}


def _check_overflow(path: Path) -> None:
    """See what is said where a model's sums overflow."""
    names = write_model(path, scale=1e35)
    for address in ADDRESSES:
        client, what = _open(path), f"POST {address}"
        values = "values to which the model has no finite answer"
        status, answer = _ask(client, address, [dict.fromkeys(names, 1e9)])
        if status != 422:
            raise NotYet(f"{what} answers {status} to {values}, and not 422.")
        detail = answer.get("detail")
        if not isinstance(detail, str) or not detail.strip() or "\n" in detail:
            raise NotYet(f"{what} refuses {values}, and `detail` does not say why in one sentence.")
        if _read_means(client):
            raise NotYet(f"{what} notes {values}, and refuses them: note only what it answers.")
