"""Records of runs, the reproduction check (shown to fail where it should) and the report, for real."""

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support import (
    FAULT,
    IN,
    PACKAGE,
    PROGRAMS,
    SCRIPTS,
    apart,
    clean_environment,
    clone_project,
    commit_results,
    hashes,
    in_make_test,
    in_project,
    mounted,
    once,
    plant,
    replace,
    sh,
    shorten,
)

pytestmark = pytest.mark.slow

FAULTS = {  # for each program in `programs/faults/`, the cause that the check has to name
    "set": "PYTHONHASHSEED",
    "random": "random numbers that no seed reaches",
    "time": "the time of the run",
    "path": "the folder that the project lies in",
    "locale": "the locale",
    "threads": "the variables that set a number of threads",
    "file_order": "the order in which a folder lists its files",
}


@pytest.fixture(scope="module")
def locales(tmp_path_factory: pytest.TempPathFactory) -> str | None:
    """A folder with a locale that writes a decimal comma; None where there is no way to make one."""
    folder = tmp_path_factory.mktemp("locales")
    if not shutil.which("localedef"):
        return None
    command = ["localedef", "-i", "de_DE", "-f", "UTF-8", str(folder / "de_DE.UTF-8")]
    done = subprocess.run(command, capture_output=True, check=False)
    return str(folder) if done.returncode in (0, 1) and (folder / "de_DE.UTF-8").is_dir() else None


