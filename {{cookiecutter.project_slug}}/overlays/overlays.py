"""Put the chosen parts of a new project in place: called by the hook, and gone afterwards.

Exercises have parts of their own, and take solutions out of the others. A solution stands between
the lines `# exercise 7: the task` and `# end of exercise 7`. Two spaces after the `#` begin a line
that goes on with the task. Lines that begin with `#|`, before the end, are what stands there
instead; without them, a Python function raises NotImplementedError. Without a task, as round an
import, nothing is said. A file that begins with `# exercise 7 writes this file` is left out.
"""

import re
import shutil
from pathlib import Path

SOLUTION = re.compile(
    r"(?m)^(?P<indent> *)# exercise (?P<number>\d+)(?P<task>:.*(?:\n *#  .*)*)?\n"
    r"(?P<solution>(?:.*\n)*?)(?P<instead>(?: *#\|.*\n)*) *# end of exercise (?P=number)\n"
)
WHOLE_FILE = re.compile(r"# exercise (\d+) writes this file\n")


def place(choices: list[str], exercises: list[int], marked: list[str]) -> None:
    """Copy what was chosen over the project, then take solutions out of its marked files."""
    of_exercises = [f"exercises/{part}" for part in ("all", *(f"{n:02}" for n in exercises))]
    for choice in [*choices, *(of_exercises if exercises else [])]:
        shutil.copytree(f"overlays/{choice}", ".", dirs_exist_ok=True)
    shutil.rmtree("overlays")
    take_out(marked, exercises)


def take_out(marked: list[str], exercises: list[int]) -> None:
    """Leave the tasks of these exercises; of all others, take out the marks only."""
    for path in filter(Path.is_file, map(Path, marked)):
        text = path.read_text(encoding="utf-8")
        if (whole := WHOLE_FILE.match(text)) and int(whole[1]) in exercises:
            path.unlink()
            continue

        def replace(mark: re.Match[str]) -> str:
            return _leave_task(mark) if int(mark["number"]) in exercises else mark["solution"]

        text = SOLUTION.sub(replace, WHOLE_FILE.sub("", text))
        path.write_text(text, encoding="utf-8", newline="\n")


def _leave_task(mark: re.Match[str]) -> str:
    indent, task, instead, number = *mark.group("indent", "task", "instead"), int(mark["number"])
    head = f"{indent}# Exercise {number}{re.sub('#  +', '# ', task)}\n" if task else ""
    if task and not instead and mark.string.startswith('"""'):  # a Python module
        page = next(Path("docs/exercises").glob(f"{number:02}-*.md")).as_posix()
        instead = f'{indent}raise NotImplementedError("exercise {number}: {page}")\n'
    return head + re.sub(r"(?m)#\| ?", "", instead)
