"""The hook that runs after generation, on computers as people have them."""

import importlib.metadata
import os
import re
import shutil
import signal
import stat
import string
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_cookies.plugin import Cookies
from support import BIN, ROOT, Result, files, find_python, git, mounted, run
from support import generate as generate_in

from local_extensions import RULES, git_settings

Generate = Callable[..., tuple[Path, str]]

NAME = "my-ml-project"
METADATA = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
HOOKS = [
    "pre-commit",
    "prepare-commit-msg",
    "commit-msg",
    "post-commit",
    "post-checkout",
    "reference-transaction",
]
SETTINGS = {
    "signing-by-gpg": "[commit]\n\tgpgSign = true\n[user]\n\tsigningKey = 0123456789ABCDEF\n",
    "signing-by-ssh": "[commit]\n\tgpgSign = true\n[gpg]\n\tformat = ssh\n[user]\n\tsigningKey = ~/none\n",
    "failing-hooks": "[core]\n\thooksPath = {home}/hooks\n",
    "templates": "[init]\n\ttemplateDir = {home}/template\n[commit]\n\ttemplate = {home}/none\n",
    "branch-and-editor": "[init]\n\tdefaultBranch = trunk\n[core]\n\teditor = false\n",
    "line-ends": "[core]\n\tautocrlf = true\n\tsafecrlf = true\n\tattributesFile = {home}/attributes\n",
    "ignored-files": "[core]\n\texcludesFile = {home}/ignore\n",
}


def executable(path: Path, script: str) -> None:
    """Write a shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def give_away(owner: int, *places: Path) -> None:
    """Make places another user's; without the right to, the test is skipped."""
    if os.geteuid():
        pytest.skip("only root can give a folder away")
    for place in places:
        os.chown(place, owner, owner)


@pytest.fixture
def generate(
    cookies: Cookies, home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Generate]:
    """A function that takes answers, and gives the project's folder and what the hook printed."""
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("GIT_CONFIG_GLOBAL")
    git_settings.cache_clear()  # this process has asked Git before, and will again

    def generate(**answers: str) -> tuple[Path, str]:
        result = cookies.bake(extra_context=answers)
        assert result.exception is None, result
        return result.project_path, capfd.readouterr().out

    yield generate
    git_settings.cache_clear()


def assert_whole(project: Path, printed: str, default_project: Path) -> None:
    """Generation tells of a whole project, and it is one."""
    assert f"Created {NAME}: a Git repository with its first commit, and a DVC repository.\n" in printed
    assert_same(project, default_project)


def assert_same(project: Path, default_project: Path) -> None:
    """Both have the same files, all of them in one clean commit on `main`."""
    assert files(project) == files(default_project)
    assert git(project, "rev-parse", "HEAD^{tree}") == git(default_project, "rev-parse", "HEAD^{tree}")
    assert git(project, "log", "--all", "--format=%s|%D") == "Start the project|HEAD -> main"
    assert git(project, "status", "--porcelain") == ""


def path_without(program: str, folder: Path) -> str:
    """A PATH with every program of the present one but `program`, by links in `folder`."""
    folder.mkdir()
    for place in os.get_exec_path():
        for file in Path(place).glob("*") if Path(place).is_dir() else []:
            if file.name != program and not (folder / file.name).is_symlink():
                (folder / file.name).symlink_to(file)
    return str(folder)


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_git_settings(generate: Generate, home: Path, default_project: Path, settings: str) -> None:
    """No setting that people have in their ~/.gitconfig changes or prevents the first commit."""
    for hook in HOOKS:
        executable(home / "hooks" / hook, "exit 1")
        executable(home / "template" / "hooks" / hook, "exit 1")
    (home / "ignore").write_text(".python-version\n*.md\n/data\n.vscode\nmodels\n*.ipynb\n.dvc\n")
    (home / "attributes").write_text("*.txt text eol=crlf\n*.py text eol=crlf\n*.ipynb filter=missing\n")
    (home / ".gitconfig").write_text(settings.format(home=home))
    project, printed = generate()
    assert_whole(project, printed, default_project)
    assert not (project / ".git/hooks").exists()


