"""Split the raw table, and fit the preprocessing on its training split."""

import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any

import hydra
import numpy as np
import polars as pl
from numpy.typing import NDArray
from omegaconf import DictConfig

from workbench.data.faults import ROW
from workbench.data.streaming import select_rows, write_parquet
from workbench.errors import UserError
from workbench.files import write_text
from workbench.onnx.counts import count
from workbench.onnx.file import write_onnx
from workbench.onnx.inputs import to_arrays
from workbench.project import run_as_module
from workbench.tables import format_table

if not __package__:  # started by its path
    run_as_module(__file__)

from ..app import CONFIG_DIR, run, run_job
from ..config import Config, Data
from .examples import PREPROCESSING
from .prepare import prepare
from .preprocessing import fit, group_by_kind
from .problem import Problem, find_problem
from .splits import PARTS, Places, set_aside, split

log = logging.getLogger(__name__)


# exercise 15
def read_keys(table: pl.LazyFrame, data: Data) -> pl.DataFrame:
    """Read the columns that decide which split a row goes to.

    Returns:
        The target, the columns that the split goes by, and `first`: the number of the first row
        that is equal to the row, or the row's own number.
    """
    target = data.target.column
    keys = table.select(
        *dict.fromkeys([target, *data.split.columns]), hash=pl.struct(data.content).hash()
    ).collect(engine="streaming")
    keys = keys.with_row_index("first")
    if data.repeats != "keep" and keys["hash"].is_duplicated().any():
        keys = keys.with_columns(pl.col("first").first().over("hash"))
    return keys.drop("hash")
    #| target = data.target.column
    #| names = dict.fromkeys([*data.content, target, *data.split.columns])
    #| rows = table.select(*names).with_row_index("first").collect()
    #| if data.repeats != "keep":
    #|     first = []
    #|     for row in rows.select(data.content).iter_rows(named=True):
    #|         is_equal = [pl.col(name).eq_missing(pl.lit(value)) for name, value in row.items()]
    #|         first.append(rows.filter(pl.all_horizontal(is_equal))["first"][0])
    #|     rows = rows.with_columns(first=pl.Series(first, dtype=rows["first"].dtype))
    #| return rows.select("first", *dict.fromkeys([target, *data.split.columns]))


# end of exercise 15


def select(keys: pl.DataFrame, data: Data) -> tuple[NDArray[np.bool_], dict[str, int]]:
    """Leave out rows without a target, and repeated rows.

    Returns:
        A mask of the rows that are used [n], and the number of the others for each reason.
    """
    without = keys[data.target.column].is_null().to_numpy()
    repeated = keys["first"].to_numpy() != np.arange(keys.height)
    drops = data.repeats == "drop" or (data.repeats == "together" and data.split.kind == "time")
    dropped = repeated & ~without if drops else np.zeros(keys.height, dtype=np.bool_)
    left_out = {"without a target": int(without.sum()), "repeated": int(dropped.sum())}
    return ~(without | dropped), left_out


def describe_splits(
    keys: pl.DataFrame, places: Places, left_out: dict[str, int], data: Data, number: int
) -> str:
    """Which rows went where, in Markdown."""
    by = f" by {', '.join(data.split.columns)}" if data.split.columns else ""
    keys = keys.with_columns(split=pl.Series(places))
    parts = {name: keys.filter(pl.col("split") == place) for place, name in enumerate(PARTS)}
    parts = {name: table for name, table in parts.items() if table.height}
    head = ["split", "rows"]
    rows = [[name, table.height] for name, table in parts.items()]
    if data.target.kind == "category":
        labels = keys[data.target.column].unique().sort().to_list()
        head += [f"class {label}" for label in labels]
        for row, table in zip(rows, parts.values(), strict=True):
            of_class = dict(table[data.target.column].value_counts().iter_rows())
            row += [of_class.get(label, 0) for label in labels]
    if data.split.kind == "time":
        head += ["first", "last"]
        for row, table in zip(rows, parts.values(), strict=True):
            times = table.select(data.split.columns).sort(pl.all())
            row += [_show_time(times.row(0)), _show_time(times.row(-1))]
    if data.split.kind == "group":
        head += ["groups"]
        for row, table in zip(rows, parts.values(), strict=True):
            row += [table.select(data.split.columns).n_unique()]
    left_out = left_out | {"later than the test split": int((places < 0).sum())}
    title = f"The {data.split.kind} split{by} of {data.name}, number {number}:"
    lines = [title, "", format_table(head, rows)]
    lines += ["", *(f"Rows {why} that are left out: {n}." for why, n in left_out.items() if n)]
    return "\n".join(lines).rstrip() + "\n"


