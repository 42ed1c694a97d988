"""Which exercises are done, and what is wrong with the next one: `make exercises`.

`python -m exercises 7` tries one, and `--json` is for machines.
"""

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from .support import ROOT, NotYet, run

PAGES = {
    int(page.name[:2]): page for page in sorted((ROOT / "docs" / "exercises").glob("[0-9]*.md"))
}
MINUTES = 10  # for a check
DONE = "done"


def title(number: int) -> str:
    """What an exercise's page calls it."""
    return PAGES[number].read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")


def page(number: int) -> str:
    """Where an exercise's page is, from the project's root."""
    return PAGES[number].relative_to(ROOT).as_posix()


def try_exercise(number: int) -> str:
    """Run a check in this process.

    Returns:
        `done`, or the first thing that is wrong.
    """
    sys.path.insert(0, str(ROOT / "src"))
    try:
        with _quiet():
            import_module(f".exercise_{number:02}", __package__).check()
    except NotYet as fault:
        return str(fault)
    except NotImplementedError as error:
        return f"Not begun: {error}"
    except (Exception, SystemExit) as error:
        return f"{_find_place(error)}{type(error).__name__}: {error}"
    return DONE


@contextmanager
def _quiet() -> Iterator[None]:
    """What is printed meanwhile, by programs that are started too, goes to standard error."""
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


def _find_place(error: BaseException) -> str:
    """The project's last line that led to an error, where one did."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_own(frame.filename)]
    return f"{Path(own[-1].filename).relative_to(ROOT)}, line {own[-1].lineno}: " if own else ""


def _is_own(filename: str) -> bool:
    path = Path(filename)
    return any(path.is_relative_to(ROOT / name) for name in ("src", "tests"))


def try_apart(number: int) -> str:
    """The same in a process of its own, which may hang or crash."""
    try:
        command = (sys.executable, "-m", __package__, str(number))
        result = run(*command, root=ROOT, timeout=60 * MINUTES)
    except subprocess.TimeoutExpired:
        return f"Its check did not come to an end within {MINUTES} minutes."
    return result.stdout.strip() or result.stderr.strip().rpartition("\n")[2]


def try_all() -> dict[int, str]:
    """Run every check, as many at a time as there are processors."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(PAGES, pool.map(try_apart, PAGES), strict=True))


def describe(results: dict[int, str]) -> str:
    """A table in Markdown, and what comes next."""
    states = {number: DONE if result == DONE else "to do" for number, result in results.items()}
    lines = ["| exercise | |", "|---|---|"]
    lines += [f"| {title(number)} | {state} |" for number, state in states.items()]
    lines += ["", f"{list(states.values()).count(DONE)} of {len(states)} are done."]
    for number, result in results.items():
        if result != DONE:
            lines[-1] += f" The next one is {page(number)}:"
            return "\n".join([*lines, "", result])
    return "\n".join(lines)


def describe_for_machines(results: dict[int, str]) -> str:
    """The same as JSON: a list, for each exercise whether it is done, and what is wrong."""
    return json.dumps(
        [
            {
                "number": number,
                "title": title(number),
                "done": result == DONE,
                "message": "" if result == DONE else result,
            }
            for number, result in results.items()
        ],
        indent=2,
    )


def main(arguments: list[str]) -> None:
    """Print what was found."""
    numbers = [text for text in arguments if text != "--json"]
    wrong = [text for text in numbers if not text.isdecimal() or int(text) not in PAGES]
    if wrong or len(numbers) > 1:
        sys.exit(f"Give one of the numbers {', '.join(map(str, PAGES))}, or none for all of them.")
    if numbers:
        print(try_exercise(int(numbers[0])))
        return
    results = try_all()
    print(describe_for_machines(results) if "--json" in arguments else describe(results))


if __name__ == "__main__":
    main(sys.argv[1:])
