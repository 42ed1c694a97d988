"""The hook that runs after generation, on computers as people have them."""

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from support import ROOT, Result, files, generate, git, run

NAME = "my-ml-project"
ALL_HOOKS = [
    *("applypatch-msg", "commit-msg", "post-checkout", "post-commit", "pre-commit", "prepare-commit-msg"),
    *("post-index-change", "reference-transaction"),
]
SETTINGS = {
    "signing-without-key": "[commit]\n\tgpgSign = true\n[user]\n\tsigningKey = 0123456789ABCDEF\n",
    "signing-by-ssh": "[commit]\n\tgpgSign = true\n[gpg]\n\tformat = ssh\n[user]\n\tsigningKey = ~/none\n",
    "signing-program": "[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = /bin/false\n",
    "failing-hooks": "[core]\n\thooksPath = {home}/hooks\n",
    "template-folder": "[init]\n\ttemplateDir = {home}/template\n",
    "other-branch": "[init]\n\tdefaultBranch = trunk\n",
    "line-ends": "[core]\n\tautocrlf = true\n\teol = crlf\n\tsafecrlf = true\n",
    "ignores": "[core]\n\texcludesFile = {home}/ignore\n",
    "attributes": "[core]\n\tattributesFile = {home}/attributes\n",
    "editor-and-template": "[core]\n\teditor = /bin/false\n[commit]\n\ttemplate = {home}/none\n\tverbose = true\n",
    "no-identity": "[user]\n\tuseConfigOnly = true\n",
}


def executable(path: Path, script: str) -> None:
    """Write a shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def assert_whole(project: Path, default_project: Path, done: Result) -> None:
    """The project has the files of any other, in one clean commit on `main`."""
    assert done.returncode == 0, done.stderr
    assert f"Created {NAME}: a Git repository with its first commit, and a DVC repository.\n" in done.stdout
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
def test_git_settings(folder: Path, home: Path, default_project: Path, settings: str) -> None:
    """No setting that people have in their ~/.gitconfig changes or prevents the first commit."""
    for hook in ALL_HOOKS:
        executable(home / "hooks" / hook, "exit 1")
        executable(home / "template" / "hooks" / hook, "exit 1")
    (home / "ignore").write_text(".python-version\n*.md\n/data\n.vscode\nmodels\n*.ipynb\n.dvc\n")
    (home / "attributes").write_text("*.txt text eol=crlf\n*.py text eol=crlf\n*.ipynb filter=missing\n")
    (home / ".gitconfig").write_text(settings.format(home=home))
    done = generate(folder, home, "--no-input")
    assert_whole(folder / NAME, default_project, done)
    assert not (folder / NAME / ".git/hooks").exists()


def test_git_identity(folder: Path, home: Path) -> None:
    """The commit is by whoever Git knows."""
    (home / ".gitconfig").write_text("[user]\n\tname = Grace\n\temail = grace@example.com\n")
    generate(folder, home, "--no-input", "author_name=Ada")
    assert git(folder / NAME, "log", "--format=%an <%ae> %cn") == "Grace <grace@example.com> Grace"


def test_no_git_identity(folder: Path, home: Path) -> None:
    """Where Git knows nobody, the commit is by the project's author, and no setting remains of that."""
    (home / ".gitconfig").write_text("[user]\n\tuseConfigOnly = true\n")
    generate(folder, home, "--no-input", "author_name=Zoë O'Neil", "author_email=zoe@example.com")
    assert git(folder / NAME, "log", "--format=%an <%ae> %cn") == "Zoë O'Neil <zoe@example.com> Zoë O'Neil"
    assert "user" not in (folder / NAME / ".git/config").read_text()


def test_no_git(folder: Path, home: Path, default_project: Path, tmp_path: Path) -> None:
    """Without Git the project is whole, and the commands that are printed do the rest later."""
    done = generate(folder, home, "--no-input", PATH=path_without("git", tmp_path / "bin"))
    assert done.returncode == 0, done.stderr
    project = folder / NAME
    assert not (project / ".git").exists()
    assert files(project) == files(default_project)
    first, commands = done.stdout.splitlines()[0].split(" Later, in the project: ")
    assert first.startswith(f"Created {NAME}: a DVC repository, but no commit (")
    assert "git" in first.partition("(")[2]
    later = run("sh", "-c", commands, cwd=project)
    assert later.returncode == 0, later.stderr
    assert_whole(project, default_project, subprocess.CompletedProcess([], 0, DONE))


