"""Fixtures that every test may use, and the summary of how long each file took."""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_cookies.plugin import Cookies
from support import (
    CHOICES,
    ROOT,
    clone_project,
    commit_results,
    generate_default,
    git,
    plant,
    replace,
    save,
    sh,
    shorten_pipeline,
)

collect_ignore = ["workbench"]  # run in a generated project, by test_workbench.py
Bake = Callable[..., Path]
LONGEST = ("project", "reproducibility", "containers")  # groups of tests that share what takes long to make
# Tests import a module of the template, and bytecode beside it would be a part of what is generated.
sys.dont_write_bytecode = True


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each framework but the first groups of its own, and leave out what is marked `once`.

    The groups that take longest come first, and quick tests last, so that the workers end together.
    """
    items.sort(key=place)
    for item in items:
        parameters = getattr(item, "callspec", None)
        for framework in CHOICES["framework"][1:]:
            if not parameters or framework not in parameters.params.values():
                continue
            if group := item.get_closest_marker("xdist_group"):
                name = f"{group.args[0]}-{framework}"
                item.add_marker(pytest.mark.xdist_group(name), append=False)
            if item.get_closest_marker("once"):
                item.add_marker(pytest.mark.exhaustive)


def place(item: pytest.Item) -> int:
    """When a test should start: those with smaller numbers first."""
    group = item.get_closest_marker("xdist_group")
    if group and group.args[0] in LONGEST:
        return LONGEST.index(group.args[0])
    return len(LONGEST) + (item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session", autouse=True)
def isolated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep out the settings of whoever runs the tests: of Git, of the make around us, of DVC."""
    # A shell's background job ignores Ctrl-C, and so would every process that the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if re.match(r"GIT_|MAKE|MFLAGS|XDG_CONFIG_HOME", name):
                patch.delenv(name)
        config = tmp_path_factory.mktemp("git") / "config"
        # The author that is the default where Git knows nobody: projects are the same with it and without.
        config.write_text("[user]\n\tname = Your Name\n\temail = you@example.com\n")
        patch.setenv("GIT_CONFIG_GLOBAL", str(config))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        patch.setenv("DVC_NO_ANALYTICS", "1")
        yield


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home folder."""
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A repository of this template, as it lies here, with one commit."""
    path = tmp_path / "template"
    names = git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    archive = ["tar", "--null", "--files-from=-", "--create", "--ignore-failed-read"]
    packed = subprocess.run(archive, cwd=ROOT, input=names.encode(), capture_output=True)
    path.mkdir()
    subprocess.run(["tar", "--extract"], cwd=path, input=packed.stdout, check=True)
    git(path, "init", "--quiet", "--initial-branch", "main")
    save(path, "First")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder inside an empty folder, to generate into."""
    (tmp_path / "outer" / "inner").mkdir(parents=True)
    return tmp_path / "outer" / "inner"


@pytest.fixture(scope="session")
def bake(cookies_session: Cookies) -> Bake:
    """A function that takes answers and gives the project's folder. Do not write into it: copy it."""
    baked: dict[frozenset[tuple[str, str]], Path] = {}

    def bake(**answers: str) -> Path:
        key = frozenset(answers.items())
        if key not in baked:
            result = cookies_session.bake(extra_context=answers)
            assert result.exception is None, result
            baked[key] = result.project_path
        return baked[key]

    return bake


@pytest.fixture(scope="session")
def default_project(bake: Bake) -> Path:
    """The project that comes of pressing Enter all the way. Do not write into it: copy it."""
    return bake()


@pytest.fixture(scope="session", params=CHOICES["framework"])
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default project of a framework, after `make setup` and `make all`, its results committed."""
    path = generate_default(request.param, tmp_path_factory.mktemp("installed"))
    sh("make setup && make all && git add . && git commit -qm 'Run the pipeline'", path)
    return path


@pytest.fixture(scope="session")
def make_clone(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A function that gives a clone with another data set and two seeds, its results committed."""

    def make(name: str) -> Path:
        path = clone_project(project, tmp_path_factory.mktemp(name) / "project")
        replace(path / "configs/config.yaml", r"- data: \w+", f"- data: {name}")
        replace(path / "configs/config.yaml", r"seeds: .*", "seeds: [0, 1]")
        commit_results(path)
        return path

    return make


@pytest.fixture(scope="session")
def penguins(make_clone: Callable[[str], Path]) -> Path:
    """A project with numbers that have gaps, categories and classes. Do not write into it."""
    return make_clone("penguins")


@pytest.fixture(scope="session")
def diabetes(make_clone: Callable[[str], Path]) -> Path:
    """A project that predicts a number. Do not write into it."""
    return make_clone("diabetes")


@pytest.fixture
def restored(project: Path) -> Iterator[Path]:
    """The project, as it was committed once the test is over."""
    yield project
    sh("git reset -q --hard && git clean -fdq && .venv/bin/dvc checkout -q", project)


@pytest.fixture(scope="session", params=CHOICES["framework"])
def fresh(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default project of a framework after `make setup`, the same for all workers. Clone it."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    folder /= f"fresh-{request.param}"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:  # the first worker makes it, and the others wait
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "path").is_file():
            path = generate_default(request.param, folder)
            sh("make setup", path)
            (folder / "path").write_text(str(path))
    return Path((folder / "path").read_text())


@pytest.fixture(scope="session")
def short(fresh: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with a pipeline of two short stages, its results committed. Copy it."""
    path = clone_project(fresh, tmp_path_factory.mktemp("short") / "project")
    shorten_pipeline(path)
    return path


@pytest.fixture
def faulty(short: Path, tmp_path: Path) -> Callable[[str], Path]:
    """A function that plants a program of `faults/`, and gives the project with its committed results."""

    def make(fault: str) -> Path:
        path = tmp_path / "project"
        shutil.copytree(short, path, symlinks=True)
        plant(path, fault)
        commit_results(path)
        return path

    return make


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how long each file of tests took (with several workers, they share the time)."""
    seconds: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                seconds[report.nodeid.partition("::")[0]] += report.duration
    terminalreporter.section("seconds per file")
    for name, total in seconds.most_common():
        terminalreporter.write_line(f"{total:8.1f}  {name}")
