"""What runs is what is here: a command runs the code and the values of the folder that it is started in."""

import json
import re
from pathlib import Path

import pytest
import yaml
from support import (
    CHOICES,
    PACKAGE,
    changing,
    framework_of,
    generate_default,
    hashes,
    in_project,
    once,
    path_of,
    replace,
    sh,
)
from support import pins_here as pins

pytestmark = [pytest.mark.slow, in_project]

TRAIN = f"python -m {PACKAGE}.models.train_model"
EPOCHS = {"scikit-learn": "configs/model/mlp.yaml", "pytorch-lightning": "configs/trainer/default.yaml"}


@pytest.fixture
def environment(project: Path) -> dict[str, str]:
    """The project's environment, as its activation sets it: any folder may use it."""
    return {"PATH": path_of(project)}


def set_epochs(project: Path, number: int) -> None:
    """Let a project train for so many epochs."""
    replace(project / EPOCHS[framework_of(project)], r"(max_iter|max_epochs): \d+", rf"\1: {number}")


def count_epochs(folder: Path) -> int:
    """The rows of a learning curve."""
    return len((folder / "learning_curve.csv").read_text(encoding="utf-8").splitlines()) - 1


def changed_stages(project: Path, environment: dict[str, str]) -> set[str]:
    """The stages that `dvc status` calls changed, one for all seeds."""
    status = json.loads(sh("dvc status --json", project, **environment).stdout)
    return {name.partition("@")[0] for name in status}


@pytest.fixture
def copy(project: Path, tmp_path: Path) -> Path:
    """A copy of the project, which has no environment of its own."""
    sh(f"mkdir '{tmp_path}/copy' && tar -c --exclude=.venv . | tar -x -C '{tmp_path}/copy'", project)
    return tmp_path / "copy"


@once
def test_a_copy_trains_with_its_own_values(copy: Path, environment: dict[str, str]) -> None:
    set_epochs(copy, 1)
    sh("dvc repro train@0-0", copy, **environment)
    assert count_epochs(copy / "models/split_0/seed_0") == 1
    lock = yaml.safe_load((copy / "dvc.lock").read_text(encoding="utf-8"))
    (values,) = (v for file, v in lock["stages"]["train@0-0"]["params"].items() if file in EPOCHS.values())
    assert 1 in values.values()


@once
@pytest.mark.parametrize("folder", [".", "notebooks", "src", "data/raw"])
def test_a_worktree_runs_its_own_code(
    project: Path, environment: dict[str, str], tmp_path: Path, folder: str
) -> None:
    sh(f"git worktree add -q --detach '{tmp_path}/tree'", project)
    try:
        (tmp_path / "tree" / folder).mkdir(parents=True, exist_ok=True)
        code = f"import {PACKAGE}.models.metrics as a, workbench.project as b; print(a.__file__, b.__file__)"
        printed = sh(f"python -c '{code}'", tmp_path / "tree" / folder, **environment).stdout
        assert [Path(name).is_relative_to(tmp_path / "tree") for name in printed.split()] == [True, True]
    finally:
        sh(f"git worktree remove --force '{tmp_path}/tree'", project)


@once
def test_pytest_runs_the_code_of_its_folder(copy: Path, environment: dict[str, str]) -> None:
    """A function that is broken in the copy alone fails the copy's tests."""
    replace(
        copy / f"src/{PACKAGE}/models/metrics.py", r"np\.mean\(outcome\.truth ==", "np.mean(outcome.truth !="
    )
    done = sh("python -m pytest -q tests/test_metrics.py", copy, check=False, **environment)
    assert done.returncode == 1
    assert re.search(r"\d+ failed", done.stdout), done.stdout[-2000:]