DONE = f"Created {NAME}: a Git repository with its first commit, and a DVC repository.\n"


def test_git_that_fails(folder: Path, home: Path, default_project: Path, tmp_path: Path) -> None:
    """Where Git is there and fails, its own words say why, and the project is whole."""
    executable(tmp_path / "bin/git", "echo 'no space left on device' >&2; exit 128")
    done = generate(folder, home, "--no-input", PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    assert done.returncode == 0, done.stderr
    assert "but no commit (no space left on device). Later, in the project: git init" in done.stdout
    assert files(folder / NAME) == files(default_project)


@pytest.mark.parametrize("variable", ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"])
def test_git_around(folder: Path, home: Path, default_project: Path, tmp_path: Path, variable: str) -> None:
    """Called from a hook or an editor of another repository, that one is left alone."""
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet")
    places = {"GIT_DIR": ".git", "GIT_INDEX_FILE": ".git/index", "GIT_OBJECT_DIRECTORY": ".git/objects"}
    before = sorted(other.rglob("*"))
    done = generate(folder, home, "--no-input", **{variable: str(other / places.get(variable, "."))})
    assert_whole(folder / NAME, default_project, done)
    assert sorted(other.rglob("*")) == before


def test_inside_another_repository(folder: Path, home: Path, default_project: Path) -> None:
    """A folder of another repository gets a repository of its own, though the other one ignores it."""
    git(folder, "init", "--quiet")
    (folder / ".gitignore").write_text("*\n")
    done = generate(folder, home, "--no-input")
    assert_whole(folder / NAME, default_project, done)


@pytest.mark.parametrize("script", ["exit 1", "mkdir .dvc && echo x > .dvc/half; exit 1", "exec missing-program"])
def test_dvc_that_fails(
    folder: Path, home: Path, default_project: Path, tmp_path: Path, script: str
) -> None:
    """A `dvc` that does not run is as none at all."""
    executable(tmp_path / "bin/dvc", script)
    done = generate(folder, home, "--no-input", PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    assert_whole(folder / NAME, default_project, done)


def test_nobody_is_asked(folder: Path, home: Path, default_project: Path) -> None:
    """With standard input closed, nothing waits and nothing fails."""
    command = 'exec "$@" <&-'
    done = run(
        *("sh", "-c", command, "sh", sys.executable, "-m", "cookiecutter", ROOT, "--no-input"),
        cwd=folder,
        env={**os.environ, "HOME": str(home)},
    )
    assert_whole(folder / NAME, default_project, done)


def test_next_steps_exist(folder: Path, home: Path, tmp_path: Path) -> None:
    """What is printed to type next are targets that the project's Makefile has, in the project's folder."""
    done = generate(folder, home, "--no-input", "project_slug=mine")
    steps = [line.partition("#")[0].split() for line in done.stdout.splitlines() if line.startswith("  ")]
    assert steps[0] == ["cd", "mine"]
    assert steps[1:]
    for program, target in steps[1:]:
        assert program == "make"
        planned = run("make", "--dry-run", target, cwd=folder / "mine")
        assert planned.stdout.strip(), planned.stderr


def test_overwriting(folder: Path, home: Path) -> None:
    """A folder that is there already is left as it is."""
    (folder / NAME).mkdir()
    (folder / NAME / "mine.txt").write_text("mine")
    done = generate(folder, home, "--no-input")
    assert done.returncode == 1
    assert "already exists" in done.stderr + done.stdout
    assert files(folder) == {f"{NAME}/mine.txt": b"mine"}


def test_hooks_are_short() -> None:
    """Each hook can be read at a glance."""
    for hook in (ROOT / "hooks").glob("*.py"):
        assert len(hook.read_text("utf-8").splitlines()) <= 80
