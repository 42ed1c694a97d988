"""Memory of a generated project's stages, where rows grow a thousandfold and memory must not."""

import json
from pathlib import Path

import pytest
from support import (
    CHOICES,
    PACKAGE,
    PROGRAMS,
    clone_project,
    commit_results,
    path_of,
    replace,
    sh,
    tabulate_digits,
)

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("remotes")]
FIRST = CHOICES["framework"][0]
STAGES = {
    "data.make_dataset": "raw",
    "features.build_features": "processed",
    "models.predict_model": "reports",
}


@pytest.fixture(scope="module")
def trained(fresh: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default project with two seeds that were trained for a moment."""
    path = clone_project(fresh, tmp_path_factory.mktemp("streaming") / "project")
    replace(path / "configs/config.yaml", r"seeds: \[0, 1, 2, 3, 4\]", "seeds: [0, 1]")
    replace(path / "configs/model/mlp.yaml", r"max_iter: \d+", "max_iter: 3")
    tabulate_digits(path)
    commit_results(path)
    return path


def peaks(project: Path, folder: Path, copies: int) -> dict[str, int]:
    """The peak memory in bytes of the stages, as their records have it, for so many times the rows."""
    folder.mkdir()
    python = project / ".venv/bin/python"
    sh(f"{python} '{PROGRAMS}/make_rows.py' {copies} '{folder}/rows.csv'", project)
    paths = " ".join(f"paths.{name}='{folder}/{name}'" for name in ("raw", "processed"))
    common = f"data.source='{folder}/rows.csv' data.n_rows=null {paths}"
    found = {}
    for module, output in STAGES.items():
        record = folder / f"record_{output}"
        arguments = f"{common} hydra.run.dir='{record}' paths.output='{folder}/{output}'"
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
@pytest.mark.parametrize(
    ("copies", "growth"),
    [(100, (2, 2.5, 2)), (1000, (2.6, 12, 2.6))],  # the second one has the whole training split to fit to
)
def test_memory_stays_bounded(
    trained: Path, tmp_path: Path, copies: int, growth: tuple[float, float, float]
) -> None:
    """A hundred and a thousand times the rows: each stage's peak is below a small multiple of the first."""
    once, many = (peaks(trained, tmp_path / str(n), n) for n in (1, copies))
    sizes = [(tmp_path / f"{n}/rows.csv").stat().st_size for n in (1, copies)]
    assert sizes[1] > 0.9 * copies * sizes[0]
    ratios = {stage: many[stage] / once[stage] for stage in STAGES}
    print(ratios)
    assert all(ratio < limit for ratio, limit in zip(ratios.values(), growth, strict=True)), ratios