def reproduce(path: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the check; show that it left the project as it was, and nothing elsewhere."""
    before = snapshot(path)
    scratch = path.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    command = f"{IN} python -m workbench.check.reproduce {' '.join(options)}"
    done = sh(command, path, check=False, **{"TMPDIR": str(scratch), **environment})
    assert snapshot(path) == before
    return done


def snapshot(path: Path) -> tuple[str, dict[str, str]]:
    """What must not change: Git's state, every file and the cache (but for the record of the check)."""
    digests = {
        str(file): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(path.rglob("*"))
        if file.is_file()
        and not {".venv", "outputs", "tmp", "__pycache__"} & set(file.relative_to(path).parts)
        and file.name != "index"
    }
    return sh(
        "git status --porcelain; git rev-parse HEAD; git stash list; git branch -a", path
    ).stdout, digests


@once
@apart
class TestTheCheckFails:
    """One fault at a time: the output is named, and the cause."""

    @pytest.mark.parametrize("name", in_make_test(FAULTS, "random", "locale", "threads"))
    def test_a_fault_is_found_and_its_cause(
        self, faulty: Callable[[str], Path], name: str, locales: str | None
    ) -> None:
        environment = {}
        if name == "locale":
            if locales is None:
                pytest.skip("localedef cannot make de_DE here")
            environment = {"LOCPATH": locales}
        done = reproduce(faulty(name), "--bisect 1", **environment)
        assert done.returncode == 1, done.stdout + done.stderr
        assert re.search(rf"fault +\| {FAULT} +\| different", done.stdout)
        assert re.search(r"digits.parquet +\| identical bytes", done.stdout)
        found = next(line for line in done.stdout.splitlines() if line.startswith("cause: "))
        assert found.startswith(f"cause: {FAULT}: {FAULTS[name]}")
        assert "together with" not in found
        assert done.stdout.splitlines()[-1].split(": ")[1].startswith("1 of 2 outputs differ")

    def test_edited_lock(self, faulty: Callable[[str], Path]) -> None:
        path = faulty("same")
        lock = path / "dvc.lock"
        right = hashes(path)[FAULT]
        lock.write_text(lock.read_text().replace(right, "0" * 32))
        sh("git commit -qam 'A better result'", path)
        done = reproduce(path, "--bisect 1")
        assert done.returncode == 1
        assert f"cause: {FAULT}: dvc.lock: no file with the hash that it names is here" in done.stdout

    def test_package_changed_after_the_lock(self, faulty: Callable[[str], Path], tmp_path: Path) -> None:
        helper = shutil.copytree(PROGRAMS / "helper", tmp_path / "helper")

        def install(version: str) -> None:
            for name in ("pyproject.toml", "helper.py"):
                replace(helper / name, r"\d\.0", version)
            sh('uv pip install -q --no-deps --no-build-isolation --reinstall --python "$V" .', helper, V=venv)

        path = faulty("same")
        venv = str((path / ".venv").resolve())
        try:
            install("1.0")
            plant(path, "helper")
            commit_results(path)
            assert reproduce(path).returncode == 0
            install("2.0")
            done = reproduce(path, "--bisect 1")
        finally:
            sh('uv pip uninstall -q --python "$V" helper', tmp_path, V=venv)
        assert done.returncode == 1
        assert "packages that differ from the lock: helper 2.0 (not in the lock)" in done.stdout

    def test_unseeded_model(self, fresh: Path, tmp_path: Path) -> None:
        path = clone_project(fresh, tmp_path / "project")
        stages = (path / "dvc.yaml").read_text(encoding="utf-8")
        (path / "dvc.yaml").write_text(stages[: stages.index("  predict:")], encoding="utf-8")
        replace(path / "configs/config.yaml", r"seeds: \[0, 1, 2, 3, 4\]", "seeds: [0, 1]")
        shorten(path)
        lightning = path / SCRIPTS / "models/estimators/lightning_model.py"
        if lightning.exists():
            entropy = "int.from_bytes(__import__('os').urandom(3), 'big')"
            replace(lightning, r"seed_everything\(seed,", f"seed_everything({entropy},")
        else:
            replace(path / SCRIPTS / "models/estimators/mlp.py", r"RandomState\(seed\)", "RandomState()")
        commit_results(path)
        done = reproduce(path, "--bisect 1")
        assert done.returncode == 1
        assert re.search(r"train@0-0 +\| models/split_0/seed_0/model.onnx +\| different", done.stdout)
        assert re.search(r"train.parquet +\| identical bytes", done.stdout)
        assert "largest difference between the weights: 0." in done.stdout
        assert re.search(r"predictions on the test split differ for \d+ of 360", done.stdout)
        assert re.search(r"metrics.json: train_loss: [\d.]+ became [\d.]+ \([+-]", done.stdout)
        assert re.search(
            r"cause: models/split_0/seed_0/\S+: random numbers that no seed reaches", done.stdout
        )


@once
@apart
class TestTheCheck:
    """What it accepts, what it refuses to look at, and how it ends."""

    def test_identical(self, faulty: Callable[[str], Path]) -> None:
        done = reproduce(faulty("same"))
        assert done.returncode == 0
        assert "all 2 outputs are the same bytes" in done.stdout.splitlines()[-1]

    def test_everything_that_can_differ_does(
        self, faulty: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen = tmp_path / "seen"
        monkeypatch.setenv("SEEN", str(seen))
        reproduce(faulty("conditions"))
        original, *_, other = map(json.loads, seen.read_text().splitlines())
        assert {name for name in original if original[name] == other[name]} == set()

    def test_a_fault_that_is_not_varied_is_not_seen(self, faulty: Callable[[str], Path]) -> None:
        path = faulty("columns")
        assert reproduce(path).returncode == 1
        assert reproduce(path, "--perturb 0").returncode == 0

    def test_numbers_within_a_tolerance(self, faulty: Callable[[str], Path]) -> None:
        path = faulty("rounding")
        strict = reproduce(path)
        assert strict.returncode == 1
        assert f"{FAULT}: value: 0.1 became 0.1" in strict.stdout
        loose = reproduce(path, "--rtol 1e-6")
        assert loose.returncode == 3
        assert re.search(rf"{FAULT} +\| same numbers within 1e-06 \|", loose.stdout)
        assert "not the same bytes, but the same numbers within 1e-06" in loose.stdout.splitlines()[-1]

    def test_data_that_only_dvc_holds(self, faulty: Callable[[str], Path]) -> None:
        path = faulty("same")
        (path / "data/external/measured.csv").write_text("x\n7\n")
        sh(f"{IN} dvc add -q data/external/measured.csv", path)
        replace(path / "dvc.yaml", r"( +- ).*/fault.py\n", r"\g<0>\1data/external/measured.csv\n")
        plant(path, "measured")
        commit_results(path)
        assert "measured.csv" not in sh("git ls-files | grep -v dvc$", path).stdout
        assert reproduce(path).returncode == 0
        # From the remote, where the cache has lost it
        sh(f"{IN} dvc remote add -q -d store '{path.parent}/store' && git commit -qam Remote", path)
        sh(f"{IN} dvc push -q && rm -r .dvc/cache data/external/measured.csv", path)
        assert reproduce(path).returncode == 0

    def test_a_folder_is_an_output(self, faulty: Callable[[str], Path]) -> None:
        path = faulty("same")
        replace(path / "dvc.yaml", r"reports/fault.json", "reports")
        commit_results(path)
        assert reproduce(path).returncode == 0
        plant(path, "user")
        commit_results(path)
        done = reproduce(path, "--bisect 1")
        assert re.search(r"fault +\| reports +\| different", done.stdout)
        assert re.search(r"reports: fault.json: value: \S+ became somebody", done.stdout)
        assert "cause: reports: the user's name" in done.stdout

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ("echo x >> README.md", "Files differ from the commit (README.md): commit or stash"),
            ("touch new.txt", "Files differ from the commit (new.txt): commit or stash"),
            ("git rm -q dvc.lock && git commit -qm x", "dvc.lock is not there: run `make all`"),
            ("git rm -q --cached dvc.lock && git commit -qm x", "dvc.lock is not committed"),
            (
                "sed -i '5i <<<<<<< HEAD' dvc.lock && git commit -qam x",
                "dvc.lock is not whole, perhaps after",
            ),
            ("rm -rf .git", "There is no commit to check"),
        ],
    )
    def test_what_cannot_be_checked_is_refused(
        self, faulty: Callable[[str], Path], change: str, message: str
    ) -> None:
        path = faulty("same")
        sh(change, path)
        command = f"{IN} python -m workbench.check.reproduce"
        done = sh(command, path, check=False)
        assert done.returncode == 2
        assert done.stdout == ""
        assert done.stderr.count("\n") == 1
        assert done.stderr.startswith(message)

    def test_no_space_is_said_before_the_check_begins(
        self, faulty: Callable[[str], Path], tmp_path: Path
    ) -> None:
        path = faulty("same")
        with mounted(tmp_path / "small", "size=2m"):
            done = reproduce(path, TMPDIR=str(tmp_path / "small"))
            left = list((tmp_path / "small").iterdir())
        assert done.returncode == 2
        assert left == []
        assert re.search(r"has \d+ MB free, the check needs about \d+: make room", done.stderr)

    def test_stage_that_fails(self, faulty: Callable[[str], Path]) -> None:
        done = reproduce(faulty("failing"))
        assert done.returncode == 2
        assert "no such user" in done.stderr
        clone = Path(done.stderr.strip().rpartition("which is kept: ")[2])
        assert (clone / "data/raw/digits.parquet").is_file()
        assert "Traceback" not in done.stderr

    def test_ctrl_c_leaves_nothing(self, faulty: Callable[[str], Path]) -> None:
        path = faulty("interrupted")
        before = snapshot(path)
        scratch = path.parent / "scratch"
        scratch.mkdir()
        done = subprocess.run(
            ["bash", "-c", f"{IN} exec python -m workbench.check.reproduce"],
            cwd=path,
            env=clean_environment(TMPDIR=str(scratch)),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            start_new_session=True,
            check=False,
        )
        assert done.returncode == 130, done.stderr
        assert "Traceback" not in done.stderr
        assert list(scratch.iterdir()) == []
        assert snapshot(path) == before


