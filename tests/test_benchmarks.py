"""`benchmarks/`: each part still runs, in one turn and without limits, and compares the same work.

A part that needs wrk or a Slurm is skipped where it is not there, and fails where REQUIRE_WRK or
REQUIRE_SLURM is set; so are the images of the part `serving`, with Docker and REQUIRE_DOCKER.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from run import PARTS, find_missing
from support import PYTHONS, ROOT, replace, sh

pytestmark = [pytest.mark.slow, pytest.mark.exhaustive, pytest.mark.xdist_group("benchmarks")]
REQUIRED = {"serving": "REQUIRE_WRK", "sweeps": "REQUIRE_SLURM"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for each framework, whose parts share an installed project."""
    return tmp_path_factory.mktemp("benchmarks")


def measure(
    framework: str, part: str, folder: Path, template: Path = ROOT, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run one part of the benchmarks of a template, quickly."""
    program = f"'{sys.executable}' '{template}/benchmarks/run.py'"
    options = f"--quick --framework {framework} --python {PYTHONS[framework]} --only {part}"
    return sh(f"{program} {options} --directory '{folder}/{framework}'", template, check=check)


@pytest.mark.parametrize(
    ("framework", "part"),
    [(framework, part.__name__) for framework, parts in PARTS.items() for part in parts],
)
def test_each_part_runs(framework: str, part: str, folder: Path) -> None:
    if missing := find_missing(part):
        (pytest.fail if os.environ.get(REQUIRED[part]) else pytest.skip)(f"it needs {missing}")
    printed = measure(framework, part, folder).stdout
    rows = re.findall(r"^\| (.+?) \| (-?[\d.]+|skipped)", printed, flags=re.MULTILINE)
    skipped = [name for name, result in rows if result == "skipped"]
    assert len(rows) > len(skipped), printed
    assert not skipped or not os.environ.get("REQUIRE_DOCKER"), skipped


def test_other_work_is_not_compared(template: Path, folder: Path) -> None:
    """A bare script that trains another model, or leaves out a file, ends the run without a table."""
    scripts = template / "benchmarks" / "bare"
    replace(scripts / "train_model.py", r"\[64\]", "[65]")
    trained = measure("scikit-learn", "pipeline", folder, template, check=False)
    assert trained.returncode == 1
    assert re.search(
        "do other work than .*Other results: models/split_0/seed_0/learning_curve.csv", trained.stderr
    )
    assert trained.stdout == ""
    shutil.copy(ROOT / "benchmarks/bare/train_model.py", scripts)
    replace(scripts / "predict_model.py", "examples.json", "other.json")
    left_out = measure("scikit-learn", "pipeline", folder, template, check=False)
    assert left_out.stderr.rstrip().endswith("Not written: reports/examples.json")
