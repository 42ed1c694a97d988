"""What each question accepts and refuses, and how what is typed arrives in files."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from conftest import Bake
from cookiecutter.exceptions import FailedHookException
from cookiecutter.main import cookiecutter
from pytest_cookies.plugin import Cookies
from support import CHOICES, QUESTIONS, ROOT, SETTINGS, Result, generate, run

from local_extensions import extra, initials, problems, quoted

GOOD = {
    "project_name": "My ML Project",
    "project_slug": "my-ml-project",
    "package_name": "my_ml_project",
    "description": "It learns.",
    "author_name": "Ada",
    "author_email": "ada@example.com",
    "dvc_remote": "",
    **{question: values[0] for question, values in CHOICES.items()},
}
ACCEPTED = {
    "project_name": [
        "x",
        "Café ML",
        "a/b",
        "100 % <b>",
        "日本語",
        "👩\u200d🔬 lab",
        "مشروع",
        'it\'s "so" \\ `x`',
    ],
    "project_slug": ["x", "0", "a-b", "a.b", "a_b", "2nd-try", "x" * 100, "console", "com10"],
    "package_name": ["x", "a_b", "a1", "x" * 40, "true", "none_", "digits", "nullify"],
    "description": [
        "x",
        'Say "hi".',
        "back\\slash",
        "${HOME} %s <b> & {x}",
        "x" * 1000,
        "👩\u200d🔬",
        "שלום",
    ],
    "author_name": ["Ada", "Ada King-Lovelace", "O'Neil", "José", "李", 'A "B" C', "A, B & C", "x\\y"],
    "author_email": ["a@b.c", "first.last+tag@sub.example-site.org", "o'neil@example.com", "1@2.3"],
    "dvc_remote": [
        *(
            "",
            "s3://bucket",
            "s3://bucket/a/b",
            "gs://bucket/x",
            "azure://container/x",
            "ssh://user@host:22/srv",
        ),
        *(
            "http://host/x",
            "https://host:8443/x?y=1",
            "file:///mnt/x",
            "/mnt/store",
            "../store",
            "~/store",
            "store",
        ),
    ],
}
CONTROL = ["a\nb", "a\tb", "a\rb", "a\x00b", "a\x7fb", "a\x85b", "a\u2028b", "a\u2029b", "\ud800"]
SPACE = ["", " ", " a", "a ", "a\u00a0"]
REFUSED = {
    "project_name": [*CONTROL, *SPACE],
    "project_slug": [
        *(
            "",
            " ",
            "A",
            "a b",
            "é",
            "-a",
            "a-",
            ".a",
            "a.",
            "_a",
            "a_",
            ".",
            "..",
            "x" * 101,
            "a\n",
            "a\n\nb",
        ),
        *("../evil", "a/b", "/tmp/evil", "~", "~/a", "a\\b", "c:a", "a*", "$a", "a'", 'a"', "a;b", "%a", "٣"),
        *("con", "nul", "prn", "aux", "com1", "lpt9", "con.txt"),
        *("numpy", "scikit-learn", "scikit_learn", "scikit.learn", "dvc", "hydra-core"),
    ],
    "package_name": [
        *("", "1a", "_a", "A", "a-b", "a.b", "a b", "é", "x" * 41, "a/b", "../a", "a\n", "ª", "٣"),
        *("class", "import", "match", "case", "_"),
        *("json", "sys", "random", "test", "logging", "types", "os"),
        *("numpy", "sklearn", "torch", "hydra", "dvc", "src", "tests", "yaml"),
        *("requests", "click", "rich", "attr", "google", "mlflow", "dvc_s3"),
        *("con", "nul", "com1"),
    ],
    "description": [*CONTROL, *SPACE],
    "author_name": [*CONTROL, *SPACE, "A <a@b.c>", "a<", "a>"],
    "author_email": [
        "",
        "a",
        "a@",
        "@b.c",
        "a@b",
        "a b@c.d",
        "a@b.c ",
        "a@b..c",
        "a@@b.c",
        "a@b.c\n",
        "é@b.c",
        "<a@b.c>",
    ],
    "dvc_remote": [
        *(
            "ftp://host/x",
            "s3:/",
            "s3://",
            "://x",
            "S3://x",
            "git@host:x",
            "host.example:x/y",
            "-x",
            "a b",
            "a,b",
        ),
        *("a#b", "a'b", 'a"b', "a\\b", "a\nb", "javascript://x"),
    ],
}
# The rule that a value breaks
FAULTS = [
    ("project_name", " padded", "some text, without spaces at its ends"),
    ("project_slug", "../evil", "at most 100 lower-case letters, digits, hyphens, dots and underscores"),
    ("project_slug", "a/b", "at most 100 lower-case letters, digits, hyphens, dots and underscores"),
    ("project_slug", "{absolute}", "at most 100 lower-case letters, digits, hyphens, dots and underscores"),
    ("project_slug", "scikit_learn", "not a distribution that the project itself installs"),
    ("project_slug", "nul", "a name that Windows does not keep for a device"),
    ("package_name", "my-package", "at most 40 lower-case letters, digits and underscores, a letter first"),
    ("package_name", "class", "not a word of the Python language"),
    ("package_name", "json", "not a module of Python's standard library"),
    ("package_name", "numpy", "not a package that the project itself installs"),
    ("description", "a\tb", "one line of text, without control characters"),
    ("author_name", "Ada <ada@example.com>", "a name without < and >"),
    ("author_email", "ada", "an e-mail address"),
    ("dvc_remote", "two words", "a URL or path without spaces, quotes, commas, # and backslashes"),
    ("dvc_remote", "ftp://host/x", "empty, a URL with s3, gs, azure, ssh, http, https or file, or a path"),
]
CHOICE_FAULTS = [("python_version", "2.7"), ("framework", "none"), ("license", "WTFPL")]
HARD = {
    "quotes": """She said "it's 'so'" `now`""",
    "triple-quotes": "\"\"\"x''' }} %} #}",
    "backslashes": r"C:\new\table \u0041 \\ \x",
    "percent": "100 % %s %(x)s %%",
    "dollars": "${HOME} $(id) $x $${y}",
    "html": "<b>a</b> & &amp; <!-- -->",
    "yaml": "a: [b, - c] # {d} *e &f !g |",
    "emoji": "👩\u200d🔬 trains 🤖",
    "right-to-left": "مشروع תעודה",
    "other-scripts": "Größe 日本語 ﬁ é",
}


def each(values: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Question by question, value by value."""
    return [(question, value) for question, some in values.items() for value in some]