@once
def test_a_temporary_experiment_trains_what_it_changes(
    restored: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    """DVC runs it in a folder of its own; the run cache gets its result, which a later run may take."""
    override = f"{EPOCHS[framework_of(restored)]}:max_iter=2"
    sh(f"dvc exp run --temp --set-param {override}", restored, **environment)
    set_epochs(restored, 2)
    printed = sh("dvc repro train@0-0", restored, **environment).stdout
    assert "is cached - skipping run" in printed
    assert count_epochs(restored / "models/split_0/seed_0") == 2
    sh("dvc exp remove --all-commits", restored, **environment)


@once
@pytest.mark.parametrize("folder", ["notebooks", "src", f"src/{PACKAGE}/models"])
def test_a_script_that_starts_below_the_root_reads_and_writes_there(
    project: Path, environment: dict[str, str], folder: str
) -> None:
    name = folder.replace("/", "_")
    sh(f"{TRAIN} hydra.run.dir=outputs/{name} hydra.job.chdir=True", project / folder, **environment)
    model = (project / f"outputs/{name}/model.onnx").read_bytes()
    assert model == (project / "models/split_0/seed_0/model.onnx").read_bytes()
    assert not (project / folder / "outputs").exists()


@once
def test_a_script_that_is_run_by_its_path_works(project: Path, environment: dict[str, str]) -> None:
    script = f"src/{PACKAGE}/models/train_model.py"
    sh(f"python {script} hydra.run.dir=outputs/by_path", project, **environment)
    model = (project / "outputs/by_path/model.onnx").read_bytes()
    assert model == (project / "models/split_0/seed_0/model.onnx").read_bytes()


@once
@pytest.mark.exhaustive
def test_the_check_runs_where_the_path_is_not_ascii(project: Path, tmp_path: Path) -> None:
    """In a project whose environment knows it by that path, on a machine whose locale is not set."""
    path = tmp_path / "ä prøject"
    sh(f"git clone -q '{project}' '{path}'", tmp_path)
    sh("make setup all && git add -A && git commit -q --allow-empty -m Run", path)
    assert "outputs are the same bytes" in sh("make reproduce", path, LC_ALL="", LANG="").stdout


@once
def test_training_on_another_data_set_than_the_splits_hold_is_refused(
    project: Path, environment: dict[str, str]
) -> None:
    done = sh(f"{TRAIN} data=penguins hydra.run.dir=outputs/other", project, check=False, **environment)
    assert done.returncode == 1
    assert "holds digits, and not penguins" in done.stderr.splitlines()[-1]
    assert not (project / "outputs/other/model.onnx").exists()


@once
def test_outside_of_a_project_a_script_says_so(environment: dict[str, str], tmp_path: Path) -> None:
    done = sh(TRAIN, tmp_path, check=False, **environment)
    assert done.returncode == 1
    assert done.stderr == f"{tmp_path} is not in a project: there is no dvc.yaml in it or above it.\n"


def test_new_options_change_no_stage(restored: Path, environment: dict[str, str]) -> None:
    for group in ("data", "model", "experiment"):
        source = next((restored / "configs" / group).glob("*.yaml"))
        (restored / "configs" / group / "another.yaml").write_bytes(source.read_bytes())
    replace(
        restored / "configs/experiment/wide_mlp.yaml", r"hidden_layer_sizes: .*", "hidden_layer_sizes: [8]"
    )
    replace(restored / "configs/config.yaml", r"tracker: \S+", "tracker: mlflow")
    assert changed_stages(restored, environment) == set()


@pytest.mark.parametrize(
    ("change", "stages"),
    [
        (
            changing("configs/data/digits.yaml", "test_fraction: 0.2", "test_fraction: 0.3"),
            {"data", "features", "predict"},
        ),
        (changing("configs/model/mlp.yaml", r"batch_size: \d+", "batch_size: 8"), {"train"}),
        (changing("configs/config.yaml", "threads: 1", "threads: 2"), {"train", "predict", "visualize"}),
    ],
    ids=["data", "model", "threads"],
)
def test_a_value_changes_the_stages_that_use_it(
    restored: Path, environment: dict[str, str], change, stages: set[str]
) -> None:
    change(restored)
    assert changed_stages(restored, environment) == stages


@once
def test_the_pipeline_runs_no_experiment(restored: Path, environment: dict[str, str]) -> None:
    replace(restored / "configs/config.yaml", "experiment: null", "experiment: wide_mlp")
    done = sh("make all", restored, check=False, **environment)
    assert done.returncode
    line = next(line for line in done.stderr.splitlines() if "experiment" in line)
    assert line.startswith("configs/config.yaml names the experiment wide_mlp, and the pipeline runs none")
    # Nothing was run, so nothing is lost.
    assert (restored / "models/split_0/seed_0/model.onnx").is_file()
    alone = sh("dvc repro --force data", restored, check=False, **environment)
    assert "names the experiment wide_mlp" in alone.stderr


GROUP = "configs/sampling/all.yaml"
FIELD = "    sampling: dict[str, float]\n    seeds: "


@pytest.fixture
def sampled(restored: Path) -> Path:
    """The project with a configuration group of its own, whose value `train_model` uses."""
    (restored / "configs/sampling").mkdir()
    (restored / GROUP).write_text("rate: 1.0\n", encoding="utf-8")
    replace(restored / "configs/config.yaml", "  - paths: default", "  - sampling: all\n  - paths: default")
    return restored


@once
def test_a_group_without_a_field_is_named(sampled: Path, environment: dict[str, str]) -> None:
    done = sh(TRAIN, sampled, check=False, **environment)
    assert done.stderr == "sampling: neither `Config` in config.py nor the model has such a field\n"


@once
def test_a_stage_uses_no_value_that_it_does_not_track(sampled: Path, environment: dict[str, str]) -> None:
    replace(sampled / f"src/{PACKAGE}/config.py", "    seeds: ", FIELD)
    script = sampled / f"src/{PACKAGE}/models/train_model.py"
    replace(script, "    learning_curve = ", '    assert config.sampling["rate"]\n    learning_curve = ')
    refused = sh("dvc repro train@0-0", sampled, check=False, **environment)
    assert "The stage train uses `sampling`, but does not track it: add configs/sampling/" in refused.stderr
    defaults = yaml.safe_load((sampled / "configs/config.yaml").read_text())["defaults"]
    position = defaults.index({"sampling": "all"})
    last = "          - calibration\n          - threads\n"
    tracked = rf"\1          - defaults.{position}.sampling\n{last}      - {GROUP}:\n"
    replace(
        sampled / "dvc.yaml",
        rf"(          - defaults\.1.*\n(?:          - defaults.*\n)*){last}",
        tracked,
    )
    sh("dvc repro train@0-0", sampled, **environment)
    (sampled / GROUP).write_text("rate: 0.5\n", encoding="utf-8")
    assert "train" in changed_stages(sampled, environment)


@once
def test_a_file_that_a_tracked_one_includes_is_tracked(restored: Path, environment: dict[str, str]) -> None:
    (restored / "configs/model/base.yaml").write_bytes((restored / "configs/model/mlp.yaml").read_bytes())
    (restored / "configs/model/mine.yaml").write_text("defaults: [base]\n", encoding="utf-8")
    replace(restored / "configs/config.yaml", "model: mlp", "model: mine")
    done = sh("dvc repro train@0-0", restored, check=False, **environment)
    assert "configs/model/mine.yaml includes configs/model/base.yaml, which the stage train" in done.stderr


@once
def test_a_group_above_those_that_dvc_reads_is_named(restored: Path, environment: dict[str, str]) -> None:
    replace(restored / "configs/config.yaml", "  - data: digits", "  - sampling: all\n  - data: digits")
    done = sh("make all", restored, check=False, **environment)
    assert "`data` has to be number 1 of `defaults`" in done.stderr


@once
def test_what_dvc_cannot_read_is_named(restored: Path, environment: dict[str, str]) -> None:
    for name, said in {
        "dvc.lock": "dvc.lock is not whole, perhaps after a merge",
        "dvc.yaml": "dvc.yaml",
    }.items():
        text = (restored / name).read_text(encoding="utf-8")
        (restored / name).write_text(f"<<<<<<< HEAD\n{text}", encoding="utf-8")
        done = sh("make all", restored, check=False, **environment)
        (restored / name).write_text(text, encoding="utf-8")
        assert said in done.stderr
        assert "Traceback" not in done.stderr


@once
class TestLeftovers:
    """What the pipeline no longer makes: two seeds in place of five."""

    @pytest.fixture
    def fewer(self, restored: Path) -> Path:
        replace(restored / "configs/config.yaml", r"seeds: .*", "seeds: [0, 1]")
        return restored

    def test_make_all_takes_it_away(self, fewer: Path, environment: dict[str, str], tmp_path: Path) -> None:
        printed = sh("make all", fewer, **environment).stdout
        assert "train@0-4 is no longer in the pipeline: left out of dvc.lock." in printed
        assert sorted(path.name for path in fewer.glob("models/split_0/seed_*")) == ["seed_0", "seed_1"]
        kept = {path.split("/")[2] for path in hashes(fewer) if path.startswith("models/")}
        assert kept == {"seed_0", "seed_1"}
        sh("git add -A && git commit -qm Two", fewer)
        try:
            assert changed_stages(fewer, environment) == set()
            # A fresh clone, which finds the outputs in this project's cache
            sh(f"git clone -q . '{tmp_path}/clone'", fewer)
            cache = f"dvc config --local cache.dir '{fewer}/.dvc/cache' && dvc checkout -q"
            sh(cache, tmp_path / "clone", **environment)
            assert changed_stages(tmp_path / "clone", environment) == set()
            assert "outputs are the same bytes" in sh("make reproduce", fewer, **environment).stdout
        finally:
            sh("git reset -q --hard HEAD~1", fewer)

    def test_what_somebody_changed_stays(self, fewer: Path, environment: dict[str, str]) -> None:
        with (fewer / "models/split_0/seed_4/learning_curve.csv").open("a", encoding="utf-8") as file:
            file.write("mine\n")
        printed = sh("make all", fewer, **environment).stdout
        assert "models/split_0/seed_4/learning_curve.csv is not what dvc.lock names: kept." in printed
        assert [path.name for path in (fewer / "models/split_0/seed_4").iterdir()] == ["learning_curve.csv"]
        sh(f"rm -r '{fewer}/models/split_0/seed_4'", fewer)

    @pytest.mark.exhaustive
    def test_the_check_names_it_as_left_over(self, fewer: Path, environment: dict[str, str]) -> None:
        sh("dvc repro -q && git add -A && git commit -qm Two", fewer, **environment)
        try:
            printed = sh("make reproduce", fewer, **environment).stdout
            assert re.search(r"\| models/split_0/seed_4/model.onnx +\| left over +\|", printed)
            assert "outputs are the same bytes" in printed
        finally:
            sh("git reset -q --hard HEAD~1", fewer)


@pytest.mark.parametrize("framework", CHOICES["framework"][:1])
class TestSetup:
    """`make setup` and `make lock`, whatever is set outside."""

    @pytest.fixture
    def generated(self, framework: str, tmp_path: Path) -> Path:
        return generate_default(framework, tmp_path)

    @pytest.mark.exhaustive
    def test_it_fills_this_folder_and_mends_a_moved_one(self, generated: Path, tmp_path: Path) -> None:
        elsewhere = str(tmp_path / "elsewhere")
        settings = {
            **dict.fromkeys(("UV_PROJECT_ENVIRONMENT", "UV_TARGET", "PIP_TARGET", "CONDA_PREFIX"), elsewhere),
            **dict.fromkeys(("UV_SYSTEM_PYTHON", "UV_REQUIRE_HASHES", "UV_NO_CONFIG", "PIP_USER"), "1"),
        }
        sh("make setup", generated, **settings)
        assert not Path(elsewhere).exists()
        moved = generated.rename(tmp_path / "moved")
        sh("make setup", moved, **settings)
        printed = sh(
            f".venv/bin/dvc --version && .venv/bin/python -c 'import {PACKAGE} as p; print(p.__file__)'",
            moved,
        )
        version, file = printed.stdout.split()
        assert version == pins(moved / "requirements-dev.txt")["dvc"]
        assert file == str(moved / f"src/{PACKAGE}/__init__.py")
        # What people type by habit changes nothing.
        assert sh("uv run python -c 'print(1)'", moved).stdout == "1\n"
        refused = sh("uv sync", moved, check=False)
        assert refused.returncode
        assert "unmanaged" in refused.stderr
        listed = json.loads(sh("uv pip list --format json", moved).stdout)
        versions = {package["name"]: package["version"] for package in listed}
        assert versions.pop("my-ml-project") == "0.1.0"
        assert versions == pins(moved / "requirements-dev.txt")
        assert sh("git status --porcelain", moved).stdout == ""

    @pytest.mark.exhaustive
    def test_the_locks_are_the_same(self, generated: Path) -> None:
        settings = dict.fromkeys(("UV_NO_CONFIG", "UV_REQUIRE_HASHES", "UV_NO_ANNOTATE"), "1")
        sh("make lock", generated, **settings, UV_RESOLUTION="lowest", UV_PRERELEASE="allow")
        assert sh("git status --porcelain", generated).stdout == ""


@once
@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("seed=4294967296", "seed: Input should be less than 4294967296"),
        ("model.learning_rate_init=inf", "model.learning_rate_init: Input should be a finite number"),
        ("model.learning_rate_init=1e300", "The training diverged at step 1"),
        ("model.hidden_layer_sizes=[1000000000000]", "There is not enough memory"),
        ("~model", "model: name an option of configs/model/"),
        ("model=null", "A configuration group needs the name of one of its options"),
    ],
)
def test_a_value_that_no_training_can_use_is_a_line(
    project: Path, environment: dict[str, str], override: str, said: str
) -> None:
    done = sh(f"{TRAIN} '{override}' hydra.run.dir=outputs/refused", project, check=False, **environment)
    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if not line.startswith("Error executing job")]
    assert len(lines) == 1, done.stderr
    assert said in lines[0]
    assert not (project / "outputs/refused/metrics.json").exists()


@once
def test_a_run_has_a_record_and_its_values_whatever_hydra_writes(
    project: Path, environment: dict[str, str]
) -> None:
    sh(f"{TRAIN} hydra.output_subdir=null hydra.run.dir=outputs/bare", project, **environment, TRACKER="")
    record = json.loads((project / "outputs/bare/run.json").read_text(encoding="utf-8"))
    assert record["status"] == "completed"
    resolved = yaml.safe_load((project / "outputs/bare/.hydra/resolved.yaml").read_text(encoding="utf-8"))
    assert resolved["seed"] == record["seed"]


@once
def test_a_sweep_over_a_long_list_has_folders(project: Path, environment: dict[str, str]) -> None:
    layers = ",".join(["8"] * 90)
    sweep = f"{TRAIN} --multirun 'model.hidden_layer_sizes=[{layers}]' seed=0 hydra.sweep.dir=multirun/long"
    sh(f"{sweep} model.max_iter=1", project, **environment)
    (record,) = (project / "multirun/long").glob("*/run.json")
    assert json.loads(record.read_text(encoding="utf-8"))["status"] == "completed"
