"""Tables read and written in pieces: complete and in order, or the file that was there stays."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from workbench.data import streaming
from workbench.data.streaming import (
    TableWriter,
    read_batches,
    replacing,
    select_rows,
    write_parquet,
)

WHOLE = pl.DataFrame({"a": range(250), "b": [str(i) for i in range(250)]})


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_rows_are_selected_in_their_order() -> None:
    mask = np.random.default_rng(0).random(250) < 0.5
    assert_frame_equal(select_rows(WHOLE.lazy(), mask).collect(), WHOLE.filter(mask))


def test_batches_are_all_rows_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "ROWS", 100)
    batches = list(read_batches(WHOLE.lazy()))
    assert [batch.height for batch in batches] == [100, 100, 50]
    assert_frame_equal(pl.concat(batches), WHOLE)


def test_written_in_pieces_or_at_once_the_bytes_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "ROWS", 100)
    write_parquet(WHOLE.lazy(), tmp_path / "once.parquet")
    with TableWriter(tmp_path / "pieces.parquet") as writer:
        for start in range(0, 250, 20):  # more than ten, whose names would sort as text otherwise
            writer.write(WHOLE.slice(start, 20))
    assert_frame_equal(pl.read_parquet(tmp_path / "pieces.parquet"), WHOLE)
    once, pieces = (tmp_path / f"{name}.parquet" for name in ("once", "pieces"))
    assert pieces.read_bytes() == once.read_bytes()
    assert sorted(names(tmp_path)) == ["once.parquet", "pieces.parquet"]


def test_what_raises_between_two_tables_costs_no_file(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    path.write_bytes(b"before")
    with pytest.raises(ValueError, match="wrong"), TableWriter(path) as writer:
        writer.write(WHOLE)
        raise ValueError("wrong")
    assert path.read_bytes() == b"before"
    assert names(tmp_path) == ["table.parquet"]


def test_pieces_that_a_killed_process_left_are_not_written(tmp_path: Path) -> None:
    left = tmp_path / "table.parquet.parts"
    left.mkdir()
    WHOLE.write_parquet(left / "7.parquet")
    with TableWriter(tmp_path / "table.parquet") as writer:
        writer.write(WHOLE.head(3))
    assert_frame_equal(pl.read_parquet(tmp_path / "table.parquet"), WHOLE.head(3))
    assert names(tmp_path) == ["table.parquet"]


def test_what_raises_while_a_table_is_computed_costs_no_file(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    path.write_bytes(b"before")
    with pytest.raises(pl.exceptions.PolarsError):
        write_parquet(WHOLE.lazy().select(pl.col("a").cast(pl.Int8)), path)
    assert path.read_bytes() == b"before"
    assert names(tmp_path) == ["table.parquet"]


def test_a_file_is_replaced_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "new/file.txt"
    with replacing(path) as part:
        part.write_text("half")
        assert not path.exists()
        part.write_text("whole")
    assert path.read_text() == "whole"
    assert names(path.parent) == ["file.txt"]
