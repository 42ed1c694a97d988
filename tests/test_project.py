"""A generated project, installed from its lock and used for real, by the commands that it prints."""

import csv
import json
import os
import pty
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from answer_cases import HARD
from cookiecutter.main import cookiecutter
from packaging.utils import canonicalize_name
from playwright.sync_api import Browser
from support import (
    CHOICES,
    PACKAGE,
    PROGRAMS,
    PYTHONS,
    ROOT,
    apart,
    clean_environment,
    clone_project,
    find_python,
    framework_of,
    generate_default,
    hashes,
    in_project,
    once,
    path_of,
    sh,
)
from support import pins_here as pins
from test_page import browser as browser

from local_extensions import TAKEN

VALUES = {
    "scikit-learn": {"n_estimators": 50},
    "pytorch-lightning": {
        "width": 128,
        "batch_size": 8,
        "num_workers": 0,
        "compile": False,
        "checkpoint": None,
        "class_weight": None,
    },
}
TEXTS = {"hard": " ".join(HARD.values()), "long": "word " * 1999 + "words"}
# What a progress bar ends with, and what it shows all the time
BARS = {
    "scikit-learn": (b"30/30", b"validation_loss=", "step/s"),
    "pytorch-lightning": (b"33/33", b"validation_loss: ", "it/s"),
}

# The language, the program and the kinds of files of each hook, as its own repository has them
HOOKS = {
    "check-added-large-files": ("system", "check-added-large-files", []),
    "check-case-conflict": ("system", "check-case-conflict", []),
    "check-merge-conflict": ("system", "check-merge-conflict", ["text"]),
    "check-yaml": ("system", "check-yaml", ["yaml"]),
    "end-of-file-fixer": ("system", "end-of-file-fixer", ["text"]),
    "mixed-line-ending": ("system", "mixed-line-ending", ["text"]),
    "trailing-whitespace": ("system", "trailing-whitespace-fixer", ["text"]),
    "ruff-check": ("system", "ruff check --force-exclude", ["python"]),
    "ruff-format": ("system", "ruff format --force-exclude", ["python"]),
    "mypy": ("system", "mypy", []),
    "python-check-blanket-noqa": ("pygrep", r"(?i)# noqa(?!: )", ["python"]),
    "python-check-blanket-type-ignore": ("pygrep", r"# type:? *ignore(?!\[|\w)", ["python"]),
    "codespell": ("system", "codespell", ["text"]),
    "rumdl": ("system", "rumdl check", ["markdown"]),
    "zizmor": ("system", "zizmor --offline --no-progress .github", ["yaml"]),
    "actionlint": ("system", "actionlint", []),
    "nbstripout": ("system", "nbstripout", ["jupyter"]),
}

pytestmark = pytest.mark.slow


def installed(listing: str) -> dict[str, str]:
    """The versions that `pip list --format json` printed."""
    return {str(canonicalize_name(package["name"])): package["version"] for package in json.loads(listing)}


@pytest.fixture
def clone(project: Path, tmp_path: Path) -> Path:
    """A clone of the project's first commit, without an environment."""
    sh(f"git clone -q '{project}' clone && cd clone && git reset -q --hard HEAD~1", tmp_path)
    return tmp_path / "clone"