def test_git_identity(generate: Generate, home: Path) -> None:
    """The commit is by whoever Git knows."""
    (home / ".gitconfig").write_text("[user]\n\tname = Grace\n\temail = grace@example.com\n")
    project, _ = generate(author_name="Ada")
    assert git(project, "log", "--format=%an <%ae> %cn") == "Grace <grace@example.com> Grace"


def test_no_git_identity(generate: Generate, home: Path) -> None:
    """Where Git knows nobody, the commit is by the project's author, and no setting remains of that."""
    (home / ".gitconfig").write_text("[user]\n\tuseConfigOnly = true\n")
    project, _ = generate(author_name="Zoë O'Neil", author_email="zoe@example.com")
    assert git(project, "log", "--format=%an <%ae> %cn") == "Zoë O'Neil <zoe@example.com> Zoë O'Neil"
    assert "user" not in (project / ".git/config").read_text()


def test_no_git(
    generate: Generate, home: Path, default_project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without Git the project is whole, and the commands that are printed do the rest later."""
    (home / ".gitconfig").write_text("[user]\n\tname = Grace\n\temail = grace@example.com\n")
    with monkeypatch.context() as patch:
        patch.setenv("PATH", path_without("git", tmp_path / "bin"))
        project, printed = generate()
    assert not (project / ".git").exists()
    assert files(project) == files(default_project)
    reason, *commands = re.split("(git init)", printed, maxsplit=1)
    assert reason.startswith(f"Created {NAME}: a DVC repository, but no commit")
    assert "No such file or directory: 'git'" in reason
    later = run("sh", "-ec", "".join(commands).partition("\n\n")[0], cwd=project)
    assert later.returncode == 0, later.stderr
    assert_same(project, default_project)


def test_git_that_fails(
    generate: Generate, default_project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where Git is there and fails, its own words say why, and the project is whole."""
    executable(tmp_path / "bin/git", "echo 'no space left on device' >&2; exit 128")
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
        project, printed = generate()
    assert "but no commit (no space left on device)" in printed
    assert "git init" in printed
    assert files(project) == files(default_project)


@pytest.mark.parametrize(
    "names", [["GIT_DIR"], ["GIT_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_WORK_TREE"]]
)
def test_git_around(
    generate: Generate,
    default_project: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    names: list[str],
) -> None:
    """Called from a hook or an editor of another repository, that one is left alone."""
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet")
    before = sorted(other.rglob("*"))
    places = {"GIT_DIR": ".git", "GIT_INDEX_FILE": ".git/index", "GIT_OBJECT_DIRECTORY": ".git/objects"}
    with monkeypatch.context() as patch:
        for name in names:
            patch.setenv(name, str(other / places.get(name, ".")))
        project, printed = generate()
    assert_whole(project, printed, default_project)
    assert sorted(other.rglob("*")) == before


def test_ignored_by_another_repository(generate: Generate, default_project: Path, tmp_path: Path) -> None:
    """A folder that the repository around it ignores gets a repository of its own."""
    git(tmp_path, "init", "--quiet")
    (tmp_path / ".gitignore").write_text("*\n")
    assert_whole(*generate(), default_project)


@pytest.mark.parametrize("owner", [None, 65534])
def test_inside_another_repository(
    generate: Generate, default_project: Path, tmp_path: Path, owner: int | None
) -> None:
    """A folder of another repository, also of another owner's, becomes part of that one, which is named."""
    git(tmp_path, "init", "--quiet")
    who = ("-c", "user.name=They", "-c", "user.email=they@example.com")
    git(tmp_path, *who, "commit", "--quiet", "--allow-empty", "--message", "Theirs")
    if owner:
        give_away(owner, tmp_path, tmp_path / ".git")
    project, printed = generate()
    assert f"part of the Git repository {tmp_path}: commit it there." in printed
    assert not (project / ".git").exists()
    assert files(project) == files(default_project)
    if not owner:  # Nothing was done for them, and what they do themselves works.
        assert git(tmp_path, "log", "--format=%s") == "Theirs"
        git(tmp_path, "add", str(project))
        added = git(tmp_path, "ls-files", "--cached").splitlines()
        assert {name.partition(f"{NAME}/")[2] for name in added} == files(default_project).keys()


@pytest.mark.parametrize("script", ["exit 1", "exec missing-program", "touch .dvc other; exit 0"])
def test_whatever_dvc_is_there(
    generate: Generate,
    default_project: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    script: str,
) -> None:
    """A `dvc` that is broken or another version than the project's changes nothing."""
    executable(tmp_path / "bin/dvc", script)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    assert_whole(*generate(), default_project)


def test_next_steps_exist(generate: Generate) -> None:
    """What is printed to type next are targets that the project's Makefile has, in the project's folder."""
    project, printed = generate(project_slug="mine", python_version="3.13", framework="pytorch-lightning")
    assert "  make setup    # .venv: Python 3.13 and pytorch-lightning, locked\n" in printed
    steps = [line.partition("#")[0].split() for line in printed.splitlines() if line.startswith("  ")]
    assert steps[0] == ["cd", "mine"]
    assert steps[1:]
    for program, target in steps[1:]:
        assert program == "make"
        planned = run("make", "--dry-run", target, cwd=project)
        assert planned.stdout.strip(), planned.stderr


def test_nobody_is_asked(folder: Path, home: Path, default_project: Path) -> None:
    """With standard input closed, nothing waits and nothing fails."""
    done = run(
        *("sh", "-c", 'exec "$@" <&-', "sh", sys.executable, "-m", "cookiecutter", ROOT, "--no-input"),
        cwd=folder,
        env={**os.environ, "HOME": str(home)},
    )
    assert done.returncode == 0, done.stderr
    assert_whole(folder / NAME, done.stdout, default_project)


def test_nobody_reads(folder: Path, home: Path, default_project: Path) -> None:
    """Where what is printed goes nowhere, the project is whole."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "cookiecutter", ROOT, "--no-input"]
    subprocess.run(command, cwd=folder, env={**os.environ, "HOME": str(home)}, stdout=writing, check=True)
    os.close(writing)
    assert_same(folder / NAME, default_project)


def test_compiled_python(template: Path, folder: Path, home: Path, default_project: Path) -> None:
    """Where Python ran in the template's folders, what it compiled there reaches no project."""
    sources = template / "{{cookiecutter.project_slug}}"
    run(sys.executable, "-m", "compileall", "-q", "-f", template, cwd=template)
    compiled = list(sources.rglob("*.pyc"))
    assert {path.relative_to(sources).parts[:2] for path in compiled} >= {
        ("src", "workbench"),
        ("src", "{{cookiecutter.package_name}}"),
        ("tests", "__pycache__"),
    }
    done = generate_in(folder, home, "--no-input", template=template)
    assert done.returncode == 0, done.stderr
    assert_same(folder / NAME, default_project)


@pytest.mark.parametrize("name", ["-", "!", "J. R.", "'A'", "李", "👩\u200d🔬"])
def test_git_takes_the_author(generate: Generate, home: Path, name: str) -> None:
    """Whatever a name is made of that the rules allow, Git makes a commit of its author."""
    (home / ".gitconfig").write_text("[user]\n\tuseConfigOnly = true\n")
    project, printed = generate(author_name=name)
    assert "with its first commit" in printed
    assert git(project, "log", "--format=%an") == name.strip(".'")


@pytest.mark.parametrize("name", string.punctuation)
def test_git_refuses_what_the_rules_refuse(tmp_path: Path, home: Path, name: str) -> None:
    """The rules know the characters of which Git makes no name (its newer versions make one of a dot)."""
    who = ("-c", f"user.name={name}", "-c", "user.email=ada@example.com")
    environment = {**os.environ, "HOME": str(home)}
    done = run("git", *who, "var", "GIT_AUTHOR_IDENT", cwd=tmp_path, env=environment)
    allowed = all(holds(name) for holds, _ in RULES["author_name"])
    assert allowed == (done.returncode == 0) or name == "."


def test_there_already(folder: Path, home: Path) -> None:
    """A folder that is there already is left as it is, in a line."""
    (folder / NAME).mkdir()
    (folder / NAME / "mine.txt").write_text("mine")
    done = command(folder, home, "--no-input")
    assert (done.returncode, done.stdout) == (1, f'Error: "{NAME}" directory already exists\n')
    assert files(folder) == {f"{NAME}/mine.txt": b"mine"}


@pytest.mark.parametrize("owner", [None, 65534])
def test_overwriting(folder: Path, home: Path, owner: int | None) -> None:
    """`--overwrite-if-exists` writes the files again, and leaves other files and the history alone.

    So it does where Git asks for `safe.directory`, since the project is another owner's.
    """
    assert command(folder, home, "--no-input").returncode == 0
    project = folder / NAME
    (project / "mine.txt").write_text("mine")
    git(project, "add", ".")
    git(project, "commit", "--quiet", "--message", "Mine")
    (project / "tox.ini").write_text("changed")
    before = git(project, "rev-parse", "HEAD")
    if owner:
        give_away(owner, project, project / ".git")
    done = command(folder, home, "--no-input", "--overwrite-if-exists", "description=Better.")
    if owner:
        assert "dubious ownership" in run("git", "status", cwd=project).stderr
        give_away(os.geteuid(), project, project / ".git")
    assert done.returncode == 0, done.stderr
    assert "Its Git repository was there: `git status` tells what has changed." in done.stdout
    assert git(project, "rev-parse", "HEAD") == before
    changed = git(project, "diff", "--name-only").splitlines()
    assert "README.md" in changed
    assert "tox.ini" not in changed
    assert (project / "mine.txt").read_text() == "mine"


def command(folder: Path, home: Path, *arguments: str, **environment: str) -> Result:
    """Call cookiecutter with the Git settings of `home`, where somebody has a name."""
    (home / ".gitconfig").write_text("[user]\n\tname = Your Name\n\temail = you@example.com\n")
    return generate_in(folder, home, *arguments, **environment)


def test_without_a_home(folder: Path, home: Path, default_project: Path) -> None:
    """Where `HOME` is not set, the system knows where it is, and nothing else changes."""
    settings = home / "cookiecutter.yaml"
    settings.write_text(f"cookiecutters_dir: {home}/a\nreplay_dir: {home}/b\n")
    environment = {name: value for name, value in os.environ.items() if name != "HOME"}
    done = run(
        *(sys.executable, "-m", "cookiecutter", ROOT, "--no-input", "--config-file", settings),
        cwd=folder,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    assert_whole(folder / NAME, done.stdout, default_project)


def test_full_disk(folder: Path, home: Path, default_project: Path) -> None:
    """A disk without room is one line, and nothing on it; one with just enough will do."""
    with mounted(folder, "size=2m"):
        done = command(folder, home, "--no-input")
        assert done.returncode == 1
        assert "No space left on this disk: a project needs 10 MB." in done.stderr
        assert "Traceback" not in done.stderr
        assert not list(folder.iterdir())
    with mounted(folder, "size=11m"):
        done = command(folder, home, "--no-input")
        assert_whole(folder / NAME, done.stdout, default_project)


def test_read_only_disk(folder: Path, home: Path) -> None:
    """What the system refuses is one line."""
    with mounted(folder, "ro"):
        done = command(folder, home, "--no-input")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith(f"Unable to create directory at {NAME}: Read-only file system")


def test_long_and_foreign_path(tmp_path: Path, home: Path, default_project: Path) -> None:
    """A path of 200 characters and more, with spaces and letters of other scripts."""
    deep = tmp_path / "a folder" / ("Größe 日本 " * 5) / ("x" * (200 - len(str(tmp_path))))
    deep.mkdir(parents=True)
    assert len(str(deep)) > 200
    done = command(deep, home, "--no-input")
    assert_whole(deep / NAME, done.stdout, default_project)


def test_ascii_locale(folder: Path, home: Path) -> None:
    """A replay of an author with other letters, by a Python that knows ASCII only."""
    assert generate_in(folder, home, "--no-input", "author_name=Zoë 李", "project_slug=one").returncode == 0
    (saved,) = (home / ".cookiecutter_replay").iterdir()
    file = home / "answers.json"
    file.write_text(saved.read_text("utf-8").replace('"one"', '"two"'), "utf-8")
    (folder / "Größe").mkdir()
    surroundings = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = generate_in(folder / "Größe", home, "--replay-file", str(file), **surroundings)
    assert "with its first commit" in done.stdout, done.stderr
    project = folder / "Größe/two"
    assert git(project, "log", "--format=%an") == "Zoë 李"
    assert "Zoë 李" in (project / "LICENSE").read_text("utf-8")


def test_killed_and_run_again(folder: Path, home: Path, default_project: Path, tmp_path: Path) -> None:
    """Killed at twelve moments from the first file to the commit: another run makes the project whole."""
    counter = tmp_path / "counter"
    killing = {"PYTHONPATH": str(ROOT / "tests/killing"), "COUNTER": str(counter)}
    assert command(folder, home, "--no-input", **killing, KILL_AT="0").returncode == 0
    total = counter.stat().st_size
    assert total > 100
    for moment in range(12):
        place = folder / str(moment)
        place.mkdir()
        counter.unlink()
        at = str(total * (2 * moment + 1) // 24)
        done = run(
            *(sys.executable, "-m", "cookiecutter", ROOT, "--no-input"),
            cwd=place,
            env={**os.environ, "HOME": str(home), **killing, "KILL_AT": at},
            start_new_session=True,
        )
        assert done.returncode == -signal.SIGKILL
        again = command(place, home, "--no-input", "--overwrite-if-exists")
        assert again.returncode == 0, again.stderr
        assert_same(place / NAME, default_project)


def test_two_at_once(folder: Path, home: Path, default_project: Path) -> None:
    """Two in the same moment do not meet."""
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "cookiecutter", ROOT, "--no-input", "--output-dir", str(folder / name)],
            env={**os.environ, "HOME": str(home)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]
    for name, process in zip(("one", "two"), running, strict=True):
        printed, _ = process.communicate()
        assert_whole(folder / name / NAME, printed, default_project)


@pytest.mark.slow
def test_another_user(default_project: Path) -> None:
    """Somebody who is not root, with a Python of the system's."""
    if os.geteuid():
        pytest.skip("this is not root already: every other test shows it")
    python = next(
        (path for path in ("/usr/bin/python3", "/usr/local/bin/python3") if Path(path).exists()), None
    )
    if not python or not shutil.which("setpriv"):
        pytest.skip("there is no Python that every user may run")
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        place = Path(name)
        place.chmod(0o755)
        version = importlib.metadata.version("cookiecutter")
        packages = (
            BIN / "uv",
            "pip",
            "install",
            "--quiet",
            "--target",
            place / "site",
            f"cookiecutter=={version}",
        )
        for step in (("git", "clone", "--quiet", ROOT, place / "template"), (*packages, "--python", python)):
            done = run(*step, cwd=place)
            assert done.returncode == 0, done.stderr
        run(
            "cp",
            "-r",
            *(ROOT / part for part in ("hooks", "local_extensions.py")),
            place / "template",
            cwd=place,
        )
        run("chmod", "-R", "go+rX", place, cwd=place)
        (place / "theirs").mkdir()
        os.chown(place / "theirs", 65534, 65534)
        done = run(
            *("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"),
            *(python, "-m", "cookiecutter", place / "template", "--no-input"),
            cwd=place / "theirs",
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(place / "theirs"),
                "PYTHONPATH": str(place / "site"),
            },
        )
        assert "with its first commit" in done.stdout, done.stderr
        assert (place / "theirs" / NAME).stat().st_uid == 65534


@pytest.mark.slow
@pytest.mark.parametrize("version", ["3.12", "3.13", "3.14"])
def test_pythons(folder: Path, home: Path, default_project: Path, version: str) -> None:
    """The template itself runs on every Python that its projects run on (this one is the first)."""
    python = find_python(version)
    cookiecutter = f"cookiecutter=={importlib.metadata.version('cookiecutter')}"
    done = run(
        *("uv", "run", "--quiet", "--no-project", "--python", python, "--with", cookiecutter),
        *("cookiecutter", ROOT, "--no-input"),
        cwd=folder,
        env={**os.environ, "PATH": os.pathsep.join([str(BIN), os.environ["PATH"]])},
    )
    assert done.returncode == 0, done.stderr
    assert_same(folder / NAME, default_project)


def of_version(version: str, folder: Path, home: Path, *answers: str) -> Result:
    """Generate with another version of cookiecutter."""
    environment = {**os.environ, "HOME": str(home), "PATH": os.pathsep.join([str(BIN), os.environ["PATH"]])}
    command = ["uv", "run", "--quiet", "--no-project", "--with", f"cookiecutter=={version}", "cookiecutter"]
    return run(*command, ROOT, "--no-input", *answers, cwd=folder, env=environment)


@pytest.mark.slow
def test_lowest_cookiecutter(folder: Path, home: Path, default_project: Path) -> None:
    """The lowest version that the metadata allows gives the same project; an older one, a line."""
    lowest = re.fullmatch(r"cookiecutter>=(2\.\d+)", *METADATA["dependencies"])
    assert lowest
    assert of_version(f"{lowest[1]}.0", folder, home).returncode == 0
    assert_same(folder / NAME, default_project)
    # It takes what it does not ask for, too.
    answers = ("project_slug=course", "starting_point=exercises", "__exercises=2")
    assert of_version(f"{lowest[1]}.0", folder, home, *answers).returncode == 0
    assert len(list((folder / "course/docs/exercises").glob("[0-9]*.md"))) == 1
    older = of_version("2.2.3", folder, home)
    assert older.returncode == 1
    assert (
        older.stderr
        == f"This template needs cookiecutter {lowest[1]} or newer, and this is 2.2.3: update it.\n"
    )
    assert f"cookiecutter {lowest[1]} or newer" in (ROOT / "README.md").read_text("utf-8")


def test_hooks_that_do_not_run(folder: Path, home: Path, default_project: Path) -> None:
    """What cookiecutter leaves without its hooks says so, and how to do better."""
    done = generate_in(folder, home, "--no-input", "--accept-hooks", "no")
    assert done.returncode == 0, done.stderr
    assert not (folder / NAME / ".git").exists()
    assert "--accept-hooks yes" in (folder / NAME / "UNFINISHED.md").read_text("utf-8")
    assert not (default_project / "UNFINISHED.md").exists()


def test_a_repository_that_dvc_reads(folder: Path, home: Path) -> None:
    """DVC knows no repositories of SHA-256."""
    generate_in(folder, home, "--no-input", GIT_DEFAULT_HASH="sha256")
    assert git(folder / NAME, "rev-parse", "--show-object-format") == "sha1"


def test_hooks_are_short() -> None:
    """Each hook can be read at a glance."""
    for hook in (ROOT / "hooks").glob("*.py"):
        assert len(hook.read_text("utf-8").splitlines()) <= 75
