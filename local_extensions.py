"""What cookiecutter needs to know about answers: the rules they obey, and how they are written into files.

Loaded by cookiecutter as a Jinja extension (`_extensions` in `cookiecutter.json`), so the rules are
checked as soon as the last question is answered: before a folder is made, wherever an answer points.
"""

import json
import keyword
import logging
import re
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from traceback import walk_tb
from types import TracebackType
from typing import Any

from cookiecutter import __version__
from jinja2 import Environment
from jinja2.ext import Extension

if tuple(map(int, re.findall(r"\d+", __version__)[:2])) < (2, 3):
    sys.exit(f"This template needs cookiecutter 2.3 or newer, and this is {__version__}: update it.")

HERE = Path(__file__).parent
TAKEN = frozenset(re.findall(r"(?m)^\w+$", (HERE / "module_names.txt").read_text(encoding="utf-8")))
QUESTIONS = json.loads((HERE / "cookiecutter.json").read_text(encoding="utf-8"))
OVERLAYS = HERE / "overlays"
WINDOWS_RESERVED = frozenset(
    ["con", "prn", "aux", "nul", *(f"com{i}" for i in range(10)), *(f"lpt{i}" for i in range(10))]
)


# What holds for an answer, and the words for it. Rules are tried in order, up to the first broken one.
Rule = tuple[Callable[[Any], object], str]


def one_line(text: str) -> bool:
    """Whether `text` holds neither a line break nor a control character (joiners and marks may stay)."""
    return not any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in text)


def remote(text: str) -> bool:
    """Whether `text` is nothing, a URL that DVC has a remote for, or a path."""
    scheme, separator, rest = text.partition("://")
    if not separator:  # a drive's letter may stand before a path's colon
        return not re.match(r"-|[^/]{2,}:|[^/]+@", text)
    return scheme in {"s3", "gs", "azure", "ssh", "http", "https", "file"} and bool(rest)


@cache
def distributions() -> frozenset[str]:
    """The names of what a generated project installs, normalized as PEP 503 says."""
    locks = OVERLAYS.glob("framework/*/requirements-[ad]*.txt")
    pins = "\n".join(lock.read_text(encoding="utf-8") for lock in locks)
    return frozenset(re.findall(r"^([\w-]+)(?:\[.*\])?==", pins, re.MULTILINE))


def installed(slug: str) -> bool:
    """Whether a generated project installs a distribution of that name."""
    return re.sub("[-_.]+", "-", slug) in distributions()


def choice(question: str) -> tuple[Rule, ...]:
    """The rules that an answer is one of those that `cookiecutter.json` offers.

    Cookiecutter itself looks after that, but not in a replay file.
    """
    offered = QUESTIONS[question]
    return TEXT, (offered.__contains__, f"one of {', '.join(offered)}")