def nothing_left(folder: Path) -> bool:
    """Whether neither `folder` nor the one around it holds anything."""
    return not list(folder.iterdir()) and list(folder.parent.iterdir()) == [folder]


def assert_refused(done: Result, question: str, value: str, rule: str) -> None:
    """One line on standard error names the question, the value and the rule."""
    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if "is not allowed" in line]
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith(f"{question}: {value!r} is not allowed. It has to be {rule}")


def test_every_question_has_values_here() -> None:
    """No question's rules are without tests: those of text have values, the rest are choices."""
    assert set(ACCEPTED) == set(REFUSED) == set(QUESTIONS) - set(CHOICES)
    assert set(GOOD) == set(QUESTIONS)
    assert {question for question, _ in CHOICE_FAULTS} == set(CHOICES)


@pytest.mark.parametrize(("question", "value"), each(ACCEPTED))
def test_accepted(question: str, value: str) -> None:
    """The rules let a right value through."""
    assert problems({**GOOD, question: value}) == ""


@pytest.mark.parametrize(("question", "value"), each(REFUSED))
def test_refused(question: str, value: str) -> None:
    """The rules find a wrong value, and say so in one line."""
    message = problems({**GOOD, question: value})
    assert re.fullmatch(
        rf"{question}: {re.escape(repr(value))} is not allowed\. It has to be [^\n]+\.", message
    )


