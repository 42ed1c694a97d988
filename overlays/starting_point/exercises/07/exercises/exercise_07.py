"""Error bars over seeds and test examples."""

import math
import random
import statistics

from .support import NotYet

TESTS = (
    "test_calibrate.py::test_the_effect_on_the_test_split_is_reported",
    "test_compare_models.py::test_models_are_ranked_and_tested",
    "test_compare_models.py::test_the_same_difference_with_every_seed_has_no_p_value",
    "test_predict.py::test_more_rows_than_fit_give_the_same",
    "test_predict.py::test_an_interval_covers_seeds_and_examples",
    "test_visualize.py::test_sources_that_were_varied_have_a_bar",
)


def check() -> None:
    """Compare `add_seeds` with the textbook, for numbers that nobody has seen before."""
    from workbench.statistics.interval import Error, add_seeds

    generator = random.Random()
    for n, std, freedom in [(5, 0.05, 200), (2, 0.01, 50), (10, 0.0, 300), (30, 0.2, 10)]:
        values = [generator.gauss(0.9, 0.05) for _ in range(n)]
        examples = Error(std**2, freedom)
        of_seeds = statistics.variance(values) / n
        total = of_seeds + examples.variance
        right = Error(total, total**2 / (of_seeds**2 / (n - 1) + examples.variance**2 / freedom))
        given = add_seeds(values, examples)
        for name in ("variance", "freedom"):
            found, expected = getattr(given, name), getattr(right, name)
            if not math.isclose(found, expected, rel_tol=1e-9):
                raise NotYet(
                    f"Of {n} seeds, and examples of the variance {examples.variance:.3g}, `{name}` "
                    f"is {found:.6g}, and should be {expected:.6g}{_explain(found, values, std)}."
                )
    equal = add_seeds([0.9, 0.9], Error(0.0, 50.0))
    if equal != Error(0.0, 50.0):
        raise NotYet(f"Of equal values, and without a variance of examples, it is {equal}.")
    try:
        add_seeds([0.9], Error(0.01, 50.0))
    except statistics.StatisticsError:
        return
    raise NotYet("One value has no spread: its docstring says that `add_seeds` raises then.")


def _explain(found: float, values: list[float], std: float) -> str:
    population = statistics.pvariance(values) / len(values) + std**2
    if math.isclose(found, population, rel_tol=1e-9):
        return ": these are a sample, so divide by n - 1"
    return ""
