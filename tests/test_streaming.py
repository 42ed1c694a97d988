"""Memory of a generated project's stages, where rows grow a thousandfold and memory must not."""

import json
from pathlib import Path

import pytest
from support import CHOICES, PACKAGE, PROGRAMS, clone_project, commit_results, path_of, replace, sh

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("remotes")]
FIRST = CHOICES["framework"][0]


@pytest.fixture(scope="module")
def trained(fresh: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default project with two seeds that were trained for a moment."""
    path = clone_project(fresh, tmp_path_factory.mktemp("streaming") / "project")
    replace(path / "configs/config.yaml", r"seeds: \[0, 1, 2, 3, 4\]", "seeds: [0, 1]")
    replace(path / "configs/model/mlp.yaml", r"max_iter: \d+", "max_iter: 3")
    commit_results(path)
    return path


def peaks(project: Path, folder: Path, copies: int) -> dict[str, int]:
    """The peak memory in bytes of both stages, as their records have it, for so many times the rows."""
    (folder / "raw").mkdir(parents=True)
    python = project / ".venv/bin/python"
    sh(f"{python} '{PROGRAMS}/make_rows.py' {copies} '{folder}/raw/digits.csv'", project)
    common = "data.n_rows=null hydra.run.dir"
    inputs = {"features.build_features": "raw", "models.predict_model": "processed"}
    found = {}
    for module, name in inputs.items():
        output = folder / {"raw": "processed", "processed": "reports"}[name]
        record = folder / f"record_{name}"
        arguments = f"{common}='{record}' paths.{name}='{folder / name}' paths.output='{output}'"
        sh(
            f"python -m {PACKAGE}.{module} {arguments}",
            project,
            PATH=path_of(project),
            PYTHONPATH=str(project / "src"),
        )
        found[module] = json.loads((record / "run.json").read_text(encoding="utf-8"))["peak_memory"]
    return found


@pytest.mark.exhaustive
@pytest.mark.parametrize("fresh", [FIRST], indirect=True)
@pytest.mark.parametrize(("copies", "growth"), [(100, 1.6), (1000, 2.6)])
def test_memory_stays_bounded(trained: Path, tmp_path: Path, copies: int, growth: float) -> None:
    """A hundred and a thousand times the rows: each stage's peak is below a small multiple of the first."""
    once, many = (peaks(trained, tmp_path / str(n), n) for n in (1, copies))
    sizes = [(tmp_path / f"{n}/raw/digits.csv").stat().st_size for n in (1, copies)]
    assert sizes[1] > 0.9 * copies * sizes[0]
    ratios = {stage: many[stage] / once[stage] for stage in once}
    print(ratios)
    assert max(ratios.values()) < growth, ratios