@once
@apart
class TestRecords:
    """`run.json` of a real script, and the table of all runs; the rest is in `workbench/`."""

    @pytest.fixture
    def copy(self, short: Path, tmp_path: Path) -> Iterator[Path]:
        """The short project without any record of a run."""
        shutil.copytree(short, tmp_path / "project", symlinks=True, ignore=shutil.ignore_patterns("outputs"))
        yield tmp_path / "project"

    def call(self, path: Path, script: str, check: bool = True, **environment: str) -> str:
        """Run a script of the project, and give the newest row of the table."""
        sh(f"{IN} python -m {PACKAGE}.{script}", path, check=check, **environment)
        return sh(f"{IN} python -m workbench.record.runs", path).stdout.splitlines()[2]

    def test_completed(self, copy: Path) -> None:
        row = self.call(copy, "data.make_dataset seed=3 paths.output=data/raw")
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        head = sh("git rev-parse HEAD", copy).stdout.strip()
        assert cells[1:6] == ["make_dataset", "seed=3 paths.output=data/raw", "3", head[:7], "completed"]
        (path,) = copy.glob("outputs/make_dataset/*/run.json")
        record = json.loads(path.read_text(encoding="utf-8"))
        assert (path.parent / ".hydra/resolved.yaml").is_file()
        assert record["code"] == {"commit": head, "branch": "main", "dirty": False, "diff_sha256": None}
        lock = (copy / "requirements-dev.txt").read_bytes()
        lock += b"".join(path.read_bytes() for path in copy.glob("requirements-accelerator.txt"))
        assert record["packages"] == {"lock_sha256": hashlib.sha256(lock).hexdigest(), "differ": {}}
        assert record["config"]["data"]["columns"]["image"]["width"] == 8
        assert record["artifacts"] == ["digits.parquet"]
        assert record["machine"]["cpu_count"] == os.cpu_count()
        assert record["start"] < record["end"]
        assert record["cpu_seconds"] > 0
        assert record["wall_seconds"] > 0
        assert 10**7 < record["peak_memory"] < record["machine"]["memory"]
        (copy / "README.md").write_text("changed")
        assert f"{head[:7]}+" in self.call(copy, "data.make_dataset")

    @pytest.mark.exhaustive
    def test_energy_where_codecarbon_is_installed(self, copy: Path, tmp_path: Path) -> None:
        lock = tmp_path / "carbon.txt"
        command = (
            f"uv pip compile -q --no-header --extra carbon -c requirements-dev.txt pyproject.toml -o {lock}"
        )
        sh(f"{command} && uv pip install -q --target {tmp_path}/site -r {lock}", copy)
        path = f"{tmp_path}/site:{copy}/src"
        script = f"python -m {PACKAGE}.data.make_dataset"
        country = "hydra.callbacks.run_record.country=DNK"
        for options in ("seed=1", f"seed=2 {country}"):
            sh(f'PATH="$PWD/.venv/bin:$PATH" PYTHONPATH="{path}" {script} {options}', copy)
        records = [json.loads(p.read_text()) for p in copy.glob("outputs/make_dataset/*/run.json")]
        without, danish = sorted(records, key=lambda record: record["seed"])
        assert without["energy_kwh"] > 0
        assert without["co2_kg"] is None
        # Danish electricity: between 0.05 and 0.5 kg of CO2 for each kWh
        assert 0.05 < danish["co2_kg"] / danish["energy_kwh"] < 0.5


