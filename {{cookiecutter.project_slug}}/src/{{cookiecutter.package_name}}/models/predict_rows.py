"""Predict the rows of a file, of any size, with the model that is served: `make predict`."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from workbench.data.faults import breaks_a_rule, describe_faults, find_doubtful, find_faults
from workbench.data.read import as_utf8, is_file_name, scan, to_typed
from workbench.data.streaming import TableWriter, read_batches, write_csv, write_parquet
from workbench.errors import UserError, describe_os_error, say_rows
from workbench.project import find_project, run_as_module

if not __package__:  # started by its path
    run_as_module(__file__)

from .predictor import Predictor, find_served

USAGE = "make predict DATA=new.csv OUT=predictions.csv"


def predict_rows(model: Predictor, data: Path, out: Path, skip: bool = False) -> str:
    """Write the rows of a file, each with its prediction.

    Args:
        model: Its schema is that of the rows: it needs neither a target nor ignored columns.
        data: CSV, gzipped CSV or Parquet.
        out: CSV or Parquet: the columns of `data`, as they are there, then `predicted` and, for
            classes, `probability_` of each, or `low` and `high` if the model has intervals.
        skip: Leave out rows that break the schema.

    Returns:
        What was done, in a line.

    Raises:
        UserError: The file is not there or not a table, or it breaks the schema, or the model has
            no answer; what was at `out` before stays.
    """
    if not is_file_name(data.name):
        raise UserError(f"{data}: its name has to end in .csv, .csv.gz or .parquet.")
    if out.suffix not in (".csv", ".parquet"):
        raise UserError(f"{out}: its name has to end in .csv or .parquet.")
    if out.resolve() == data.resolve():
        raise UserError(f"{out} is the file to read: name another one to write.")
    out.parent.mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory(dir=out.parent, prefix=".predict-") as folder,
        as_utf8(data, model.encoding) as readable,
    ):
        rows = Path(folder, "rows.parquet")
        left_out = select_rows(scan(readable, model.format), model, data, rows, skip)
        table = pl.scan_parquet(rows, glob=False)
        n_rows = table.select(pl.len()).collect().item()
        if not n_rows:
            raise UserError(f"{data}: no row is left to predict{left_out}.")
        batches = predict(table, model, data)
        if out.suffix == ".csv":
            write_csv(batches, out, model.format)
        else:
            with TableWriter(out) as writer:
                for batch in batches:
                    writer.write(batch)
    return f"{out}: {say_rows(n_rows)}{left_out}"


def select_rows(table: pl.LazyFrame, model: Predictor, data: Path, path: Path, skip: bool) -> str:
    """Write the rows to predict, with all of their columns: batches of Parquet are read quickly.

    Returns:
        How many rows are left out, and why; empty if there are none.

    Raises:
        UserError: Something is wrong that is not to be skipped.
    """
    names = table.collect_schema().names()
    known = table.select(name for name in names if name in model.columns)
    typed = to_typed(known, model.columns, model.format, doubtful=())
    doubtful = find_doubtful(typed, model.columns)
    faults = find_faults(known, model.columns, model.format, doubtful)
    absent = [name for name in model.columns if name not in names]
    if faults and (absent or not skip):
        advice = "" if absent else f". `{USAGE} SKIP=1` leaves such rows out"
        said = describe_faults(faults)
        raise UserError(f"{data} breaks the schema of {model.data}: {said}{advice}.")
    if taken := [name for name in model.answer_columns if name in names]:
        raise UserError(f"{data} has a column {taken[0]} already: give it another name.")
    if not faults:
        write_parquet(table, path)
        return ""
    broken = breaks_a_rule(known, model.columns, model.format)
    n_broken = known.select(broken.sum()).collect(engine="streaming").item()
    write_parquet(table.filter(~broken), path)
    return f", {n_broken} left out: {describe_faults(faults)}"


def predict(table: pl.LazyFrame, model: Predictor, data: Path) -> Iterator[pl.DataFrame]:
    """Predict a table in batches: each with its own columns, and the model's answers."""
    for batch in read_batches(table):
        typed = to_typed(batch.lazy(), model.columns, model.format).collect()
        try:
            answers = model.predict(typed)
        except UserError as error:
            raise UserError(f"{data}: the model has no finite answer to some rows.") from error
        yield batch.hstack(model.to_table(answers))


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="make predict", description=__doc__)
    parser.add_argument("--data", type=Path, metavar="FILE", help="CSV, gzipped CSV or Parquet")
    parser.add_argument("--out", type=Path, metavar="FILE", help="CSV or Parquet")
    parser.add_argument("--skip", default="", help="1: leave out rows that break the schema")
    return parser.parse_args(arguments)


def main() -> None:
    """Run from the command line."""
    options = parse_arguments(sys.argv[1:])
    try:
        if not options.data or not options.out:
            raise UserError(f"Say which rows to predict, and where to write: {USAGE}")
        model = Predictor(find_served(find_project()))
        print(predict_rows(model, options.data, options.out, bool(options.skip)))
    except UserError as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(describe_os_error(error))
    except pl.exceptions.PolarsError as error:
        sys.exit(f"{options.data}: {str(error).splitlines()[0]}")


if __name__ == "__main__":
    main()