@in_project
class TestMake:
    """Every target of the Makefile, by its effect."""

    def test_setup_installs_the_lock_and_nothing_else(self, project: Path) -> None:
        versions = installed(sh("uv pip list --format json", project).stdout)
        assert versions.pop("my-ml-project") == "0.1.0"
        builds = [pins(path) for path in project.glob("requirements-accelerator.txt")]
        torch = versions.pop("torch", "").partition("+")
        assert [{"torch": torch[0]}] * bool(torch[0]) == builds
        if "ACCELERATOR" in clean_environment():  # no build but the one for CPUs can be had
            assert torch[2] == "cpu" * bool(builds)
        assert versions == pins(project / "requirements-dev.txt")
        assert not {"pandas", "torch"} & pins(project / "requirements.txt").keys()

    def test_setup_compiles_bytecode(self, project: Path) -> None:
        """Even of modules that nothing here imports."""
        (packages,) = project.glob(".venv/lib/python*/site-packages")
        assert list(packages.glob("sklearn/tests/__pycache__/test_base.*.pyc"))

    def test_no_installed_module_may_be_the_package(self, project: Path) -> None:
        script = "import importlib.metadata; print(*importlib.metadata.packages_distributions())"
        modules = sh(f'.venv/bin/python -c "{script}"', project).stdout.split()
        possible = {name for name in modules if re.fullmatch("[a-z][a-z0-9_]*", name)}
        assert possible <= TAKEN | sys.stdlib_module_names | {PACKAGE}

    @once
    def test_a_file_that_is_not_the_locked_one_is_refused(self, project: Path, tmp_path: Path) -> None:
        lock = (project / "requirements.txt").read_text(encoding="utf-8")
        package = re.search(r"^funcy==[^\n]+\n(    --hash[^\n]+\n)+", lock, flags=re.MULTILINE)
        assert package
        (tmp_path / "right.txt").write_text(package[0])
        (tmp_path / "wrong.txt").write_text(re.sub("sha256:.{8}", "sha256:00000000", package[0]))
        install = "uv pip install --no-cache --require-hashes --python .venv --target"
        sh(f"{install} '{tmp_path}/right' -r '{tmp_path}/right.txt'", project)
        assert (tmp_path / "right/funcy/__init__.py").is_file()
        result = sh(f"{install} '{tmp_path}/wrong' -r '{tmp_path}/wrong.txt'", project, check=False)
        assert "Hash mismatch" in result.stderr
        assert not (tmp_path / "wrong/funcy").exists()

    def test_all_leaves_results_with_error_bars(self, project: Path) -> None:
        metrics = json.loads((project / "reports/metrics.json").read_text(encoding="utf-8"))
        assert set(metrics) == {"accuracy", "balanced_accuracy", "macro_f1", "log_loss"}
        for summary in metrics.values():
            assert summary["ci_low"] < summary["mean"] < summary["ci_high"]
            assert summary["std"] > 0
            assert summary["std_examples"] > 0
            assert summary["std_splits"] is None
        assert metrics["accuracy"]["mean"] > 0.9 > metrics["accuracy"]["baseline"]
        printed = sh("make all", project).stdout
        assert "didn't change, skipping" in printed or "up to date" in printed
        assert (project / "reports/metrics.md").read_text(encoding="utf-8") in printed
        assert sh("git status --porcelain", project).stdout == ""

    @once
    def test_data_and_train_run_their_stages_only(self, clone: Path, project: Path) -> None:
        (clone / ".venv").symlink_to(project / ".venv")
        source = str(clone / "src")  # the editable install is the project's
        sh("make data", clone, PYTHONPATH=source)
        assert {path.name for path in clone.glob("data/processed/split_0/*.parquet")} == {
            "calibration.parquet",
            "train.parquet",
            "validation.parquet",
            "test.parquet",
        }
        assert not list(clone.glob("models/*/model.onnx"))
        sh("make train", clone, PYTHONPATH=source)
        assert len(list(clone.glob("models/split_0/seed_*/model.onnx"))) == 5
        assert not (clone / "reports/metrics.json").exists()
        sh("make all", clone, PYTHONPATH=source)
        # Another place, the same bytes.
        assert hashes(clone) == hashes(project)

    @once
    def test_another_seed_trains_that_seed_only(self, restored: Path) -> None:
        config = restored / "configs/config.yaml"
        text = config.read_text(encoding="utf-8")
        config.write_text(
            text.replace("seeds: [0, 1, 2, 3, 4]", "seeds: [0, 1, 2, 3, 4, 5]"), encoding="utf-8"
        )
        before = hashes(restored)
        printed = sh("make all", restored).stdout
        assert re.findall(r"Running stage '(.*)'", printed) == ["train@0-5", "predict", "visualize"]
        assert "Over 6 seeds and 360 test rows" in printed
        after = hashes(restored)
        assert {path for path in after if after[path] != before.get(path)} == {
            "models/split_0/seed_5/learning_curve.csv",
            "models/split_0/seed_5/metrics.json",
            "models/split_0/seed_5/model.onnx",
            "reports/figures/evaluation.png",
            "reports/figures/importance.png",
            "reports/figures/learning_curves.png",
            "reports/figures/variation.png",
            "reports/metrics.json",
            "reports/metrics.md",
            "reports/predictions.parquet",
            "reports/served.json",
        }

    def test_a_run_alone_and_a_sweep_give_what_dvc_gave(self, project: Path) -> None:
        script = f".venv/bin/python -m {PACKAGE}.models.train_model"
        sh(f"{script} seed=3 hydra.run.dir=outputs/alone", project)
        sh(f"{script} --multirun seed=3,4 hydra.sweep.dir=multirun/sweep", project)
        for run in ("outputs/alone", "multirun/sweep/seed_3"):
            for name in ("model.onnx", "metrics.json", "learning_curve.csv"):
                usual = project / "models/split_0/seed_3" / name
                assert (project / run / name).read_bytes() == usual.read_bytes()
            resolved = yaml.safe_load((project / run / ".hydra/resolved.yaml").read_text(encoding="utf-8"))
            assert resolved["seed"] == 3
            assert resolved["paths"]["output"] == str(project / run)
            assert "validation loss" in (project / run / "train_model.log").read_text(encoding="utf-8")
        compare = ".venv/bin/python -m workbench.record.diff"
        same = sh(f"{compare} outputs/alone multirun/sweep/seed_3", project).stdout
        assert "config." not in same and "The same weights: all " in same
        other = sh(f"{compare} outputs/alone multirun/sweep/seed_4", project, check=False)
        assert other.returncode == 1
        assert re.findall(r"^\| (\S+) +\| 3 +\| 4 +\|$", other.stdout, re.MULTILINE) == ["config.seed"]
        assert re.search(r" numbers, by up to .+\n\n(\d+) of \d+ weights differ\.$", other.stdout)

    @pytest.mark.parametrize(
        ("override", "said"),
        [
            ("model.batch_size=abc", "model.batch_size: Input should be a valid integer"),
            ("model.batch_siz=3", "Allowed here: _target_, hidden_layer_sizes, "),
            ("+colour=red", "colour: neither `Config` in config.py nor the model has such a field"),
            (
                "data.split.test_fraction=1.5",
                "data.split.test_fraction: Input should be less than 1, got 1.5",
            ),
        ],
    )
    def test_a_wrong_override_is_answered_in_one_line(self, project: Path, override: str, said: str) -> None:
        result = sh(f".venv/bin/python -m {PACKAGE}.models.train_model {override}", project, check=False)
        assert result.returncode == 1
        assert said in result.stderr and override.partition("=")[0].strip("+") in result.stderr
        assert len(result.stderr.splitlines()) == 1

    @once
    def test_training_shows_its_progress_on_a_terminal(self, project: Path) -> None:
        script = f".venv/bin/python -m {PACKAGE}.models.train_model hydra.run.dir=outputs/shown"
        shown = bytearray()

        def keep(terminal: int) -> bytes:
            shown.extend(data := os.read(terminal, 1024))
            return data

        here = Path.cwd()
        os.chdir(project)
        try:
            assert pty.spawn(["sh", "-c", f"stty rows 24 columns 100 && {script}"], keep, lambda _: b"") == 0
        finally:
            os.chdir(here)
        end, value, speed = BARS[framework_of(project)]
        assert end in shown and value in shown and speed.encode() in shown
        assert speed not in sh(script, project).stderr  # nobody is there to see it

    def test_tests_pass_and_their_coverage_is_measured(self, project: Path) -> None:
        # Where coverage is measured, the tests with PyTorch take twice as long: once is enough.
        measured = framework_of(project) == "scikit-learn"
        printed = sh("make test" if measured else ".venv/bin/python -m pytest", project).stdout
        assert re.search(r"=+ \d+ passed in", printed), printed[-3000:]
        if not measured:
            return
        (covered,) = re.findall(r"^TOTAL .* (\d+)%$", printed, flags=re.MULTILINE)
        assert int(covered) >= 85

    @once
    def test_lint_finds_and_format_mends(self, restored: Path) -> None:
        sh("make lint", restored)
        module = restored / f"src/{PACKAGE}/models/metrics.py"
        right = module.read_text(encoding="utf-8")
        module.write_text("import os\n" + right.replace("error = ", "error   =  "), encoding="utf-8")
        found = sh("make lint", restored, check=False)
        assert found.returncode and "`os` imported but unused" in found.stdout
        sh("make format", restored)
        assert module.read_text(encoding="utf-8") == right

    def test_typecheck_finds_a_wrong_type(self, restored: Path) -> None:
        sh("make typecheck", restored)
        module = restored / f"src/{PACKAGE}/models/metrics.py"
        with module.open("a", encoding="utf-8") as file:
            file.write("\nbeats('rmse', 'three', 1.0)\n")
        found = sh("make typecheck", restored, check=False)
        assert found.returncode and 'incompatible type "str"' in found.stdout

    @once
    def test_docs_show_the_docstrings_and_refuse_a_broken_link(self, restored: Path) -> None:
        sh("make docs", restored)
        page = restored / f"docs/_build/api/{PACKAGE}/{PACKAGE}.models.metrics.html"
        assert "area under the ROC curve" in page.read_text(encoding="utf-8")
        with (restored / "docs/index.md").open("a", encoding="utf-8") as file:
            file.write("\n[lost](nowhere.md)\n")
        found = sh("make docs", restored, check=False)
        assert found.returncode and "nowhere.md" in found.stderr

    @once
    def test_tables_of_the_docs_fit_the_page(self, restored: Path, browser: Browser) -> None:
        """Of a phone and of a laptop."""
        sh("make docs", restored)
        beyond = "tables => tables.map(table => table.clientWidth - table.closest('article').clientWidth)"
        found = {}
        for width in (390, 1300):
            page = browser.new_page(viewport={"width": width, "height": 900})
            for path in sorted(restored.glob("docs/_build/*.html")):
                page.goto(path.as_uri())
                found[width, path.stem] = page.locator("article table.docutils").evaluate_all(beyond)
            page.close()
        assert sum(map(len, found.values())) > 40
        assert {name: widths for name, widths in found.items() if max(widths, default=0) > 0} == {}

    def test_serve_answers_with_the_models_predictions(self, project: Path) -> None:
        instances, expected = json.loads(sh(f".venv/bin/python '{PROGRAMS}/examples.py'", project).stdout)
        server = subprocess.Popen(
            ["make", "serve", "PORT=0"],
            cwd=project,
            env=clean_environment(),
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            assert server.stderr
            address = next(
                m[0] for line in server.stderr if (m := re.search(r"http://127\.0\.0\.1:\d+", line))
            )
            request = urllib.request.Request(
                f"{address}/predict",
                json.dumps({"instances": instances}).encode(),
                {"Content-Type": "application/json"},
            )
            with urllib.request.urlopen(request) as answer:
                assert [str(label) for label in json.load(answer)["predictions"]] == expected
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.communicate()

    @once
    def test_lock_keeps_what_fits_and_adds_what_is_asked_for(self, restored: Path) -> None:
        locks = {path: path.read_bytes() for path in restored.glob("requirements*.txt")}
        sh("make lock", restored)
        assert {path: path.read_bytes() for path in locks} == locks
        pyproject = restored / "pyproject.toml"
        text = pyproject.read_text(encoding="utf-8")
        pyproject.write_text(
            text.replace('"tabulate>=0.9",', '"tabulate>=0.9",\n  "iniconfig>=2",'), encoding="utf-8"
        )
        found = sh(".venv/bin/python -m pytest -q tests/test_lock.py", restored, check=False)
        assert "['iniconfig>=2'] == []" in found.stdout
        sh("make lock", restored)
        assert "iniconfig" in pins(restored / "requirements.txt")
        sh(".venv/bin/python -m pytest -q tests/test_lock.py", restored)

    @once
    @pytest.mark.parametrize(
        ("extras", "said"),
        [
            ("ssh nowhere", "Requested extra not found: nowhere"),
            ("one two", "depends on humanize==4.10 and humanize==4.11"),
        ],
    )
    def test_extras_that_cannot_be_had(self, restored: Path, extras: str, said: str) -> None:
        pyproject = restored / "pyproject.toml"
        table = '[project.optional-dependencies]\none = ["humanize==4.10"]\ntwo = ["humanize==4.11"]\n'
        text = pyproject.read_text(encoding="utf-8")
        pyproject.write_text(text.replace("[project.optional-dependencies]\n", table), encoding="utf-8")
        failed = sh(f"make setup EXTRAS='{extras}'", restored, check=False)
        assert failed.returncode and said in failed.stderr
        advice = r"^EXTRAS: choose from (.*); extras that need different versions of a package conflict\.$"
        (known,) = re.findall(advice, failed.stderr, re.MULTILINE)
        declared = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
        assert known.split() == list(declared["optional-dependencies"])
        assert sh("git status --porcelain", restored).stdout.strip() == "M pyproject.toml"

    @once
    def test_clean_removes_caches_only(self, project: Path) -> None:
        sh("make test -n >/dev/null; mkdir -p .ruff_cache docs/_build src/__pycache__", project)
        sh("make clean", project)
        assert not [
            name for name in (".ruff_cache", "docs/_build", "src/__pycache__") if (project / name).exists()
        ]
        assert (project / ".venv/bin/python").exists()
        assert (project / "models/split_0/seed_0/model.onnx").is_file()
        assert sh(".venv/bin/dvc status", project).stdout.strip() == "Data and pipelines are up to date."

    @once
    def test_help_lists_every_target(self, project: Path) -> None:
        """Below its heading, in a line of a terminal of 80 columns."""
        lines = sh("make", project).stdout.splitlines()
        headings = [line for line in lines if not line.startswith(" ")]
        assert headings == ["Start", "Explore", "Prove", "Serve", "Keep"]
        makefile = (project / "Makefile").read_text(encoding="utf-8")
        listed = {line.split()[0] for line in lines if line not in headings}
        assert listed == set(re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE))
        assert max(map(len, lines)) <= 80


