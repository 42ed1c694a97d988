"""Real problems by YAML alone: each file as a package ships it, through the pipeline, tests and the check."""

import csv
import json
import runpy
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from support import IN, apart, clone_project, commit_results, hashes, once, path_of, replace, sh
from test_serving import TestDocument as Document
from test_serving import serve

pytestmark = [pytest.mark.slow, apart, once]


class Problem(NamedTuple):
    """A file of a package, what `configs/data/` says of it, and what the model has to be better in."""

    package: str
    file: str
    rules: str
    better: list[str]
    class_weight: str = "null"


PROBLEMS = {
    # Names with brackets, sentences, dates, gaps in the target, and birds that were measured twice
    "penguins_raw": Problem(
        "palmerpenguins==0.1.6",
        "palmerpenguins/data/penguins-raw.csv",
        """
        columns:
          studyName: {kind: category}
          Sample Number: {kind: ignored}
          Species: {kind: category}
          Region: {kind: category, values: [Anvers]}
          Island: {kind: category}
          Stage: {kind: ignored}
          Individual ID: {kind: category}
          Clutch Completion: {kind: category, values: ["Yes", "No"]}
          Date Egg: {kind: time}
          Culmen Length (mm): {kind: number, minimum: 20, maximum: 70, missing: true}
          Culmen Depth (mm): {kind: number, minimum: 10, maximum: 30, missing: true}
          Flipper Length (mm): {kind: number, missing: true}
          Body Mass (g): {kind: number, missing: true}
          Delta 15 N (o/oo): {kind: number, missing: true}
          Delta 13 C (o/oo): {kind: number, missing: true}
          Comments: {kind: text, missing: true}
        target: {column: Sex, kind: category, values: [MALE, FEMALE], missing: drop}
        split: {kind: group, by: Individual ID}
        """,
        ["accuracy", "balanced_accuracy", "macro_f1", "log_loss"],
    ),
    # Whether hormones were given, which half as many patients got: a word that YAML reads as true
    "breast_cancer": Problem(
        "lifelines==0.30.3",
        "lifelines/datasets/gbsg2.csv",
        """
        columns:
          age: {kind: number, minimum: 18, maximum: 100}
          menostat: {kind: category, values: [Pre, Post]}
          tsize: {kind: number, minimum: 0}
          tgrade: {kind: category, values: [I, II, III]}
          pnodes: {kind: number, minimum: 0}
          progrec: {kind: number, minimum: 0}
          estrec: {kind: number, minimum: 0}
          time: {kind: number}
          cens: {kind: category, values: [0, 1]}
        target: {column: horTh, kind: category, positive: yes}
        """,
        ["balanced_accuracy", "macro_f1", "log_loss", "roc_auc", "average_precision"],
    ),
    # One in six has died
    "kidney": Problem(
        "lifelines==0.30.3",
        "lifelines/datasets/kidney_transplant.csv",
        """
        columns:
          time: {kind: number, minimum: 0}
          age: {kind: number, minimum: 0}
          black_male: {kind: number}
          white_male: {kind: number}
          black_female: {kind: number}
        target: {column: death, kind: category, positive: 1, threshold: 0.4}
        """,
        ["balanced_accuracy", "macro_f1", "roc_auc", "average_precision"],
        class_weight="balanced",
    ),
    # A compressed file, in which rows repeat
    "tips": Problem(
        "plotly==6.5.0",
        "plotly/package_data/datasets/tips.csv.gz",
        """
        columns:
          total_bill: {kind: number, minimum: 0}
          sex: {kind: category}
          smoker: {kind: category, values: ["Yes", "No"]}
          day: {kind: category}
          time: {kind: category}
          size: {kind: number, minimum: 1}
        target: {column: tip, kind: number, minimum: 0}
        """,
        ["rmse", "mae", "r2"],
    ),
    # Sentences: which language a joke is in
    "jokes": Problem(
        "pyjokes==0.8.3",
        "pyjokes/jokes.csv",
        """
        columns:
          joke: {kind: text}
        target: {column: language, kind: category, values: [de, en, it, pl]}
        """,
        ["accuracy", "balanced_accuracy", "macro_f1", "log_loss"],
    ),
    # Economic figures of 203 quarters: learnt from the past, tested on the years after
    "macrodata": Problem(
        "statsmodels==0.15.0",
        "statsmodels/datasets/macrodata/macrodata.csv",
        """
        columns:
          year: {kind: number}
          quarter: {kind: number, minimum: 1, maximum: 4}
          realgdp: {kind: number}
          realinv: {kind: number}
          realgovt: {kind: number}
          realdpi: {kind: number}
          cpi: {kind: number}
          m1: {kind: number}
          tbilrate: {kind: number}
          unemp: {kind: number}
          pop: {kind: number}
          infl: {kind: number}
          realint: {kind: number}
        target: {column: realcons, kind: number}
        split: {kind: time, by: [year, quarter]}
        """,
        ["rmse", "mae", "r2"],
    ),
    # Four visits of each patient, and the row names that R writes
    "seizures": Problem(
        "statsmodels==0.15.0",
        "statsmodels/genmod/tests/results/epil.csv",
        """
        columns:
          "": {kind: ignored}
          trt: {kind: category, values: [placebo, progabide]}
          base: {kind: number, minimum: 0}
          age: {kind: number, minimum: 0}
          V4: {kind: category, values: [0, 1]}
          subject: {kind: category}
          period: {kind: number}
          lbase: {kind: ignored}
          lage: {kind: ignored}
        target: {column: y, kind: number, minimum: 0}
        split: {kind: group, by: subject}
        """,
        ["rmse", "mae", "r2"],
    ),
    # Four rows for each traveller, with semicolons between the values
    "travel": Problem(
        "statsmodels==0.15.0",
        "statsmodels/datasets/modechoice/modechoice.csv",
        """
        separator: ;
        columns:
          individual: {kind: category}
          mode: {kind: category, values: [1, 2, 3, 4]}
          ttme: {kind: number}
          invc: {kind: number}
          invt: {kind: number}
          gc: {kind: number}
          hinc: {kind: number}
          psize: {kind: number}
        target: {column: choice, kind: category, values: [0, 1], positive: 1}
        split: {kind: group, by: individual}
        """,
        ["balanced_accuracy", "macro_f1", "log_loss", "average_precision"],
    ),
    # Days, in a format of their own
    "weather": Problem(
        "vega_datasets==0.9.0",
        "vega_datasets/_data/seattle-weather.csv",
        """
        columns:
          date: {kind: time, format: "%Y/%m/%d"}
          precipitation: {kind: number, minimum: 0}
          temp_min: {kind: number}
          wind: {kind: number, minimum: 0}
          weather: {kind: category}
        target: {column: temp_max, kind: number}
        split: {kind: time, by: date}
        n_rows: 1461
        repeats: refuse
        """,
        ["rmse", "mae", "r2"],
    ),
}
METRICS = {  # in place of those that the template reports
    "classification": "[accuracy, balanced_accuracy, macro_f1, log_loss, roc_auc, average_precision]",
    "regression": "[rmse, mae, r2]",
}
FIRST = "penguins_raw"  # the others take minutes
SPLIT = [name for name, problem in PROBLEMS.items() if "by: " in problem.rules]


