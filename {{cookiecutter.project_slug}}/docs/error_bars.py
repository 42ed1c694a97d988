"""The figure of the page on error bars: two kinds of interval, in a world whose truth is known."""

import math
from dataclasses import dataclass
from typing import Self

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from workbench.statistics.interval import Error, summarize
from workbench.statistics.resampling import Rows, measure

TRUTH, N_STUDIES, N_SEEDS, N_EXAMPLES = 0.95, 40, 5, 360


@dataclass(frozen=True)
class Answers:
    """Whether one model is right about each example, bool [n]."""

    right: NDArray[np.bool_]

    def take(self, rows: Rows) -> Self:
        return type(self)(self.right[rows])


def accuracy(answers: Answers) -> float:
    return float(answers.right.mean())


figure, axes = plt.subplots(1, 2, figsize=(8, 5), sharey=True, sharex=True, layout="constrained")
generator = np.random.default_rng(0)
missed = [0, 0]
for study in range(N_STUDIES):
    # An example is hard for all seeds, and they differ in the others: mistakes come from both.
    hard = generator.random(N_EXAMPLES) < 0.04
    unlucky = generator.random((N_SEEDS, N_EXAMPLES)) < 1 - TRUTH / 0.96
    seeds = [Answers(~hard & ~wrong) for wrong in unlucky]
    scores = measure({"accuracy": accuracy}, seeds, np.arange(N_EXAMPLES), 1000)["accuracy"]
    summary = summarize([scores], (0.0, 1.0))
    error = Error(scores.values.var(ddof=1) / N_SEEDS, N_SEEDS - 1)
    reach = error.find_quantile() * math.sqrt(error.variance)
    narrow = summary["mean"] - reach, summary["mean"] + reach
    honest = summary["ci_low"], summary["ci_high"]
    for place, (low, high) in enumerate((narrow, honest)):
        holds = low <= TRUTH <= high
        missed[place] += not holds
        axes[place].plot([low, high], [study, study], color="tab:blue" if holds else "tab:red")
for place, name in enumerate(("seeds alone", "seeds and examples")):
    axes[place].axvline(TRUTH, color="black", linestyle="--")
    title = f"{name}: {missed[place]} of {N_STUDIES} miss"
    axes[place].set(title=title, xlabel="accuracy", yticks=[])
