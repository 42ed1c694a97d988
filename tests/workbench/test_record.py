"""`run.json`: read back as it was written, by whichever version; what is no record is named in a line."""

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from conftest import HERE, MakeRecord
from workbench.errors import UserError
from workbench.record.record import FILE, VERSION, Record, Sweep, Tracked, load, write
from workbench.record.runs import read_runs

OLD = HERE / "data" / FILE  # as the template wrote it before records had a version


def test_a_record_is_read_back_as_it_was_written(make_record: MakeRecord) -> None:
    record = make_record(
        sweep=Sweep("optuna", "joblib", "study", "minimize", "multirun/one"),
        status="failed",
        error="ValueError: ä",
        traceback="Traceback …\nValueError: ä\n",
        tracking=Tracked("mlflow", None, "ConnectionError: nobody is there"),
        energy_kwh=0.5,
        co2_kg=0.1,
    )
    unset = [field.name for field in dataclasses.fields(record) if getattr(record, field.name) is None]
    assert unset == []
    write(record)
    assert load(record.directory) == record


def test_a_record_without_results_is_read_back(make_record: MakeRecord) -> None:
    complete = make_record()
    known = {
        field.name: getattr(complete, field.name)
        for field in dataclasses.fields(Record)
        if field.default is field.default_factory is dataclasses.MISSING
    }
    record = Record(**known)
    assert record.status == "running"
    write(record)
    assert load(record.directory) == record


def test_a_record_is_written_whole_or_not_at_all(make_record: MakeRecord) -> None:
    record = make_record()
    write(record)
    before = (record.directory / FILE).read_bytes()
    in_the_way = record.directory / f"{FILE}.part"
    in_the_way.mkdir()
    with pytest.raises(IsADirectoryError):
        write(dataclasses.replace(record, seed=2))
    assert (record.directory / FILE).read_bytes() == before
    in_the_way.rmdir()
    write(dataclasses.replace(record, seed=2))
    assert [path.name for path in record.directory.iterdir()] == [FILE]


def test_a_record_of_the_version_before_is_read(tmp_path: Path) -> None:
    old = json.loads(OLD.read_text(encoding="utf-8"))
    assert "schema_version" not in old
    shutil.copy(OLD, tmp_path)
    write(load(tmp_path))
    new = json.loads((tmp_path / FILE).read_text(encoding="utf-8"))
    assert new["schema_version"] == VERSION
    assert {key: new[key] for key in old} == old


def test_what_is_no_record_is_named_in_a_line(
    spoil: Callable[[Path], dict[Path, str]], tmp_path: Path
) -> None:
    spoiled = spoil(tmp_path)
    assert spoiled
    for folder, message in spoiled.items():
        with pytest.raises(UserError) as caught:
            load(folder)
        said = str(caught.value)
        assert said.startswith(str(folder / FILE))
        assert message in said
        assert "\n" not in said


def test_every_key_is_asked_for_that_is_known_at_the_start(make_record: MakeRecord) -> None:
    record = make_record()
    write(record)
    path = record.directory / FILE
    values = json.loads(path.read_text(encoding="utf-8"))
    asked = set()
    for name in values:
        path.write_text(json.dumps({key: value for key, value in values.items() if key != name}))
        try:
            load(record.directory)
        except UserError as error:
            assert f"{name}: Field required" in str(error)
            asked.add(name)
    assert asked >= {"script", "command", "config", "start", "code", "packages", "machine"}
    assert not asked & {"schema_version", "end", "metrics", "tracking", "energy_kwh"}


def test_a_folder_without_a_record_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"is not the directory of a run: no run\.json in it\."):
        load(tmp_path)


def test_the_pipeline_has_left_its_records(project: Path) -> None:
    first = {record.script: record for record in read_runs(project)}  # the newest comes first
    scripts = {"make_dataset", "build_features", "train_model", "predict_model", "visualize"}
    assert scripts <= first.keys()
    for script in scripts:
        record = first[script]
        assert record.status == "completed"
        assert record.schema_version == VERSION
        assert record.command[1:3] == ["-m", f"{record.command[2].rpartition('.')[0]}.{script}"]
        assert record.start <= (record.end or "")
        assert record.parameters["seeds"] == [0, 1, 2, 3, 4]
    assert "model.onnx" in first["train_model"].artifacts
    assert (first["train_model"].metrics or {})["validation_loss"] == first["train_model"].returned


def test_the_values_that_tables_and_trackers_show(make_record: MakeRecord) -> None:
    record = make_record()
    assert record.name == "train_model/one"
    assert record.output == record.directory
    assert record.parameters == {"seed": 1, "model.layers": [8, 8], "paths.output": str(record.output)}
    assert record.code.describe(7) == "0123456"
    assert dataclasses.replace(record.code, dirty=True).describe(7) == "0123456+"
    assert dataclasses.replace(record.code, commit=None).describe() == ""


def test_a_run_that_did_not_finish_took_until_it_was_last_seen(
    make_record: MakeRecord,
) -> None:
    assert make_record().seconds == 1800
    seen = "2026-01-01T12:00:05.500+00:00"
    assert make_record(wall_seconds=None, heartbeat=seen).seconds == 5.5
    assert make_record(wall_seconds=None, heartbeat=None).seconds == 0


def test_steps_are_the_learning_curve_and_then_the_other_metrics(
    project: Path, make_record: MakeRecord
) -> None:
    output = project / "models/split_0/seed_0"
    metrics = json.loads((output / "metrics.json").read_text(encoding="utf-8"))
    record = make_record(
        config={"paths": {"output": str(output)}},
        artifacts=[path.name for path in output.iterdir()],
        metrics=metrics | {"other": {"mean": 0.5, "name": "no number"}},
    )
    curve = pl.read_csv(output / "learning_curve.csv")
    *steps, last = record.steps
    assert steps == [(row.pop("step"), row) for row in curve.to_dicts()]
    assert last == (curve["step"][-1], {"other.mean": 0.5})
    assert record.files == [record.directory / FILE, output / "model.onnx"]


def test_steps_of_a_run_without_a_learning_curve(make_record: MakeRecord) -> None:
    assert make_record().steps == [(0, {"validation_loss": 0.25})]
    assert make_record(metrics=None).steps == []
    assert make_record().files == [make_record().directory / FILE]
