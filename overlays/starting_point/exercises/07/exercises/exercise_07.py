"""Error bars over seeds."""

import math
import random
import statistics

from .support import NotYet

TESTS = (
    "test_predict.py::test_more_rows_than_fit_give_the_same",
    "test_predict.py::test_the_interval_is_student_t",
    "test_predict.py::test_one_seed_has_no_error_bar",
    "test_predict.py::test_metrics_come_from_the_predictions",
    "test_predict.py::test_two_equal_models_have_no_spread",
)


def check() -> None:
    """Compare `summarize` with the textbook, for numbers that nobody has seen before."""
    from scipy import stats

    from {{ cookiecutter.package_name }}.models.metrics import summarize

    generator = random.Random()
    for n, confidence in [(5, 0.95), (2, 0.95), (10, 0.95), (5, 0.5), (30, 0.99)]:
        values = [generator.gauss(0.9, 0.05) for _ in range(n)]
        mean, std = statistics.fmean(values), statistics.stdev(values)
        low, high = stats.t.interval(confidence, n - 1, mean, std / math.sqrt(n))
        expected = {"mean": mean, "std": std, "ci_low": low, "ci_high": high}
        summary = summarize(values, confidence)
        if missing := expected.keys() - summary.keys():
            raise NotYet(f"`summarize` returns no `{min(missing)}`.")
        for name, value in expected.items():
            if not math.isclose(summary[name], value, rel_tol=1e-9):
                raise NotYet(_explain(name, summary[name], value, n, confidence, values))
    try:
        summarize([0.9])
    except statistics.StatisticsError:
        return
    raise NotYet("One value has no error bar: its docstring says that `summarize` raises then.")


def _explain(
    name: str, given: float, right: float, n: int, confidence: float, values: list[float]
) -> str:
    text = f"Of {n} values, `{name}` is {given:.6g}, and should be {right:.6g}"
    if name != "std":
        return f"{text} (confidence {confidence:g})."
    divided_by_n = math.isclose(given, statistics.pstdev(values), rel_tol=1e-9)
    return text + (": these are a sample, so divide by n - 1." if divided_by_n else ".")
