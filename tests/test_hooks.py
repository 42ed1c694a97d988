"""The hook that runs after generation, on computers as people have them."""

import os
import re
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cookiecutter.exceptions import OutputDirExistsException
from cookiecutter.main import cookiecutter
from pytest_cookies.plugin import Cookies
from support import ROOT, files, git, run

Generate = Callable[..., tuple[Path, str]]

NAME = "my-ml-project"
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


@pytest.fixture
def generate(
    cookies: Cookies, home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Generate:
    """A function that takes answers, and gives the project's folder and what the hook printed."""
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("GIT_CONFIG_GLOBAL")

    def generate(**answers: str) -> tuple[Path, str]:
        result = cookies.bake(extra_context=answers)
        assert result.exception is None, result
        return result.project_path, capfd.readouterr().out

    return generate


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


def test_inside_another_repository(generate: Generate, default_project: Path, tmp_path: Path) -> None:
    """A folder of another repository gets a repository of its own, though the other one ignores it."""
    git(tmp_path, "init", "--quiet")
    (tmp_path / ".gitignore").write_text("*\n")
    assert_whole(*generate(), default_project)


@pytest.mark.parametrize("script", ["exit 1", "exec missing-program"])
def test_dvc_that_fails(
    generate: Generate,
    default_project: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    script: str,
) -> None:
    """A `dvc` that does not run is as none at all."""
    executable(tmp_path / "bin/dvc", f"touch '{tmp_path}/called'; {script}")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    assert_whole(*generate(), default_project)
    assert (tmp_path / "called").exists()


def test_next_steps_exist(generate: Generate) -> None:
    """What is printed to type next are targets that the project's Makefile has, in the project's folder."""
    project, printed = generate(project_slug="mine")
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


def test_overwriting(folder: Path) -> None:
    """A folder that is there already is left as it is."""
    (folder / NAME).mkdir()
    (folder / NAME / "mine.txt").write_text("mine")
    with pytest.raises(OutputDirExistsException):
        cookiecutter(str(ROOT), no_input=True, output_dir=str(folder))
    assert files(folder) == {f"{NAME}/mine.txt": b"mine"}


def test_hooks_are_short() -> None:
    """Each hook can be read at a glance."""
    for hook in (ROOT / "hooks").glob("*.py"):
        assert len(hook.read_text("utf-8").splitlines()) <= 80
