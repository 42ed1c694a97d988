"""Who has done which exercises: a table of all the repositories in a folder.

PYTHON scripts/class_progress.py FOLDER [--until 2026-03-01] [--csv], with the Python of an environment in
which the projects run (`make setup` in one of them makes it: its `.venv/bin/python`). It runs what students
wrote, in clones of what they committed, with the checks of this template instead of theirs.
"""

import argparse
import csv
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CHECKS = ROOT / "overlays/starting_point/exercises"
ANSWER = "{{ cookiecutter.package_name }}"
DONE, OPEN, ABSENT = "✓", "·", ""


class Unreadable(Exception):
    """Why a repository cannot be looked at."""


@dataclass
class Repository:
    """What was found in one.

    Attributes:
        commit: The commit that was looked at, and `date` when it was made; empty where there is none.
        done: For each exercise, whether it is.
        members: How many commits each author made, as in "Ada 12, Grace 3".
        notes: What the instructor should look at.
    """

    name: str
    commit: str = ""
    date: str = ""
    done: dict[int, bool] = field(default_factory=dict)
    members: str = ""
    notes: list[str] = field(default_factory=list)


def find_repositories(folder: Path) -> list[Path]:
    """The folders in it that hold a project with exercises, by name."""
    return sorted(path for path in folder.iterdir() if (path / "docs/exercises").is_dir())


def read(path: Path, until: str | None) -> Repository:
    """Look at the last commit of a repository, or at the last one before a time."""
    found = Repository(path.name)
    try:
        before = [f"--before={until}"] if until else []
        found.commit = git(path, "rev-list", "-1", *before, "HEAD")
        if not found.commit:
            raise Unreadable(f"no commit before {until}")
        found.date = git(path, "log", "-1", "--format=%cs", found.commit)
        authors = git(path, "shortlog", "--summary", "--numbered", found.commit).splitlines()
        found.members = ", ".join(" ".join(reversed(line.split(maxsplit=1))) for line in authors)
        with tempfile.TemporaryDirectory() as folder:
            clone = Path(folder).resolve() / "clone"
            git(path, "clone", "--quiet", "--no-checkout", str(path.resolve()), str(clone))
            git(clone, "checkout", "--quiet", "--detach", found.commit)
            package = find_package(clone)
            if differ := replace_checks(clone, package):
                found.notes.append(f"its checks are not this template's: {', '.join(differ)}")
            found.notes += find_syntax_errors(clone)
            found.done = run_checks(clone)
    except Unreadable as error:
        found.notes.append(str(error))
    return found


def git(folder: Path, *arguments: str) -> str:
    """What a Git command prints.

    Raises:
        Unreadable: It fails.
    """
    command = ["git", "-C", str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace")
    if done.returncode:
        raise Unreadable(done.stderr.strip().rpartition("\n")[2])
    return done.stdout.strip()


def find_package(project: Path) -> str:
    """The name of the project's own package."""
    names = [path.parent.name for path in sorted(project.glob("src/*/__init__.py"))]
    names = [name for name in names if name != "workbench"]
    if len(names) != 1:
        raise Unreadable(f"src/ holds {len(names)} packages besides workbench, and not one")
    return names[0]


def replace_checks(project: Path, package: str) -> list[str]:
    """Put this template's checks in the place of a project's own.

    Returns:
        The names of those that differed, or were missing.
    """
    numbers = sorted(path.name[:2] for path in project.glob("docs/exercises/[0-9][0-9]-*.md"))
    folder = project / "exercises"
    own = {path.name: path.read_text("utf-8", errors="replace") for path in folder.glob("*.py")}
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    right = {}
    for part in ("all", *numbers):
        for path in (CHECKS / part / "exercises").glob("*.py"):
            right[path.name] = path.read_text("utf-8").replace(ANSWER, package)
            (folder / path.name).write_text(right[path.name], "utf-8")
    return sorted(name for name, text in right.items() if own.get(name) != text)


def find_syntax_errors(project: Path) -> Iterator[str]:
    """The files of a project that Python cannot read: their exercises look as if nothing were done."""
    for path in sorted(project.glob("src/**/*.py")):
        try:
            compile(path.read_bytes(), path.name, "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            where = f"{path.relative_to(project).as_posix()}, line {getattr(error, 'lineno', None)}"
            yield f"{where}: {type(error).__name__}: {getattr(error, 'msg', error)}"


def run_checks(project: Path) -> dict[int, bool]:
    """For each exercise, whether it is done.

    Raises:
        Unreadable: The checks do not answer, with what was printed last.
    """
    command = [sys.executable, "-B", "-m", "exercises", "--json"]
    done = subprocess.run(command, cwd=project, capture_output=True, encoding="utf-8", errors="replace")
    try:
        return {entry["number"]: bool(entry["done"]) for entry in json.loads(done.stdout)}
    except (ValueError, KeyError, TypeError) as error:
        reason = done.stderr.strip().rpartition("\n")[2] or "no answer"
        raise Unreadable(f"its checks do not run: {reason}") from error


def tabulate(repositories: list[Repository]) -> list[list[str]]:
    """A head, a row for each repository, and how many have done each exercise."""
    numbers = sorted(set().union(*(repository.done for repository in repositories)))
    rows = [["repository", "commit", "date", *map(str, numbers), "done", "commits of", "notes"]]
    marks = {True: DONE, False: OPEN, None: ABSENT}
    for each in repositories:
        cells = [marks[each.done.get(number)] for number in numbers]
        count = f"{cells.count(DONE)} of {len(each.done)}" if each.done else ""
        rows.append(
            [each.name, each.commit[:7], each.date, *cells, count, each.members, "; ".join(each.notes)]
        )
    totals = [sum(each.done.get(number, False) for each in repositories) for number in numbers]
    return [*rows, [f"{len(repositories)} in all", "", "", *map(str, totals), "", "", ""]]


def format_markdown(rows: list[list[str]]) -> str:
    """The table in Markdown."""
    lines = [rows[0], ["---"] * len(rows[0]), *rows[1:]]
    return "\n".join(f"| {' | '.join(re.sub(r'[|]', '/', cell) for cell in line)} |" for line in lines)


def main() -> None:
    """Print the table, and on standard error how far it has come."""
    parser = argparse.ArgumentParser(description="Who has done which exercises.")
    parser.add_argument("folder", type=Path, help="that of the class's repositories")
    parser.add_argument("--until", help="a deadline, as Git reads it: the last commit before it counts")
    parser.add_argument("--csv", action="store_true", help="print CSV instead of Markdown")
    options = parser.parse_args()
    if not options.folder.is_dir():
        sys.exit(f"{options.folder} is no folder: give that of the class's repositories.")
    paths = find_repositories(options.folder)
    if not paths:
        sys.exit(f"{options.folder}: no folder in it holds a project with exercises.")
    repositories = []
    for number, path in enumerate(paths, start=1):
        print(f"{number} of {len(paths)}: {path.name}", file=sys.stderr)
        repositories.append(read(path, options.until))
    rows = tabulate(repositories)
    if options.csv:
        csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
    else:
        print(format_markdown(rows))


if __name__ == "__main__":
    main()