@cache
def git_settings() -> Mapping[str, str]:
    """What Git knows of its user, in whatever folder; empty without Git, or if it is not in UTF-8."""
    command = ("git", "config", "--global", "--null", "--get-regexp", r"^user\.(name|email)$")
    try:
        done = subprocess.run(command, capture_output=True, encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    return dict(re.findall(r"user\.(\w+)\n([^\0]*)\0", done.stdout))  # the last one holds, as for Git


def git_user(setting: str) -> str:
    """The default of a question: the `name` or `email` of Git's user, or nothing if it is not allowed."""
    value = git_settings().get(setting, "")
    return value if all(holds(value) for holds, _ in RULES[f"author_{setting}"]) else ""


def exercise_numbers(answer: str) -> list[int]:
    """The exercises that an answer names, in their order.

    Raises:
        ValueError: It is neither `all`, `none` nor numbers and ranges of exercises that are there.
    """
    offered = sorted(int(path.name) for path in OVERLAYS.glob("starting_point/exercises/[0-9]*"))
    if answer in {"all", "none"}:
        return offered if answer == "all" else []
    parts = [part.partition("-") for part in answer.split(",")]
    ranges = [range(int(first), int(last or first) + 1) for first, _, last in parts]
    named = sorted({number for numbers in ranges for number in numbers})
    if not set(named) <= set(offered) or not all(ranges):
        raise ValueError(answer)
    return named


def names_exercises(answer: str) -> bool:
    """Whether an answer names existing exercises, at least one."""
    number = "[0-9]{1,2}"
    one = f"{number}(-{number})?"
    try:
        return bool(re.fullmatch(f"all|{one}(,{one})*", answer) and exercise_numbers(answer))
    except ValueError:
        return False


TEXT: Rule = (lambda answer: isinstance(answer, str), "text, in quotes")
LINE: Rule = (one_line, "one line of text, without control characters")
NAME: Rule = (lambda text: text == text.strip() and text, "some text, without spaces at its ends")
FILE: Rule = (
    lambda text: text.split(".")[0] not in WINDOWS_RESERVED,
    "a name that Windows does not keep for a device",
)
RULES: Mapping[str, tuple[Rule, ...]] = {
    "project_name": (TEXT, LINE, NAME),
    "project_slug": (
        TEXT,
        (
            # What a package, a folder and an image may be called
            re.compile(r"(?=.{1,100}$)[a-z0-9]+([._-][a-z0-9]+)*").fullmatch,
            "at most 100 lower-case letters and digits, with single hyphens, dots and underscores "
            "between them",
        ),
        (
            lambda text: not installed(text),
            "something other than a distribution that the project itself installs",
        ),
        FILE,
    ),
    "package_name": (
        TEXT,
        (
            re.compile(r"[a-z][a-z0-9_]{0,39}").fullmatch,
            "at most 40 lower-case letters, digits and underscores, a letter first",
        ),
        (
            lambda text: not keyword.iskeyword(text) and not keyword.issoftkeyword(text),
            "something other than a word of the Python language",
        ),
        (
            lambda text: text not in {*sys.stdlib_module_names, "test"},
            "something other than a module of Python's standard library",
        ),
        (lambda text: text not in TAKEN, "something other than a package that the project itself installs"),
        FILE,
    ),
    "description": (TEXT, LINE, NAME),
    "author_name": (
        TEXT,
        LINE,
        NAME,
        (lambda text: not set("<>") & set(text), "a name without < and >"),
        # Git strips these characters from both ends, and refuses a name of which nothing is left.
        (lambda text: text.strip(" .,:;\"'\\"), "a name, with more than . , : ; \\ and quotes in it"),
    ),
    "author_email": (
        TEXT,
        (re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(\.[\w-]+)+", re.ASCII).fullmatch, "an e-mail address"),
    ),
    "python_version": choice("python_version"),
    "framework": choice("framework"),
    "dvc_remote": (
        TEXT,
        (
            re.compile(r"[^\s\"'#,\\]*").fullmatch,
            "a URL or path without spaces, quotes, commas, # and backslashes",
        ),
        (remote, "empty, a URL with s3, gs, azure, ssh, http, https or file, or a path"),
    ),
    "license": choice("license"),
    "starting_point": choice("starting_point"),
}
WORKED: Rule = ("none".__eq__, "none with starting_point=worked-example")
CHOSEN: Rule = (names_exercises, "all, or numbers and ranges of exercises that are there, such as 1-4,7")


def problems(answers: Mapping[str, object]) -> str:
    """One line for each answer that breaks a rule: the question, the value, the first rule it breaks."""
    exercises = CHOSEN if answers.get("starting_point") == "exercises" else WORKED
    lines = []
    for question, rules in {**RULES, "__exercises": (TEXT, exercises)}.items():
        answer = answers.get(question)
        # Cookiecutter asks for mappings last: where one stands in a user's configuration, nothing is here.
        shown = repr(answer) if question in answers else "a mapping"
        if broken := next((text for holds, text in rules if not holds(answer)), None):
            lines.append(f"{question}: {shown} is not allowed. It has to be {broken}.")
    return "\n".join(lines)


def stop_on_wrong_answers(answers: Mapping[str, object]) -> str:
    """End the program with the `problems` of the answers, if there are any."""
    if found := problems(answers):
        sys.exit(found)
    return ""


def obstacles(answers: Mapping[str, Any]) -> str:
    """What prevents a project: wrong answers, such as those of a replay file, or else a full disk."""
    if found := problems(answers):
        return found
    if shutil.disk_usage(answers.get("_output_dir", ".")).free < 10_000_000:
        return "No space left on this disk: a project needs 10 MB. Make room, or choose another folder."
    return ""


def quoted(text: str) -> str:
    """`text` as a string literal that means the same in TOML, YAML, JSON and Python."""
    literal = json.dumps(text, ensure_ascii=False)
    return re.sub(r"[\x7f-\x9f\u2028\u2029\ufeff]", lambda c: f"\\u{ord(c[0]):04x}", literal)


def extra(remote: str) -> str:
    """The extra with DVC's client for a remote; empty where DVC alone has it (http, https, paths)."""
    scheme = remote.partition("://")[0]
    return scheme if scheme in {"s3", "gs", "azure", "ssh"} else ""


def dvc_url(remote: str) -> str:
    """A remote as `.dvc/config` names it: DVC reads a relative path from the folder of that file."""
    whole = "://" in remote or remote.startswith("~") or Path(remote).is_absolute()
    return remote if whole else f"../{remote}"


def initials(name: str) -> str:
    """The initials of a name, for the notebooks' file names: `Ada King Lovelace` gives `akl`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "".join(word[0] for word in re.findall(r"[a-z]+", plain))[:8] or "me"


def here() -> str:
    """The template's folder as a Python literal: cookiecutter and cruft render hooks there."""
    return ascii(str(Path.cwd()))


def texts(answers: Mapping[str, object]) -> str:
    """The answers, and what derives from them, as Python writes them."""
    return ascii({name: answer for name, answer in answers.items() if isinstance(answer, str)})


def explain(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print one line, not a traceback, for errors outside cookiecutter and this template."""
    # Cookiecutter makes a menu of a list in a user's configuration, and fails if it is empty.
    empty = [
        frame.f_locals["key"]
        for frame, _ in walk_tb(trace)
        if frame.f_code.co_name == "prompt_for_config" and frame.f_locals.get("raw") == []
    ]
    if empty:
        print(f"{empty[0]}: [] is not allowed. It has to be text, in quotes.", file=sys.stderr)
    elif isinstance(error, OSError):
        cause = error.__cause__ or error
        print(f"{error.filename or error}: {getattr(cause, 'strerror', cause)}", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)


def without_traceback(record: logging.LogRecord) -> bool:
    """Let cookiecutter log that a hook stopped it, without the traceback: the hook has said why."""
    record.exc_info = None
    return True


class AnswersExtension(Extension):
    """The filters above, where the template is, and who Git knows."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        sys.excepthook = explain
        logging.getLogger("cookiecutter.hooks").addFilter(without_traceback)
        about_answers = (obstacles, stop_on_wrong_answers, exercise_numbers)
        for function in (*about_answers, texts, quoted, extra, dvc_url, initials):
            environment.filters[function.__name__] = function
        environment.globals |= {"here": here, "git_user": git_user}