@in_project
class TestReadme:
    """The commands of the generated README, as printed."""

    @once
    def test_the_shell_blocks_run(self, restored: Path) -> None:
        text = (restored / "README.md").read_text(encoding="utf-8")
        start, *others = re.findall(r"```shell\n(.*?)```", text, flags=re.DOTALL)
        assert "make setup" in start
        sh(
            "git rm -q --cached dvc.lock && git commit -qm 'Forget the results'", restored
        )  # so that there is something to commit, as on the first day
        sh(start, restored)
        for block in others:
            if not re.search("make (reproduce|use)", block):  # they have tests of their own
                sh(block, restored)
        assert list(restored.glob("outputs/train_model/*/model.onnx"))
        assert len(list(restored.glob("multirun/train_model/*/*/model.onnx"))) >= 10
        assert sh("git status --porcelain", restored).stdout == ""
        sh(
            f".venv/bin/dvc exp apply {sh('.venv/bin/dvc exp list --name-only', restored).stdout.split()[0]}",
            restored,
        )
        stages = yaml.safe_load((restored / "dvc.lock").read_text(encoding="utf-8"))["stages"]
        assert stages["train@0-2"]["params"]["configs/model/mlp.yaml"]["hidden_layer_sizes"] == [128]
        assert stages["predict"]["params"]["configs/config.yaml"]["seeds"] == [0, 1, 2]
        sh("git reset -q --hard HEAD~2", restored)

    @once
    @pytest.mark.exhaustive
    def test_the_commands_for_systems_without_make_run(self, restored: Path) -> None:
        text = (restored / "docs/without_make.md").read_text(encoding="utf-8")
        table = dict(re.findall(r"^\| `make (\w+)` \| (.+) \|$", text, flags=re.MULTILINE))
        commands = {target: re.findall(r"`([^`]+)`", cell) for target, cell in table.items()}
        targets = set(
            re.findall(r"^([a-z]+):", (restored / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
        )
        assert commands.keys() == targets - {"help"}
        # What the Makefile runs, other tests run; here the rest.
        planned = {target: sh(f"make --dry-run {target}", restored).stdout for target in commands}
        written = {line.lstrip("@ \t") for lines in planned.values() for line in lines.splitlines()}
        own = [
            c
            for target in sorted(commands)
            for c in commands[target]
            if not any(line.endswith(c) for line in written)
        ]
        assert {command.split()[0] for command in own} == {"python", "dvc", "docker", "uv"}
        for command in own:  # installing, building, `make use` and `make predict` have tests of their own
            if not re.search("pip install|^docker|intake|predict_rows", command):
                sh(command, restored, PATH=path_of(restored))
        assert sh("git status --porcelain", restored).stdout == ""

    @once
    def test_new_rows_are_predicted(self, penguins: Path, tmp_path: Path) -> None:
        """`make predict`, and the command for systems without make."""
        lines = (penguins / "data/external/penguins/penguins.csv").read_text().splitlines()
        new = tmp_path / "new.csv"
        new.write_text("\n".join([*lines[:100], lines[100].replace("Dream", "Bornholm")]) + "\n")
        refused = sh(f"make predict DATA={new} OUT={tmp_path}/out.csv", penguins, check=False)
        assert (
            "column island is not one of Biscoe, Dream, Torgersen in 1 row (first in row 100"
            in refused.stderr
        )
        assert not (tmp_path / "out.csv").exists()
        sh(f"make predict DATA={new} OUT={tmp_path}/out.csv SKIP=1", penguins)
        head, *rows = csv.reader((tmp_path / "out.csv").read_text().splitlines())
        assert len(rows) == 99
        place, column = head.index("species"), head.index("predicted")
        assert sum(row[place] == row[column] for row in rows) > 90
        text = (penguins / "docs/without_make.md").read_text(encoding="utf-8")
        (command,) = re.findall(r"^\| `make predict` \| `(.+)` \|$", text, flags=re.MULTILINE)
        (tmp_path / "new.csv").write_text("\n".join(lines[:100]) + "\n")
        command = command.replace("new.csv", f"{tmp_path}/new.csv").replace("predictions", f"{tmp_path}/two")
        sh(command, penguins, PATH=path_of(penguins))
        assert (tmp_path / "two.csv").read_text() == (tmp_path / "out.csv").read_text()

    @once
    def test_a_table_of_ones_own(self, restored: Path) -> None:
        """The two commands of "Your own data", and the one for systems without make."""
        text = (restored / "README.md").read_text(encoding="utf-8")
        (block,) = [b for b in re.findall(r"```shell\n(.*?)```", text, flags=re.DOTALL) if "make use" in b]
        text = (restored / "docs/without_make.md").read_text(encoding="utf-8")
        (command,) = re.findall(r"^\| `make use` \| `(.+)` \|$", text, flags=re.MULTILINE)
        sizes = [row * 37 % 100 for row in range(150)]
        rows = ["size,column", *(f"{size},{'large' if size > 60 else 'small'}" for size in sizes)]
        (restored / "table.csv").write_text("\n".join(rows) + "\n")
        drafts = [restored / "configs/data/table.yaml", restored / "references/table.md"]
        sh(command, restored, PATH=path_of(restored))
        texts = [path.read_text(encoding="utf-8") for path in drafts]
        for path in drafts:
            path.unlink()
        printed = sh(block, restored).stdout
        assert [path.read_text(encoding="utf-8") for path in drafts] == texts
        decided = {row.split("|")[1].strip(): row for row in printed.splitlines() if row.startswith("| ")}
        assert "| number " in decided["size"] and "| target " in decided["column"]
        metrics = json.loads((restored / "reports/metrics.json").read_text(encoding="utf-8"))
        assert metrics["accuracy"]["mean"] > 0.9 > metrics["accuracy"]["baseline"]

    @once
    @pytest.mark.exhaustive
    def test_a_model_and_a_data_set_of_ones_own(self, restored: Path) -> None:
        """As "Your own model" and "Your own data" say: a module and a configuration each."""
        source = restored / "src" / PACKAGE
        framework = framework_of(restored)
        shutil.copyfile(PROGRAMS / f"models/{framework}.py", source / "models/estimators/mine.py")
        shutil.copyfile(PROGRAMS / "wine.py", source / "data/mine.py")
        values = {"_target_": f"{PACKAGE}.models.estimators.mine.Mine", **VALUES[framework]}
        (restored / "configs/model/mine.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
        external = restored / "data/external/mine"
        external.mkdir()
        write = f"import {PACKAGE}.data.mine as m; m.load().write_csv('{external}/wine.csv')"
        sh(f'.venv/bin/python -c "{write}"', restored)
        names = (external / "wine.csv").read_text().partition("\n")[0].split(",")[:-1]
        mine = {
            "name": "mine",
            "source": "data/external/mine/wine.csv",
            "columns": {name: {"kind": "number"} for name in names},
            "target": {"column": "cultivar", "kind": "category"},
        }
        (restored / "configs/data/mine.yaml").write_text(yaml.safe_dump(mine), encoding="utf-8")
        sh(".venv/bin/dvc add -q data/external/mine/wine.csv", restored)
        sh(f".venv/bin/python -m {PACKAGE}.models.train_model model=mine", restored)
        tested = sh(".venv/bin/python -m pytest -v -k 'mine'", restored).stdout
        for table in ("kinds", "number"):
            assert f"test_every_model_learns_and_repeats[mine-{table}] PASSED" in tested
        assert "test_every_option_composes[data=mine] PASSED" in tested
        config = restored / "configs/config.yaml"
        text = (
            config.read_text(encoding="utf-8")
            .replace("data: digits", "data: mine")
            .replace("model: mlp", "model: mine")
        )
        config.write_text(text, encoding="utf-8")
        sh("make all", restored)
        metrics = json.loads((restored / "reports/metrics.json").read_text())
        assert metrics["accuracy"]["mean"] > 0.9
        assert (restored / "data/raw/mine.parquet").is_file()
        splits = (restored / "data/processed/split_0/splits.md").read_text()
        assert "The random split of mine, number 0:" in splits
        sh(
            ".venv/bin/python -m pytest -q -x tests/test_config.py tests/test_data.py tests/test_predict.py",
            restored,
        )


@once
@in_project
class TestEditors:
    """What VS Code and PyCharm are told in files that the repository keeps."""

    def test_vs_code_runs_what_its_launch_file_names(self, restored: Path) -> None:
        root = "${workspaceFolder}"
        launch = json.loads((restored / ".vscode/launch.json").read_text(encoding="utf-8"))
        (stages,) = launch["inputs"]
        commands = (restored / "dvc.yaml").read_text(encoding="utf-8")
        assert stages["options"] == re.findall(rf"python -m ({PACKAGE}\.\S+)", commands)
        stage, *others = launch["configurations"]
        assert stage["module"] == f"${{input:{stages['id']}}}"
        stage["module"] = stages["default"]
        opened = {"${file}": str(restored / "tests/test_metrics.py"), root: str(restored)}
        settings = json.loads((restored / ".vscode/settings.json").read_text(encoding="utf-8"))
        python = settings["python.defaultInterpreterPath"].replace(root, str(restored))
        for each in (stage, *others):
            arguments = [opened.get(argument, argument) for argument in each.get("args", [])]
            environment = {name: value.replace(root, str(restored)) for name, value in each["env"].items()}
            sh(
                shlex.join([python, "-m", each["module"], *arguments]),
                Path(opened[each["cwd"]]),
                **environment,
            )
        assert len(list(restored.glob("outputs/train_model/*/model.onnx"))) >= 2

    def test_pycharm_runs_what_its_files_name(self, restored: Path) -> None:
        ran = {}
        for file in restored.glob(".run/*.run.xml"):
            text = file.read_text(encoding="utf-8").replace("$PROJECT_DIR$", str(restored))
            configuration = ElementTree.fromstring(text)[0]
            options = {
                option.get("name"): str(option.get("value")) for option in configuration.iter("option")
            }
            environment = {str(env.get("name")): str(env.get("value")) for env in configuration.iter("env")}
            if configuration.get("factoryName") == "py.test":
                assert json.loads(options["_new_targetType"]) == "PATH"
                arguments = ["pytest", "--collect-only", "-q", json.loads(options["_new_target"])]
            else:
                arguments = [options["SCRIPT_NAME"], *shlex.split(options["PARAMETERS"])]
            command = shlex.join([options["SDK_HOME"], "-m", *arguments])
            ran[file.name] = sh(command, Path(options["WORKING_DIRECTORY"]), **environment).stdout
        assert "tests collected" in ran["Tests.run.xml"]
        assert "validation loss" in ran["Train.run.xml"]

    def test_the_container_opens_with_the_recommended_extensions(self, project: Path) -> None:
        container = json.loads((project / ".devcontainer/devcontainer.json").read_text(encoding="utf-8"))
        recommended = json.loads((project / ".vscode/extensions.json").read_text(encoding="utf-8"))
        assert container["customizations"]["vscode"]["extensions"] == recommended["recommendations"]


@once
@in_project
@pytest.mark.exhaustive  # test_judges.py looks at the style of such a project
@pytest.mark.parametrize("kind", TEXTS)
def test_docs_and_checks_of_a_project_with_hard_answers(project: Path, tmp_path: Path, kind: str) -> None:
    """Whatever the texts are, the package imports, the documentation builds, and the style is right."""
    text = TEXTS[kind]
    answers = {"project_name": text, "project_slug": "hard", "description": text}
    answers["author_name"] = re.sub("[<>]", "", text)
    hard = Path(cookiecutter(str(ROOT), no_input=True, output_dir=str(tmp_path), extra_context=answers))
    environment = {"PATH": path_of(project), "PYTHONPATH": str(hard / "src")}
    sh(
        "python -m sphinx --fail-on-warning -q docs docs/_build && ruff check && ruff format --check",
        hard,
        **environment,
    )
    assert (hard / "docs/_build/api/hard/hard.models.metrics.html").is_file()
    sh(
        "python -m hard.data.make_dataset paths.output=data/raw && test -s data/raw/digits.parquet",
        hard,
        **environment,
    )


@once
@in_project
class TestDvc:
    """The DVC repository that the hook leaves."""

    def generate(self, project: Path, folder: Path, **answers: str) -> Path:
        """Generate with the project's `dvc` on the PATH."""
        given = " ".join(f"'{question}={answer}'" for question, answer in answers.items())
        sh(f"cookiecutter '{ROOT}' --no-input {given}", folder, PATH=path_of(project))
        return folder / "my-ml-project"

    def test_it_is_what_dvc_makes(self, project: Path, tmp_path: Path) -> None:
        sh(
            "git init -q && dvc init -q && dvc remote add -d storage ../store",
            tmp_path,
            PATH=path_of(project),
        )
        other = self.generate(project, tmp_path, dvc_remote="../store")
        for name in (".dvc/config", ".dvc/.gitignore"):
            assert (other / name).read_bytes() == (tmp_path / name).read_bytes()

    @pytest.mark.exhaustive
    def test_the_client_of_a_remote_is_installed_and_pinned(self, project: Path, tmp_path: Path) -> None:
        other = self.generate(project, tmp_path, dvc_remote="s3://bucket/x")
        sh("make setup", other)
        lock = pins(other / "requirements-extras.txt")
        assert lock.items() >= {("dvc", pins(other / "requirements.txt")["dvc"])}
        versions = installed(sh("uv pip list --format json", other).stdout)
        assert {name: versions.get(name) for name in lock} == lock
        assert "dvc-s3" in lock
        said = sh(".venv/bin/dvc pull -v models/split_0/seed_0/model.onnx", other, check=False).stderr
        assert "dvc_s3" not in said and "dvc[s3]" not in said

    def test_results_travel_by_the_remote(self, restored: Path, tmp_path: Path) -> None:
        other = self.generate(restored, tmp_path, dvc_remote=str(tmp_path / "store"))
        shutil.copy(other / ".dvc/config", restored / ".dvc/config")
        sh("dvc push -q && git commit -qam 'Set the remote'", restored, PATH=path_of(restored))
        sh(f"git clone -q '{restored}' clone && cd clone && dvc pull -q", tmp_path, PATH=path_of(restored))
        pulled = tmp_path / "clone/models/split_0/seed_0/model.onnx"
        assert pulled.read_bytes() == (restored / "models/split_0/seed_0/model.onnx").read_bytes()
        sh("git reset -q --hard HEAD~1", restored)


@once
@in_project
class TestNotebooks:
    """What pre-commit does to notebooks."""

    def test_outputs_are_stripped_before_a_commit(self, restored: Path) -> None:
        (notebook,) = restored.glob("notebooks/*.ipynb")
        clean = notebook.read_text(encoding="utf-8")
        content = json.loads(clean)
        cell = next(cell for cell in content["cells"] if cell["cell_type"] == "code")
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["secret"]}]
        notebook.write_text(json.dumps(content, indent=1), encoding="utf-8")
        hooks = yaml.safe_load((restored / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
        local = [repo for repo in hooks["repos"] if repo["repo"] == "local"]
        (restored / "local.yaml").write_text(yaml.safe_dump({"repos": local}))
        sh(f"git add '{notebook}'", restored)
        result = sh(
            "pre-commit run --config local.yaml nbstripout --files notebooks/*",
            restored,
            check=False,
            PATH=path_of(restored),
        )
        assert "Failed" in result.stdout  # it changed the file, so the commit stops
        assert json.loads(notebook.read_text(encoding="utf-8")) == json.loads(clean)

    @once
    def test_every_hook_passes_after_the_pipeline(self, project: Path, tmp_path: Path) -> None:
        """The hooks of other repositories cannot be fetched here: their programs come from packages."""
        sh("uv venv -q env && VIRTUAL_ENV=env uv pip install -q pre-commit-hooks", tmp_path)
        config = yaml.safe_load((project / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
        hooks = [hook for repo in config["repos"] for hook in repo["hooks"]]
        assert {hook["id"] for hook in hooks} == HOOKS.keys()
        for hook in hooks:
            language, entry, types = HOOKS[hook["id"]]
            hook |= {"name": hook["id"], "language": language, "entry": entry, "types": types}
        local = {**config, "repos": [{"repo": "local", "hooks": hooks}]}
        (tmp_path / "hooks.yaml").write_text(yaml.safe_dump(local), encoding="utf-8")
        path = os.pathsep.join([str(tmp_path / "env/bin"), path_of(project)])
        sh(f"git clone -q '{project}' clone", tmp_path)
        run = f"pre-commit run --all-files --config '{tmp_path}/hooks.yaml'"
        done = sh(run, tmp_path / "clone", check=False, PATH=path)
        assert done.returncode == 0, done.stdout
        assert sh("git status --porcelain", tmp_path / "clone").stdout == ""
        # Seen to work: a fixer finds a fault in what a person writes.
        with (tmp_path / "clone/README.md").open("a", encoding="utf-8") as file:
            file.write("a space \n")
        assert "trailing-whitespace" in sh(run, tmp_path / "clone", check=False, PATH=path).stdout

    def test_pre_commit_and_the_lock_have_the_same_ruff(self, project: Path) -> None:
        hooks = yaml.safe_load((project / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
        (ruff,) = [repo["rev"] for repo in hooks["repos"] if repo["repo"].endswith("ruff-pre-commit")]
        assert ruff == "v" + pins(project / "requirements-dev.txt")["ruff"]


def run_lines(project: Path, job: str) -> list[str]:
    """The commands of a job of the project's CI."""
    workflow = yaml.safe_load((project / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    return [step["run"] for step in workflow["jobs"][job]["steps"] if "run" in step]


@pytest.fixture(params=CHOICES["framework"])
def first_commit(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The default project of a framework as it is generated, without an environment."""
    return generate_default(request.param, tmp_path)


def as_here(command: str) -> str:
    """A command, which takes torch from the folder of wheels where there is one."""
    return command.replace("--torch-backend cpu ", "") if "UV_FIND_LINKS" in clean_environment() else command


class TestContinuousIntegration:
    """The `run:` lines of the project's workflow, on its first commit."""

    def run_job(self, project: Path, job: str, python: str | None = None) -> str:
        """Run a job; `python` stands for the environment that setup-uv makes and activates."""
        environment = {"GITHUB_STEP_SUMMARY": f"{project}.md", "COLUMNS": "200"}
        if python:
            sh(f"uv venv -q --python '{find_python(python)}'", project)
            environment |= {"PATH": path_of(project), "VIRTUAL_ENV": str(project / ".venv")}
        else:  # `make setup` has been run
            environment |= {"PYTHONPATH": str(project / "src")}
        lines = [line for line in run_lines(project, job) if python or line != "make setup"]
        return "\n".join(sh(as_here(line), project, **environment).stdout for line in lines)

    @once
    @pytest.mark.exhaustive  # lint, types and docs have tests of their own
    @apart
    def test_checks(self, fresh: Path, tmp_path: Path) -> None:
        project = clone_project(fresh, tmp_path / "project")
        printed = self.run_job(project, "checks")
        assert "All checks passed!" in printed
        assert "Success: no issues found" in printed
        assert (project / "docs/_build/index.html").is_file()

    @pytest.mark.exhaustive  # what it runs, test_reproducibility.py runs by the README's lines
    @once
    @apart
    def test_reproduce(self, fresh: Path, tmp_path: Path) -> None:
        project = clone_project(fresh, tmp_path / "project")
        self.run_job(project, "reproduce")
        summary = Path(f"{project}.md").read_text(encoding="utf-8")
        rows = re.findall(r"^\| \S+ +\| (\S+) +\| identical bytes \|$", summary, re.MULTILINE)
        assert set(rows) == hashes(project).keys()
        assert f"all {len(rows)} outputs are the same bytes" in summary
        assert summary.endswith((project / "reports/metrics.md").read_text(encoding="utf-8"))

    @pytest.mark.exhaustive
    @pytest.mark.parametrize("version", ["3.13", "3.14"])  # 3.12: the project's; 3.11: `lowest`
    def test_tests(self, first_commit: Path, version: str) -> None:
        wheels = [path.name for path in Path(os.environ.get("PIP_FIND_LINKS", "")).glob("torch-*.whl")]
        here = any(f"-cp{version.replace('.', '')}-" in name for name in wheels)
        if framework_of(first_commit) == "pytorch-lightning" and wheels and not here:
            pytest.skip(f"no build of torch for Python {version} is to be had here")
        printed = self.run_job(first_commit, "tests", version)
        assert re.search(r"=+ \d+ passed in", printed)
        assert f"python {version}." in printed

    @pytest.mark.exhaustive
    def test_lowest(self, first_commit: Path) -> None:
        printed = self.run_job(first_commit, "lowest", "3.11")
        assert re.search(r"=+ \d+ passed in", printed)
        declared = tomllib.loads((first_commit / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        lowest = dict(re.split(">=|,", item)[:2] for item in declared["dependencies"])
        listed = installed(sh("uv pip list --format json", first_commit).stdout)
        versions = {name: version.partition("+")[0] for name, version in listed.items()}
        assert {name for name in lowest if not (versions[name] + ".").startswith(lowest[name] + ".")} == set()


class TestInstallers:
    """The same lock, by the tools that people already have."""

    @pytest.mark.exhaustive
    def test_tox(self, first_commit: Path) -> None:
        settings = first_commit / "tox.ini"
        changed = as_here(settings.read_text(encoding="utf-8"))
        settings.write_text(changed.replace("[testenv]", "[testenv]\npass_env = UV_*", 1), encoding="utf-8")
        printed = sh("tox run -e typecheck", first_commit, PIP_NO_COMPILE="1").stdout
        assert "Success: no issues found" in printed
        assert (first_commit / ".tox/typecheck/bin/pytest").is_file()

    @pytest.mark.exhaustive
    def test_pipenv(self, first_commit: Path) -> None:
        python = find_python(PYTHONS[framework_of(first_commit)])
        sh(
            f"pipenv install -q --python '{python}' -r requirements-serve.txt",
            first_commit,
            PIPENV_VENV_IN_PROJECT="1",
            PIPENV_IGNORE_VIRTUALENVS="1",
            PIP_NO_COMPILE="1",
        )
        versions = installed(sh("uv pip list --format json", first_commit).stdout)
        lock = pins(first_commit / "requirements-serve.txt")
        assert {name: versions.get(name) for name in lock} == lock

    def test_conda_gets_the_same_python_and_lock(self, first_commit: Path) -> None:
        environment = yaml.safe_load((first_commit / "environment.yml").read_text(encoding="utf-8"))
        python, *others = environment["dependencies"]
        assert python == "python=" + (first_commit / ".python-version").read_text(encoding="utf-8").strip()
        by_pip = ["pip", {"pip": ["-r requirements-dev.txt"]}]
        assert others == (["uv"] if framework_of(first_commit) == "pytorch-lightning" else by_pip)
        # What its head says to run then is what `make setup` runs.
        head = (first_commit / "environment.yml").read_text(encoding="utf-8")
        written = re.findall(r"^#   (?:uv )?pip install (.+)$", head, re.MULTILINE)
        planned = sh("make --dry-run setup ACCELERATOR=cpu", first_commit).stdout
        assert written and all(command in planned for command in written)


@pytest.mark.parametrize("installer", ["uv", pytest.param("pip", marks=pytest.mark.exhaustive)])
def test_make_demo_in_a_plain_clone_prints_what_the_tutorial_shows(tmp_path: Path, installer: str) -> None:
    """From nothing but git, make and Python to the metrics, which are those that the tutorial shows."""
    sh(f"git clone -q '{ROOT}' clone", tmp_path)
    # This repository's own packages are installed already, by the `make` that runs these tests.
    sh(f"ln -s '{sys.prefix}' .venv && touch .venv/installed", tmp_path / "clone")
    demo = "make demo UV=" if installer == "pip" else "make demo"
    printed = sh(demo, tmp_path / "clone", PIP_NO_COMPILE="1").stdout
    rows = re.compile(r"^\| (\w+) +\| ([\d.]+) +\| ([\d.]+) +\|", flags=re.MULTILINE)
    shown = rows.findall((ROOT / "docs/tutorial/digits.txt").read_text(encoding="utf-8"))
    found = {name: (float(mean), float(std)) for name, mean, std in rows.findall(printed)}
    assert (
        found.keys()
        == {name for name, *_ in shown}
        == {"accuracy", "balanced_accuracy", "macro_f1", "log_loss"}
    )
    for name, mean, std in shown:
        # Another processor may round the last digits differently.
        assert found[name] == pytest.approx((float(mean), float(std)), abs=0.003)
    project = tmp_path / "clone/build/my-ml-project"
    versions = installed(sh("uv pip list --format json", project).stdout)
    lock = pins(project / "requirements-dev.txt")
    assert {name for name in versions if lock.get(name) != versions[name]} <= {"my-ml-project", "pip"}
    assert lock.keys() <= versions.keys()
    # pyenv, like uv, reads the version from .python-version.
    version = sh(".venv/bin/python --version", project).stdout.split()[1]
    if shutil.which("python3.12") or shutil.which("pyenv"):
        assert version.startswith((project / ".python-version").read_text(encoding="utf-8").strip() + ".")
