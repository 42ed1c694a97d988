"""Who has done which exercises: a table of all the repositories in a folder.

PYTHON scripts/class_progress.py FOLDER, with the Python of an environment that the projects can run in
(`make setup` in one of them makes one: its `.venv/bin/python`). It runs what students wrote.
"""

import json
import subprocess
import sys
from pathlib import Path

DONE, OPEN, ABSENT = "✓", "·", ""
Results = dict[int, bool]


def find_repositories(folder: Path) -> list[Path]:
    """The folders in it that hold a project with exercises, by name."""
    return sorted(path for path in folder.iterdir() if (path / "exercises" / "__main__.py").is_file())


def check(repository: Path) -> Results:
    """Run the checks of a repository: for each exercise, whether it is done.

    Raises:
        ValueError: They do not answer, with what was printed last.
    """
    command = [sys.executable, "-B", "-m", "exercises", "--json"]
    done = subprocess.run(command, cwd=repository, capture_output=True, encoding="utf-8", errors="replace")
    try:
        return {entry["number"]: bool(entry["done"]) for entry in json.loads(done.stdout)}
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(done.stderr.strip().rpartition("\n")[2] or "no answer") from error


def describe(class_: dict[str, Results | str]) -> str:
    """A table in Markdown: a row for each repository, a column for each exercise, and how many have it."""
    results = {name: result for name, result in class_.items() if isinstance(result, dict)}
    numbers = sorted(set().union(*results.values())) if results else []
    rows = [["repository", *map(str, numbers), "done"], ["---"] * (len(numbers) + 2)]
    for name, result in class_.items():
        if isinstance(result, str):
            rows.append([name, *[ABSENT] * len(numbers), result])
            continue
        marks = {True: DONE, False: OPEN, None: ABSENT}
        cells = [marks[result.get(number)] for number in numbers]
        rows.append([name, *cells, f"{cells.count(DONE)} of {len(result)}"])
    totals = [sum(result.get(number, False) for result in results.values()) for number in numbers]
    rows.append([f"{len(class_)} in all", *map(str, totals), ""])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main(arguments: list[str]) -> None:
    """Print the table, and on standard error how far it has come."""
    folder = Path(arguments[0]) if len(arguments) == 1 else Path()
    if len(arguments) != 1 or not folder.is_dir():
        sys.exit("Give one folder: that of the class's repositories.")
    repositories = find_repositories(folder)
    if not repositories:
        sys.exit(f"{folder}: no folder in it holds a project with exercises.")
    class_: dict[str, Results | str] = {}
    for number, repository in enumerate(repositories, start=1):
        print(f"{number} of {len(repositories)}: {repository.name}", file=sys.stderr)
        try:
            class_[repository.name] = check(repository)
        except ValueError as error:
            class_[repository.name] = f"its checks do not run: {error}"
    print(describe(class_))


if __name__ == "__main__":
    main(sys.argv[1:])
