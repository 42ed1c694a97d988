"""Two versions of an output: identical bytes, the same numbers within a tolerance, or different."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import say_rows
from ..onnx.file import OnnxModel
from ..onnx.inputs import to_arrays
from ..onnx.weights import Values, find_unequal, read_weights
from ..tables import flatten

IDENTICAL, SAME_NUMBERS, DIFFERENT = "identical bytes", "same numbers", "different"
LEFT_OVER = "left over"  # of a stage that is no longer in the pipeline: no verdict
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


@dataclass(frozen=True)
class Verdict:
    """How two versions of an output compare, and what is different about them."""

    kind: str
    explanation: str = ""


def judge(before: Path, after: Path, rtol: float, test_split: Path | None = None) -> Verdict:
    """Compare two versions of a file or a folder.

    Args:
        before: The committed version.
        after: The new version; a file's suffix says of which kind it is.
        rtol: The relative tolerance within which two numbers count as the same.
        test_split: A Parquet file whose rows two models predict, if they differ.
    """
    if after.is_dir() or before.is_dir():
        return _compare_folders(before, after, rtol, test_split)
    if before.read_bytes() == after.read_bytes():
        return Verdict(IDENTICAL)
    read, explain = KINDS.get(after.suffix, (_read_text, None))
    try:
        old, new = read(before), read(after)
    except Exception as error:  # of whichever library reads the file
        return Verdict(DIFFERENT, f"cannot be read as {after.suffix}: {error}".splitlines()[0])
    same = old.keys() == new.keys() and all(_close(old[key], new[key], rtol) for key in old)
    explanation = explain(old, new) if explain else _explain_text(before, after)
    if after.suffix == ".onnx" and test_split and test_split.is_file():
        explanation += f"; {_compare_predictions(before, after, test_split)}"
    return Verdict(SAME_NUMBERS if same else DIFFERENT, explanation)


def _compare_folders(before: Path, after: Path, rtol: float, test_split: Path | None) -> Verdict:
    old, new = (
        {file.relative_to(folder) for file in folder.rglob("*") if file.is_file()}
        for folder in (before, after)
    )
    if old != new:
        names = ", ".join(sorted(path.as_posix() for path in old ^ new)[:3])
        return Verdict(DIFFERENT, f"only one of the two folders has {names}")
    verdicts = {
        path.as_posix(): judge(before / path, after / path, rtol, test_split)
        for path in sorted(new)
    }
    kinds = {verdict.kind for verdict in verdicts.values()}
    explanations = [f"{name}: {v.explanation}" for name, v in verdicts.items() if v.explanation]
    kind = next(
        kind for kind in (DIFFERENT, SAME_NUMBERS, IDENTICAL) if kind in {*kinds, IDENTICAL}
    )
    return Verdict(kind, "; ".join(explanations[:3]))


def _close(old: Any, new: Any, rtol: float) -> bool:
    a, b = np.asarray(old), np.asarray(new)
    if a.shape != b.shape:
        return False
    if np.issubdtype(a.dtype, np.number) and np.issubdtype(b.dtype, np.number):
        return np.allclose(b, a, rtol=rtol, atol=0, equal_nan=True)
    return bool(np.array_equal(a, b))


def _read_json(path: Path) -> Values:
    return flatten(json.loads(path.read_text(encoding="utf-8")))


def _read_table(path: Path) -> Values:
    import polars as pl

    # By content: a committed version may come from DVC's cache, where a file has no suffix.
    table = pl.read_csv(path) if path.suffix == ".csv" else pl.read_parquet(path)
    return {column.name: column.to_numpy() for column in table}


def _read_image(path: Path) -> Values:
    from matplotlib.image import imread

    return {"pixels": imread(path)}


def _read_text(path: Path) -> Values:
    """The numbers of each line, and what stands around them."""
    lines = path.read_bytes().decode(errors="replace").splitlines()
    numbers = {f"{i}": np.array([float(n) for n in NUMBER.findall(x)]) for i, x in enumerate(lines)}
    return numbers | {"words": [NUMBER.sub("#", line) for line in lines]}


def _explain_json(old: Values, new: Values) -> str:
    parts = [
        f"{key}: {old.get(key, 'nothing')} became {new.get(key, 'nothing')}"
        + (f" ({new[key] - old[key]:+.3g})" if _both_numbers(old.get(key), new.get(key)) else "")
        for key in old | new
        if old.get(key) != new.get(key)
    ]
    return "; ".join(parts[:3]) or "the same values, written in another way"


def _both_numbers(*values: Any) -> bool:
    return all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)


def _explain_onnx(old: Values, new: Values) -> str:
    if {k: np.shape(v) for k, v in old.items()} != {k: np.shape(v) for k, v in new.items()}:
        return "the two models differ in the names or the shapes of their weights"
    gaps = {
        key: np.nan_to_num(np.abs(np.subtract(new[key], old[key], dtype=float))).max(initial=0)
        for key in old
        if np.issubdtype(np.asarray(old[key]).dtype, np.number)
    }
    worst = max(gaps, key=lambda key: gaps[key])
    if gaps[worst] == 0:
        return "the weights are the same; what the file says about the model differs"
    return f"largest difference between the weights: {gaps[worst]:.3g} (of {worst})"


def _compare_predictions(before: Path, after: Path, test_split: Path) -> str:
    try:
        old, new = (_predict(path, test_split) for path in (before, after))
    except Exception:  # the user's package may compute columns that the split lacks
        return "their predictions could not be compared"
    count = int(np.sum(old != new))
    return (
        f"predictions on the test split differ for {count} of {len(old)}"
        if count
        else f"both predict the same for all {len(old)} of the test split"
    )


def _predict(model: Path, test_split: Path) -> Any:
    """A model's first output for the rows of a Parquet file, by the columns that it names."""
    import polars as pl

    loaded = OnnxModel(model)
    table = pl.read_parquet(test_split, glob=False)
    arrays = to_arrays(table, loaded.facts["inputs"], loaded.facts.get("image"))
    return next(iter(loaded.run(arrays).values()))