def mark(names: Iterable[str]) -> list[Any]:
    """Leave all but the first to `make test-all`."""
    return [name if name == FIRST else pytest.param(name, marks=pytest.mark.exhaustive) for name in names]


def write_jokes(package: Path) -> None:
    """Write the jokes of a module for each language as a table; some have several lines."""
    with (package / "jokes.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["joke", "language"])
        for language in ("de", "en", "it", "pl"):
            jokes = runpy.run_path(str(package / f"jokes_{language}.py"))[f"jokes_{language}"]["all"]
            writer.writerows([joke, language] for joke in jokes)


@pytest.fixture(scope="session")
def fetch(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A function that installs a package, without what it needs to be imported, and gives the folder."""
    folders: dict[str, Path] = {}

    def fetch(package: str) -> Path:
        if package not in folders:
            folder = folders[package] = tmp_path_factory.mktemp("package")
            sh(f"uv pip install -q --no-deps --no-build --target '{folder}' '{package}'", folder)
            if package.startswith("pyjokes"):
                write_jokes(folder / "pyjokes")
        return folders[package]

    return fetch


@pytest.fixture(scope="session")
def make_project(
    fresh: Path, fetch: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """A function that gives a project with a problem of these, its results committed."""
    projects: dict[str, Path] = {}

    def make(name: str) -> Path:
        if name in projects:
            return projects[name]
        problem = PROBLEMS[name]
        path = projects[name] = clone_project(fresh, tmp_path_factory.mktemp(name) / "project")
        source = f"data/external/{name}/{Path(problem.file).name}"
        (path / source).parent.mkdir()
        shutil.copyfile(fetch(problem.package) / problem.file, path / source)
        rules = {"name": name, "source": source, **yaml.safe_load(problem.rules)}
        text = yaml.safe_dump(rules, sort_keys=False, allow_unicode=True)
        (path / f"configs/data/{name}.yaml").write_text(text, encoding="utf-8")
        config = path / "configs/config.yaml"
        replace(config, r"- data: \w+", f"- data: {name}")
        replace(config, r"seeds: .*", "seeds: [0, 1]")
        for task, metrics in METRICS.items():
            replace(config, rf"{task}: \[.*\]", f"{task}: {metrics}")
        replace(
            path / "configs/model/mlp.yaml", r"class_weight: null", f"class_weight: {problem.class_weight}"
        )
        sh(f"{IN} dvc add -q {source}", path)
        commit_results(path)
        return path

    return make


@pytest.mark.parametrize("name", mark(PROBLEMS))
class TestProblem:
    """A problem of somebody's own, whose code stays as it is generated."""

    def test_the_model_beats_the_trivial_one(self, make_project: Callable[[str], Path], name: str) -> None:
        metrics = json.loads((make_project(name) / "reports/metrics.json").read_text(encoding="utf-8"))
        for metric in PROBLEMS[name].better:
            mean, baseline = metrics[metric]["mean"], metrics[metric]["baseline"]
            lower = metric in ("log_loss", "rmse", "mae")
            assert mean < baseline if lower else mean > baseline, (metric, mean, baseline)

    def test_its_own_tests_pass(self, make_project: Callable[[str], Path], name: str) -> None:
        path = make_project(name)
        sh("python -m pytest -q -x", path, PATH=path_of(path), PYTHONPATH=f"{path}/src")

    def test_it_reproduces(self, make_project: Callable[[str], Path], name: str) -> None:
        path = make_project(name)
        printed = sh("make reproduce", path, PATH=path_of(path), PYTHONPATH=f"{path}/src").stdout
        assert f"all {len(hashes(path))} outputs are the same bytes" in printed


@pytest.mark.parametrize("name", mark(SPLIT))
def test_no_group_and_no_future_is_in_two_splits(make_project: Callable[[str], Path], name: str) -> None:
    split = yaml.safe_load(PROBLEMS[name].rules)["split"]
    by = [split["by"]] if isinstance(split["by"], str) else split["by"]
    parts = read_splits(make_project(name), by)
    assert all(parts)
    if split["kind"] == "group":
        assert len(set.union(*map(set, parts))) == sum(len(set(part)) for part in parts)
    else:
        assert max(parts[0]) < min(parts[1]) and max(parts[1]) < min(parts[2])


def read_splits(project: Path, columns: list[str]) -> list[list[tuple[Any, ...]]]:
    """For each split, the values of some columns, row by row."""
    program = (
        "import json, sys, polars as pl; "
        "read = lambda name: pl.read_parquet(f'data/processed/split_0/{name}.parquet'); "
        "splits = [read(name).select(sys.argv[1:]).rows() for name in ('train', 'validation', 'test')]; "
        "print(json.dumps(splits, default=str))"
    )
    names = " ".join(f"'{name}'" for name in columns)
    parts = json.loads(sh(f'.venv/bin/python -c "{program}" {names}', project).stdout)
    return [[tuple(row) for row in part] for part in parts]


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", ["penguins_raw", "jokes", "weather"])
def test_the_document_says_what_its_api_does(
    make_project: Callable[[str], Path], name: str, tmp_path: Path
) -> None:
    """With texts, times, and categories that may be any; nothing is left out of the examination."""
    with serve(make_project(name)) as server:
        report = Document().examine(server, tmp_path)
        assert not [*report["failures"], *report["errors"]], report["printed"]
        assert server.count("200") > 20
        assert server.count("5..") == 0