@in_project
class TestTheWholePipeline:
    """The default project as it is generated, its pipeline run once."""

    @once
    def test_default_project_reproduces_in_a_fresh_environment(self, project: Path) -> None:
        done = sh("make reproduce LEVEL=2", project)
        rows = re.findall(r"^\| \S+ +\| (\S+) +\| identical bytes \|$", done.stdout, re.MULTILINE)
        assert set(rows) == hashes(project).keys()
        assert len(rows) > 20
        assert done.stdout.splitlines()[-1].startswith("level 2 (a fresh environment from the lock")
        assert "with another path, hash seed, time zone, " in done.stdout

    def test_the_table_of_runs_has_the_metrics(self, project: Path) -> None:
        table = sh("make runs", project).stdout
        metrics = json.loads((project / "reports/metrics.json").read_text(encoding="utf-8"))
        rows = [line for line in table.splitlines() if "| predict_model" in line]
        assert any(f"accuracy={metrics['accuracy']['mean']:.4g} " in row for row in rows)
        trained = re.findall(
            r"\| train_model .*models/split_0/seed_(\d) .* completed .* validation_loss=", table
        )
        assert set(trained) >= set("01234")

    @once
    def test_the_proof_as_the_readme_prints_it(self, restored: Path) -> None:
        readme = (restored / "README.md").read_text(encoding="utf-8")
        (block,) = re.findall(r"```shell\n(make reproduce.*?)```", readme, flags=re.DOTALL)
        printed = sh(block, restored).stdout
        assert f"all {len(hashes(restored))} outputs are the same bytes" in printed
        comparison = json.loads((restored / "reports/comparison.json").read_text(encoding="utf-8"))
        names = [
            f"{g}={p.stem}" for g in ("model", "experiment") for p in restored.glob(f"configs/{g}/*.yaml")
        ]
        assert sorted(comparison["candidates"]) == sorted(names)
        latest = max(restored.glob("multirun/compare_models/*"))
        runs = list(latest.glob("*/*/run.json"))
        assert len(runs) == len(names) * len(comparison["seeds"])  # no experiment's own sweep besides
        losses = [metrics["validation_loss"]["mean"] for metrics in comparison["candidates"].values()]
        assert losses == sorted(losses)
        # The pipeline trained the chosen one with the same seeds.
        chosen = comparison["candidates"][comparison["chosen"]]["validation_loss"]
        files = [restored / f"models/split_0/seed_{seed}/metrics.json" for seed in comparison["seeds"]]
        values = [json.loads(path.read_text(encoding="utf-8"))["validation_loss"] for path in files]
        assert chosen["mean"] == pytest.approx(sum(values) / len(values), rel=1e-5)
        assert chosen["ci_low"] < chosen["mean"] < chosen["ci_high"]
        assert all(0 < gap["p"] <= gap["p_holm"] <= 1 for gap in comparison["differences"].values())
        assert (restored / "reports/comparison.md").read_text(encoding="utf-8") in printed
        assert f"| {comparison['chosen']} (chosen) " in printed
        # The report takes all of it up, and the docs show it.
        assert re.search(r": [1-9] questions of references/checklist.yaml are unanswered", printed)
        report = restored / "reports/reproducibility.md"
        sh("make report", restored)  # of the commit that the block ends with
        text = report.read_text(encoding="utf-8")
        sh("make report", restored)
        assert report.read_text(encoding="utf-8") == text
        assert (
            f"outputs are the same bytes, commit {sh('git rev-parse --short=7 HEAD~1', restored).stdout[:7]}"
            in text
        )
        assert (restored / "reports/comparison.md").read_text(encoding="utf-8").strip() in text
        assert (restored / "reports/metrics.md").read_text(encoding="utf-8").strip() in text
        assert sh("git rev-parse HEAD", restored).stdout.strip() in text
        for path, digest in hashes(restored).items():
            assert not path.startswith("data/") or digest in text
        runs = len(re.findall("^|", sh("make runs", restored).stdout))
        assert runs > 5 * len(names)
        table = re.search(r"^\| train_model +\| (\d+) ", text, re.MULTILINE)
        records = [
            json.loads(p.read_text())
            for d in ("outputs", "multirun")
            for p in (restored / d).rglob("run.json")
        ]
        assert table and int(table[1]) == sum(record["script"] == "train_model" for record in records)
        assert f"In all: {len(records)} recorded runs" in text
        sh("make docs", restored)
        page = (restored / "docs/_build/report.html").read_text(encoding="utf-8")
        assert f"{len(names)} candidates were looked at" in page
        sh("rm -r docs/_build && git reset -q --hard HEAD~1", restored)