def _explain_table(old: Values, new: Values) -> str:
    if {k: len(v) for k, v in old.items()} != {k: len(v) for k, v in new.items()}:
        return "the tables differ in their columns or their number of rows"
    unequal = {key: find_unequal(old[key], new[key]) for key in old}
    rows = np.flatnonzero(np.any(list(unequal.values()), axis=0))
    shown = [
        f"row {row}: "
        + ", ".join(
            f"{key} {old[key][row]} became {new[key][row]}" for key in old if unequal[key][row]
        )
        for row in rows[:3]
    ]
    return f"{say_rows(len(rows))} of another content; " + "; ".join(text[:200] for text in shown)


def _explain_image(old: Values, new: Values) -> str:
    a, b = old["pixels"], new["pixels"]
    if a.shape != b.shape:
        return f"{a.shape[1]}×{a.shape[0]} pixels became {b.shape[1]}×{b.shape[0]}"
    count = int(np.sum(np.any(a != b, axis=-1)))
    return f"{count} of {a.shape[0] * a.shape[1]} pixels differ"


def _explain_text(old: Path, new: Path) -> str:
    a, b = (path.read_bytes().decode(errors="replace").splitlines() for path in (old, new))
    for number, (before, after) in enumerate(zip(a, b, strict=False), start=1):
        if before != after:
            return f"line {number}: {before[:80]!r} became {after[:80]!r}"
    return f"{len(a)} lines became {len(b)}"


KINDS: dict[str, tuple[Callable[[Path], Values], Callable[[Values, Values], str]]] = {
    ".csv": (_read_table, _explain_table),
    ".json": (_read_json, _explain_json),
    ".onnx": (read_weights, _explain_onnx),
    ".parquet": (_read_table, _explain_table),
    ".png": (_read_image, _explain_image),
}