@pytest.mark.parametrize(("question", "value", "rule"), FAULTS)
def test_message_tells_the_rule(question: str, value: str, rule: str) -> None:
    """Of a question's rules, the message tells the one that is broken."""
    message = problems(GOOD | {question: value})
    assert message.startswith(f"{question}: {value!r} is not allowed. It has to be {rule}")


@pytest.mark.parametrize(
    ("question", "value", "rule"), [FAULTS[i] for i in (0, 1, 2, 3, 4, 6, 10, 11, 12, 13)]
)
def test_command_line_refuses(folder: Path, home: Path, question: str, value: str, rule: str) -> None:
    """A wrong answer is all that is printed; nothing is left anywhere."""
    value = value.format(absolute=folder / "evil")
    answers = GOOD | {question: value}  # all, lest a wrong one make those that derive from it wrong, too
    done = generate(folder, home, "--no-input", *(f"{name}={answer}" for name, answer in answers.items()))
    assert_refused(done, question, value, rule)
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    assert nothing_left(folder)


@pytest.mark.parametrize(("question", "value"), CHOICE_FAULTS)
def test_choice_is_refused(cookies: Cookies, tmp_path: Path, question: str, value: str) -> None:
    """What is no choice is refused by cookiecutter itself, which names the choices."""
    result = cookies.bake(extra_context={question: value})
    assert f"{value} provided for choice variable {question}" in str(result.exception)
    assert str(SETTINGS[question]) in str(result.exception)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_all_wrong_answers_at_once(folder: Path, home: Path) -> None:
    """Several wrong answers need one attempt to be found."""
    wrong = {question: values[-1] for question, values in REFUSED.items()}
    done = generate(folder, home, "--no-input", *(f"{question}={value}" for question, value in wrong.items()))
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == list(wrong)
    assert nothing_left(folder)


def test_wrong_answer_when_asked(folder: Path, home: Path) -> None:
    """A wrong answer that is typed ends the questions with the same message."""
    done = generate(folder, home, stdin="Café ML\n../evil\n" + "\n" * 8)
    assert_refused(done, "project_slug", "../evil", "at most 100")
    assert nothing_left(folder)


def test_name_without_letters_to_derive_from(folder: Path, home: Path) -> None:
    """Where the project's name has nothing to make a folder name from, one is asked for."""
    done = generate(folder, home, "--no-input", "project_name=!?")
    assert "project_slug: '' is not allowed." in done.stderr
    assert done.returncode == 1
    assert nothing_left(folder)


