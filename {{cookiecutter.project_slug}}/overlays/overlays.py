"""Put the chosen parts of a new project in place: called by the hook, and gone afterwards.

Exercises have parts of their own, other versions of some files among them. From the files that
`marked_files.txt` lists, they take solutions out: what stands between the lines
`# exercise 7: the task` and `# end of exercise 7`. Two spaces after the `#` begin a line that goes
on with the task. Without a task, nothing is said. Lines that begin with `#|`, before the end, stand
in the solution's place. In Python, a solution is a whole function: its signature and docstring
stay, and without such lines it raises NotImplementedError. A file that begins with
`# exercise 7 writes this file` is left out.
"""

import ast
import re
import shutil
from functools import partial
from pathlib import Path
from textwrap import dedent

SOLUTION = re.compile(
    r"(?m)^(?P<indent> *)# exercise (?P<number>\d+)(?P<task>:.*(?:\n *#  .*)*)?\n"
    r"(?P<solution>(?:.*\n)*?)(?P<instead>(?: *#\|.*\n)*)\n* *# end of exercise (?P=number)\n"
)
WHOLE_FILE = re.compile(r"# exercise (\d+) writes this file\n")


def place(choices: list[str], exercises: list[int]) -> None:
    """Copy what was chosen over the project, then take solutions out of its marked files."""
    marked = Path("overlays/marked_files.txt").read_text(encoding="utf-8").splitlines()
    parts = ("all", *(f"{n:02}" for n in exercises)) if exercises else ()
    for choice in [*choices, *(f"starting_point/exercises/{part}" for part in parts)]:
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
        resolve = partial(_resolve, exercises=exercises, is_python=path.suffix == ".py")
        text = SOLUTION.sub(resolve, WHOLE_FILE.sub("", text))
        path.write_text(text, encoding="utf-8", newline="\n")


def _resolve(mark: re.Match[str], exercises: list[int], is_python: bool) -> str:
    """The solution, or what an exercise leaves."""
    number, indent, task, instead = mark.group("number", "indent", "task", "instead")
    if int(number) not in exercises:
        return mark["solution"]
    head = ""
    if is_python:
        head = _find_head(mark["solution"])
        indent += " " * 4 if head else ""
        page = next(Path("docs/exercises").glob(f"{int(number):02}-*.md")).as_posix()
        instead = instead or f'{indent}raise NotImplementedError("exercise {number}: {page}")\n'
    lines = re.sub(r"\n *#  +", "\n", f"Exercise {number}{task}").splitlines() if task else []
    comment = "".join(f"{indent}# {line}\n" for line in lines)
    return head + comment + re.sub(r"(?m)#\| |^ *#\|$", "", instead)


def _find_head(solution: str) -> str:
    """The signature and the docstring of a function."""
    function = ast.parse(dedent(solution)).body[0]
    if not isinstance(function, ast.FunctionDef):
        return ""
    first = function.body[0]
    documented = ast.get_docstring(function, clean=False) is not None
    n_lines = first.end_lineno if documented else first.lineno - 1
    return "".join(solution.splitlines(keepends=True)[:n_lines])
