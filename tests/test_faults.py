"""A generated project's pipeline under faults: killed, wrong data, disks, merges, damaged files."""

import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from support import (
    FAULT,
    IN,
    PACKAGE,
    ROOT,
    SCRIPTS,
    apart,
    clean_environment,
    clone_project,
    commit_results,
    hashes,
    in_make_test,
    mounted,
    once,
    path_of,
    plant,
    replace,
    run,
    sh,
    shorten,
    tabulate_digits,
)

pytestmark = [pytest.mark.slow, apart, once]


@pytest.fixture(scope="module")
def quick(fresh: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default project with two seeds and short training, its results committed. Clone or copy it."""
    path = clone_project(fresh, tmp_path_factory.mktemp("quick") / "project")
    replace(path / "configs/config.yaml", r"seeds: \[0, 1, 2, 3, 4\]", "seeds: [0, 1]")
    shorten(path)
    commit_results(path)
    return path


@pytest.fixture
def copy(quick: Path, tmp_path: Path) -> Path:
    """A copy of the quick project that a test may spoil."""
    sh(f"cp -r '{quick}' '{tmp_path}/project'", tmp_path)
    return tmp_path / "project"


def results(path: Path) -> dict[str, bytes]:
    """Every file that a run may write, but for records and DVC's temporary files."""
    places = ("data/raw", "data/processed/split_0", "models", "reports")
    return {
        str(file.relative_to(path)): file.read_bytes()
        for place in places
        for file in sorted((path / place).rglob("*"))
        if file.is_file()
    }


@pytest.mark.exhaustive
def test_killed_at_twenty_moments(quick: Path, tmp_path: Path) -> None:
    """Killed twenty times on its way, the pipeline ends with the files of one that nobody disturbed."""
    counter = tmp_path / "counter"

    def repro(path: Path, kill_at: int = 0) -> int:
        counter.unlink(missing_ok=True)
        killing = {"PYTHONPATH": f"{ROOT}/tests/killing:{path}/src", "COUNTER": str(counter)}
        return run(
            *(path / ".venv/bin/python", "-m", "dvc", "repro"),
            cwd=path,
            env=clean_environment(**killing, KILL_AT=str(kill_at), PATH=path_of(path)),
            start_new_session=True,
        ).returncode

    calm, killed = (clone_project(quick, tmp_path / name) for name in ("calm", "killed"))
    for path in (calm, killed):
        sh("git rm -q dvc.lock && git commit -qm 'From the start'", path)
    assert repro(calm) == 0
    changes = counter.read_bytes()
    # After how many changes each stage was done
    ends = [0, *(position for position, change in enumerate(changes) if change == ord("\n"))]
    n_stages = len(yaml.safe_load((calm / "dvc.lock").read_text())["stages"])
    assert len(ends) == n_stages + 1
    assert repro(calm) == 0
    startup = counter.stat().st_size
    for moment in range(20):
        lock = killed / "dvc.lock"
        done = len(yaml.safe_load(lock.read_text())["stages"]) if lock.exists() else 0
        ahead = len(changes) * (moment + 0.5) / 20 - ends[done]
        left = len(changes) - ends[done]
        at = max(1, min(ahead, left - 2)) + (0 if done == 0 else startup // 2)
        assert repro(killed, int(at)) == -signal.SIGKILL, (moment, done)
    sh("make all", killed, PYTHONPATH=f"{killed}/src")
    assert hashes(killed) == hashes(calm) == hashes(quick)
    assert results(killed) == results(calm)
    status = sh("git status --porcelain", killed).stdout
    assert status == sh("git status --porcelain", calm).stdout
    assert sh(f"{IN} dvc status", killed).stdout.strip() == "Data and pipelines are up to date."


def each_row(change: Callable[[int, str], str]) -> Callable[[str], str]:
    """Change a table row by row; the header is row 0, and an empty row is left out."""
    return lambda text: "".join(
        f"{changed}\n" for i, row in enumerate(text.splitlines()) if (changed := change(i, row))
    )


SOURCE = "data/external/digits/digits.csv"
BROKEN = f"{SOURCE} breaks the schema of digits: "
SPOILED: dict[str, tuple[Callable[[str], str], str]] = {
    "empty": (lambda text: "", f"{SOURCE} is not a CSV table: "),
    "another format": (lambda text: "\x00PAR1\x00", f"{SOURCE} "),
    "cut in a row": (lambda text: text[: len(text) // 2], f"{BROKEN}column pixel_"),
    "cut between rows": (
        each_row(lambda i, row: row if i <= 900 else ""),
        f"{BROKEN}it has 900 rows, not 1797",
    ),
    "a column lost": (
        lambda text: text.replace("pixel_3_3", "pixel"),
        f"{BROKEN}column pixel_3_3 is missing; column pixel is not expected",
    ),
    "a column more": (
        each_row(lambda i, row: f"{row},{'1' if i else 'extra'}"),
        f"{BROKEN}column extra is not expected",
    ),
    "a NaN": (
        lambda text: text.replace("0,0,5,", "0,NaN,5,", 1),
        f"{BROKEN}column pixel_0_1 is empty in 1 row (first in row 1: 'NaN')",
    ),
    "a word": (
        lambda text: text.replace("0,0,5,", "0,zero,5,", 1),
        f"{BROKEN}column pixel_0_1 is not a number in 1 row (first in row 1: 'zero')",
    ),
    "out of range": (
        each_row(lambda i, row: f"17{row[1:]}" if 2 <= i <= 3 else row),
        f"{BROKEN}column pixel_0_0 is not within 0 to 16 in 2 rows (first in row 2: '17')",
    ),
    "another class": (
        each_row(lambda i, row: f"{row}0" if i == 2 else row),
        f"{BROKEN}column label is not one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 in 1 row (first in row 2: '10')",
    ),
    "a row twice": (
        each_row(lambda i, row: f"{row}\n{row}" if i == 1 else row),
        f"{BROKEN}it has 1798 rows, not 1797; repeated rows: 1 (first in row 2)",
    ),
}


@pytest.fixture(scope="module")
def own_data(quick: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The quick project with its raw data as a file under DVC."""
    path = tmp_path_factory.mktemp("own") / "project"
    sh(f"cp -r '{quick}' '{path}'", quick)
    assert tabulate_digits(path) == SOURCE
    commit_results(path)
    return path


@pytest.mark.parametrize("name", [*in_make_test(SPOILED, "cut in a row", "out of range"), "missing"])
def test_raw_data(own_data: Path, name: str) -> None:
    """Wrong raw data is named before anything is trained, and the previous results stay."""
    file = own_data / SOURCE
    good = file.read_bytes()
    before = results(own_data)
    cached = {file: file.read_bytes() for file in (own_data / ".dvc/cache").rglob("*") if file.is_file()}
    spoil, message = SPOILED.get(name, (None, f"missing data 'source': {SOURCE}"))
    try:
        file.unlink()
        if spoil:
            file.write_text(spoil(good.decode()))
        done = sh(f"{IN} dvc repro", own_data, check=False)
    finally:
        file.unlink(missing_ok=True)
        file.write_bytes(good)
        sh(f"git checkout -q {SOURCE}.dvc", own_data)
    assert done.returncode != 0
    assert message in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "train@" not in done.stdout
    assert results(own_data) == before
    assert {file: file.read_bytes() for file in cached} == cached
    assert sh("git status --porcelain", own_data).stdout == ""


def test_data_that_cannot_be_split(own_data: Path) -> None:
    """Right by its schema, but with a class of one row: nothing is trained, and Git and DVC go back."""
    file = own_data / SOURCE
    before = results(own_data)
    change = each_row(lambda i, row: f"{row[:-1]}8" if i > 10 and row.endswith(",9") else row)
    spoiled = change(file.read_text())
    file.unlink()
    file.write_text(spoiled)
    done = sh(f"{IN} dvc repro", own_data, check=False)
    assert done.returncode != 0
    said = "class 9 of column label has too few different rows (1): each split needs one"
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "train@" not in done.stdout
    sh(f"git checkout -q . && {IN} dvc checkout -q --force", own_data)
    assert results(own_data) == before


@pytest.mark.parametrize(
    ("place", "options", "message"),
    [
        (
            "models/split_0/seed_0",
            "ro",
            "models/split_0/seed_0/model.onnx: Read-only file system",
        ),
        ("data/processed/split_0", "size=40k", "No space left on device"),
    ],
)
def test_disk(copy: Path, place: str, options: str, message: str) -> None:
    """A folder that is full or read-only is said plainly; with room again, the results are the same."""
    expected = hashes(copy)
    stage = "train@0-0" if "models" in place else "features"
    with mounted(copy / place, options):
        done = sh(f"{IN} dvc repro --force --single-item {stage}", copy, check=False)
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert re.search(message, said), said
    assert "Traceback" not in said
    sh(f"{IN} dvc checkout -q --force && {IN} dvc repro -q", copy)
    assert hashes(copy) == expected
    assert sh("git status --porcelain", copy).stdout == ""


def test_damaged_cache(copy: Path) -> None:
    """A damaged file that DVC gives out as if it were right is named; what the advice says mends it."""
    model = copy / "models/split_0/seed_0/model.onnx"
    right = model.read_bytes()
    digest = hashes(copy)["models/split_0/seed_0/model.onnx"]
    kept = copy / ".dvc/cache/files/md5" / digest[:2] / digest[2:]
    for file in (kept, model):
        file.chmod(0o644)
        file.write_bytes(right + b"damaged")
    kept.chmod(0o444)
    done = sh(f"{IN} python -m workbench.check.reproduce --perturb 0", copy)
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("damaged: ")]
    for file in (kept, model):
        name = str(file.relative_to(copy))
        assert name in line
        (copy / name).unlink()
    sh(f"{IN} dvc repro -q", copy)
    assert model.read_bytes() == kept.read_bytes() == right


def test_merge(faulty: Callable[[str], Path]) -> None:
    """Two branches with other results: `dvc.lock` stays whole, and running the pipeline mends it."""
    path = faulty("same")
    sh("git checkout -qb other", path)
    replace(path / SCRIPTS / "value.py", r"value = 1\.5", "value = 2.5")
    commit_results(path)
    sh("git checkout -q main", path)
    replace(path / SCRIPTS / "data/digits.py", "Load the images", "Load all images")
    commit_results(path)
    done = sh("git merge other", path, check=False)
    assert "CONFLICT (content): Merge conflict in dvc.lock" in done.stdout
    sh(f"{IN} dvc repro -q && git add dvc.lock && git commit -qm Merge", path)
    assert "2.5" in (path / FAULT).read_text()
    assert sh(f"{IN} dvc status", path).stdout.strip() == "Data and pipelines are up to date."
    assert sh("git status --porcelain", path).stdout == ""


def test_package_that_differs_from_the_lock(copy: Path) -> None:
    """Each run warns of it, and says what to do."""
    script = f"{IN} python -m {PACKAGE}.data.make_dataset"
    assert "the lock has" not in sh(script, copy).stdout
    replace(copy / "requirements-dev.txt", r"(?m)^tqdm==\S+", "tqdm==4.0.0")
    printed = sh(script, copy).stdout
    assert re.search(r"tqdm 4\.\d+\.\d+ is installed, the lock has 4\.0\.0: `make setup`", printed)


def test_folder_of_another_repository(faulty: Callable[[str], Path], tmp_path: Path) -> None:
    """A project that is a folder of a larger repository records, runs and reproduces as any other."""
    outer = tmp_path / "outer"
    (outer / "theirs").mkdir(parents=True)
    project = faulty("same")
    sh(f"mv '{project}' '{outer}/part' && rm -rf part/.git part/outputs && git init -q", outer)
    part = outer / "part"
    sh("git add -A && git commit -qm 'Ours and theirs'", outer)
    (outer / "theirs/notes.txt").write_text("not ours")
    done = sh(f"{IN} python -m workbench.check.reproduce", part)
    assert "all 2 outputs are the same bytes" in done.stdout
    plant(part, "user")
    commit_results(part)
    done = sh(f"{IN} python -m workbench.check.reproduce", part, check=False)
    assert f"{FAULT}: value: " in done.stdout
    assert done.returncode == 1