@pytest.fixture(scope="session")
def answered(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The answers that cookiecutter keeps of a project, for a replay."""
    folder = tmp_path_factory.mktemp("answered")
    done = generate(folder, folder, "--no-input", "project_name=First")
    assert done.returncode == 0, done.stderr
    (saved,) = (folder / ".cookiecutter_replay").iterdir()
    return saved.read_text("utf-8")


def changed(answered: str, file: Path, **changes: str) -> str:
    """The path of a file with these answers, but for some."""
    answers = json.loads(answered)
    answers["cookiecutter"] |= changes
    file.write_text(json.dumps(answers), "utf-8")
    return str(file)


def test_replay(folder: Path, home: Path, answered: str) -> None:
    """The answers of an earlier project give a project again, with what was changed in them."""
    file = changed(answered, home / "answers.json", description="Once more.")
    done = generate(folder, home, "--replay-file", file)
    assert done.returncode == 0, done.stderr
    metadata = tomllib.loads((folder / "first/pyproject.toml").read_text("utf-8"))["project"]
    assert metadata["description"] == "Once more."


def test_replay_refuses_on_the_command_line(folder: Path, home: Path, answered: str) -> None:
    """A wrong answer in the file is one line, and the status of a failure."""
    file = changed(answered, home / "answers.json", package_name="json")
    done = generate(folder, home, "--replay-file", file)
    assert_refused(done, "package_name", "json", "not a module of Python's standard library")
    assert nothing_left(folder)


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("project_slug", "Wrong"),
        ("project_slug", "../evil"),
        ("author_name", "a\nb"),
        ("author_email", 'x"); import os #'),
        ("dvc_remote", "ftp://host/x"),
        *CHOICE_FAULTS,
    ],
)
def test_replay_refuses(
    folder: Path, home: Path, answered: str, capfd: pytest.CaptureFixture[str], question: str, value: str
) -> None:
    """A replay asks no questions, so the hook refuses what was changed for the worse in the file."""
    file = changed(answered, home / "answers.json", **{question: value})
    with pytest.raises(FailedHookException, match="Hook script failed"):
        cookiecutter(str(ROOT), replay=file, output_dir=str(folder))
    assert capfd.readouterr().err.startswith(f"{question}: {value!r} is not allowed. It has to be ")
    assert nothing_left(folder)


@pytest.mark.parametrize("text", HARD.values(), ids=HARD)
def test_texts_arrive_verbatim(bake: Bake, text: str) -> None:
    """Whatever the text, it is what a TOML or JSON reader gets, and the other files still parse."""
    author = re.sub("[<>]", "", text)
    project = bake(project_name=text, project_slug="hard", description=text, author_name=author)
    metadata = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]
    assert metadata["description"] == text
    assert metadata["authors"] == [{"name": author, "email": "you@example.com"}]
    assert author in (project / "LICENSE").read_text("utf-8")
    assert json.loads((project / ".devcontainer/devcontainer.json").read_text("utf-8"))["name"] == text
    assert (project / "README.md").read_text("utf-8").splitlines()[:3] == [f"# {text}", "", text]
    for file in [*project.rglob("*.yaml"), *project.rglob("*.yml")]:
        assert yaml.safe_load(file.read_text("utf-8")), file
    for file in project.rglob("*.py"):
        compile(file.read_text("utf-8"), file, "exec")
    for file in project.rglob("*.ipynb"):
        assert json.loads(file.read_text("utf-8"))["cells"], file


@pytest.mark.parametrize("text", [*HARD.values(), "\x80\u2028\ufeff\x7f", "\t\n"])
def test_quoted(text: str) -> None:
    """A quoted text is the text again in Python, JSON, YAML and TOML."""
    literal = quoted(text)
    assert eval(literal) == text
    assert json.loads(literal) == text
    assert yaml.safe_load(literal) == text
    assert tomllib.loads(f"x = {literal}") == {"x": text}


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ada King Lovelace", "akl"),
        ("José Ñandú", "jn"),
        ("jean-luc o'neil", "jlon"),
        ("李", "me"),
        ("X", "x"),
    ],
)
def test_initials(name: str, letters: str) -> None:
    """Initials are ASCII letters, whatever the name."""
    assert initials(name) == letters


@pytest.mark.parametrize(
    ("remote", "name"),
    [
        *(("s3://bucket/x", "s3"), ("gs://bucket", "gs"), ("azure://container/x", "azure")),
        *(("ssh://user@host:22/srv", "ssh"), ("https://host/x", ""), ("../store", ""), ("", "")),
    ],
)
def test_extra_of_a_remote(bake: Bake, remote: str, name: str) -> None:
    """The project takes DVC's client for the remote that was named, and that one only."""
    assert extra(remote) == name
    project = bake(dvc_remote=remote)
    metadata = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]
    assert not name or metadata["optional-dependencies"][name] == [f"dvc-{name}>={4 if name == 'ssh' else 3}"]
    planned = run("make", "--dry-run", "setup", cwd=project).stdout
    assert re.findall(r"--extra (\w+)", planned) == ([name] if name else [])