def _show_time(values: tuple[Any, ...]) -> str:
    return " ".join(f"{value:g}" if isinstance(value, float) else f"{value}" for value in values)


def build_features(config: Config) -> list[Path]:
    """Write the splits, the preprocessing and `splits.md` to the output directory.

    `train.parquet`, `validation.parquet`, `test.parquet` and `calibration.parquet` have the columns
    of the raw table that are not ignored, in its order, and `__row__`, the row's number in the raw
    table, from 0. The last one has no rows unless `calibration.method` needs some.

    Returns:
        The files' paths.

    Raises:
        UserError: The raw table is missing, or cannot be split or prepared.
    """
    data, output = config.data, config.paths.output
    raw = config.paths.raw / f"{data.name}.parquet"
    if not raw.is_file():
        raise UserError(f"{raw} is not there: run `make data`")
    table = pl.scan_parquet(raw, glob=False)
    keys = read_keys(table, data)
    used, left_out = select(keys, data)
    rows = keys.filter(pl.Series(used))
    aside = 0.0 if config.calibration.method == "none" else config.calibration.fraction
    places = set_aside(rows, split(rows, data, config.split), data, aside, config.split)
    of_row = np.full(keys.height, -1)
    of_row[used] = places
    numbered = table.with_row_index(ROW).select(ROW, *data.used, data.target.column)
    paths = {name: output / f"{name}.parquet" for name in PARTS}
    for place, path in enumerate(paths.values()):
        write_parquet(select_rows(numbered, of_row == place), path)
        log.info("%s: %d rows", path, (places == place).sum())
    write_preprocessing(pl.read_parquet(paths["train"], glob=False), data, output / PREPROCESSING)
    text = describe_splits(rows, places, left_out, data, config.split)
    write_text(output / "splits.md", text)
    return [*paths.values(), output / PREPROCESSING, output / "splits.md"]


def write_preprocessing(train: pl.DataFrame, data: Data, path: Path) -> Problem:
    """Fit the preprocessing on the training split, and write it with what models need to know."""
    problem = find_problem(data.target, train[data.target.column])
    columns = prepare(train.select(*data.inputs))
    by = data.split.columns  # not features: the API does not need them
    texts = [name for name, column in data.columns.items() if column.kind == "text"]
    inputs = group_by_kind(columns, texts, by)
    arrays = to_arrays(columns, inputs, data.image)
    graph, features = fit(arrays, inputs)
    facts: dict[str, Any] = {
        "columns": {
            name: column.to_facts() | {"missing": column.missing or name in by}
            for name, column in data.inputs.items()
        },
        "data": data.name,
        "encoding": data.encoding,
        "format": asdict(data.format),
        "inputs": inputs,
        "features": features,
        "problem": problem.to_facts(),
        "training": count(arrays, inputs),
    }
    if "image" in inputs:
        facts["image"] = data.image
    write_onnx(graph, path, facts)
    return problem


@hydra.main(version_base="1.3", config_path=CONFIG_DIR, config_name="config")
def main(cfg: DictConfig) -> None:
    """Run from the command line."""
    run_job(build_features, cfg)


if __name__ == "__main__":
    run(main)
