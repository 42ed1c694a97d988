"""Put the chosen parts of a new project in place: called by the hook, in the project's folder.

What is not chosen is neither copied nor rendered, so most of these parts cost nothing. The others
are not rendered by Jinja: only answers, such as `{{ cookiecutter.package_name }}`, are filled in.

Exercises have parts of their own, other versions of some files among them. From the files that
`marked_files.txt` lists, they take solutions out: what stands between the lines
`# exercise 7: the task` and `# end of exercise 7`. Two spaces after the `#` begin a line that goes
on with the task. Without one, no comment is left. Lines that begin with `#|`, before the end, stand
in the solution's place. In Python, a solution is a whole function: its signature and docstring
stay, and without such lines it raises NotImplementedError. A file that begins with
`# exercise 7 writes this file` is left out.
"""

import re
import shutil
from functools import partial
from itertools import chain
from pathlib import Path

HERE = Path(__file__).parent
ANSWER = re.compile(rb"\{\{ ?cookiecutter\.(\w+) ?\}\}")
SOLUTION = re.compile(
    r"(?m)^(?P<indent> *)# exercise (?P<number>\d+)(?P<task>:.*(?:\n *#  .*)*)?\n"
    r"(?P<solution>(?:.*\n)*?)(?P<instead>(?: *#\|.*\n)*)\n* *# end of exercise (?P=number)\n"
)
COPIED = (  # by cookiecutter, although they contain answers: rendering them would take longer
    *(".devcontainer/Dockerfile", ".python-version", ".run/*", ".vscode/*", "AGENTS.md"),
    *("configs/*/*.yaml", "docs/*.md", "environment.yml", "notebooks/*", "tests/*.py"),
)
WHOLE_FILE = re.compile(r"# exercise (\d+) writes this file\n")


def place(choices: list[str], exercises: list[int], answers: dict[str, str]) -> None:
    """Copy what was chosen over the project, then take solutions out of its marked files."""
    overlays = [HERE / choice for choice in choices]
    for part in ("all", *(f"{number:02}" for number in exercises)) if exercises else ():
        for folder in (HERE, *(HERE / choice / "overlays" for choice in choices)):
            overlays.append(folder / "starting_point/exercises" / part)
    for overlay in overlays:
        copy(overlay, answers)
    for path in chain.from_iterable(map(Path().glob, COPIED)):
        text = path.read_bytes()
        if (filled := fill(text, answers)) != text:
            path.write_bytes(filled)
    marked = fill((HERE / "marked_files.txt").read_bytes(), answers).decode()
    take_out(marked.splitlines(), exercises)


def copy(overlay: Path, answers: dict[str, str]) -> None:
    """Copy the files of an overlay, with answers in their names and texts."""
    for path in overlay.rglob("*"):
        name = path.relative_to(overlay).as_posix()
        if path.is_dir() or name.startswith("overlays/") or "__pycache__" in name:
            continue
        target = Path(fill(name.encode(), answers).decode())
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(fill(path.read_bytes(), answers))
        shutil.copymode(path, target)


def fill(text: bytes, answers: dict[str, str]) -> bytes:
    """Put answers where a text has their names."""
    return ANSWER.sub(lambda name: answers[name[1].decode()].encode(), text)


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
        head, indent = _find_head(mark["solution"]), indent + " " * 4
        page = next(Path("docs/exercises").glob(f"{int(number):02}-*.md")).as_posix()
        instead = instead or f'{indent}raise NotImplementedError("exercise {number}: {page}")\n'
    lines = re.sub(r"\n *#  +", "\n", f"Exercise {number}{task}").splitlines() if task else []
    comment = "".join(f"{indent}# {line}\n" for line in lines)
    return head + comment + re.sub(r"(?m)#\| |^ *#\|$", "", instead)


def _find_head(function: str) -> str:
    """The signature and the docstring of a function."""
    import ast  # slow, and for exercises only
    from textwrap import dedent

    (node,) = ast.parse(dedent(function)).body
    first = node.body[0]
    documented = ast.get_docstring(node, clean=False) is not None
    n_lines = first.end_lineno if documented else first.lineno - 1
    return "".join(function.splitlines(keepends=True)[:n_lines])
