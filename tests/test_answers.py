"""What each question accepts and refuses, and how what is typed arrives in files."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from answer_cases import CASES, EXERCISES, HARD
from conftest import Bake
from cookiecutter.exceptions import FailedHookException
from cookiecutter.main import cookiecutter
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pytest_cookies.plugin import Cookies
from support import CHOICES, QUESTIONS, ROOT, SETTINGS, Result, generate, git, run
from validate_pyproject.api import Validator

from local_extensions import exercise_numbers, extra, initials, problems, quoted

VALIDATE = Validator()
GOOD = {
    "project_name": "My ML Project",
    "project_slug": "my-ml-project",
    "package_name": "my_ml_project",
    "description": "It learns.",
    "author_name": "Ada",
    "author_email": "ada@example.com",
    "dvc_remote": "",
    **{question: offered[0] for question, offered in CHOICES.items()},
    "__exercises": "none",
}


def nothing_left(folder: Path) -> bool:
    """Whether neither `folder` nor the one around it holds anything."""
    return not list(folder.iterdir()) and list(folder.parent.iterdir()) == [folder]


def assert_refused(done: Result, question: str, value: str, rule: str) -> None:
    """One line on standard error names the question, the value and the rule."""
    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if "is not allowed" in line]
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith(f"{question}: {value!r} is not allowed. It has to be {rule}")


def test_every_question_has_cases() -> None:
    """No question's rules are without tests, of what they take and of what they refuse."""
    assert set(GOOD) == {*QUESTIONS, "__exercises"}
    assert len(CASES) >= 60
    for question in GOOD:
        outcomes = {rule for asked, _, rule in CASES.values() if asked == question}
        assert outcomes > {None}, question


@pytest.mark.parametrize("name", CASES)
def test_case(cookies: Cookies, tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str) -> None:
    """A right answer gives a whole project with it; a wrong one gives a line, and nothing on disk."""
    question, value, rule = CASES[name]
    answers = GOOD | {question: value}  # all, lest a wrong one make those that derive from it wrong, too
    assert problems(answers) == (
        f"{question}: {value!r} is not allowed. It has to be {rule}." if rule else ""
    )
    result = cookies.bake(extra_context=answers)
    if rule:
        # What is not on one of its menus, cookiecutter refuses itself.
        words = f"{value} provided for choice variable {question}, but the choices are "
        assert str(result.exception).startswith(words if question in CHOICES else problems(answers))
        assert nothing_but_folders(tmp_path)
    else:
        assert result.exception is None, result
        assert "with its first commit" in capfd.readouterr().out
        assert_whole(result.project_path, answers)
        if question == "dvc_remote" and value:
            assert value in (result.project_path / ".dvc/config").read_text("utf-8")


@pytest.mark.parametrize("answer", EXERCISES)
def test_exercises_are_named(answer: str) -> None:
    """Numbers and ranges of exercises that are there, in any order; all else is refused in a line."""
    found = problems(GOOD | {"starting_point": "exercises", "__exercises": answer})
    if EXERCISES[answer]:
        assert (found, exercise_numbers(answer)) == ("", EXERCISES[answer])
    else:
        rule = "all, or numbers and ranges of exercises that are there, such as 1-4,7"
        assert found == f"__exercises: {answer!r} is not allowed. It has to be {rule}."


def nothing_but_folders(folder: Path) -> bool:
    """Whether no file was written below a folder."""
    return not [path for path in folder.rglob("*") if path.is_file()]


def assert_whole(project: Path, answers: dict[str, str]) -> None:
    """Every file parses, the metadata is valid, the answers are in it as typed, and all is committed."""
    metadata = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))
    VALIDATE(metadata)
    assert metadata["project"]["name"] == answers["project_slug"] == project.name
    assert metadata["project"]["description"] == answers["description"]
    author = {"name": answers["author_name"], "email": answers["author_email"]}
    assert metadata["project"]["authors"] == [author]
    if answers["license"] not in {"Apache-2.0", "GPL-3.0-or-later"}:  # these two name nobody
        assert answers["author_name"] in (project / "LICENSE").read_text("utf-8")
    readme = (project / "README.md").read_text("utf-8").split("\n")
    assert readme[:3] == [f"# {answers['project_name']}", "", answers["description"]]
    container = json.loads((project / ".devcontainer/devcontainer.json").read_text("utf-8"))
    assert container["name"] == answers["project_name"]
    assert (project / "src" / answers["package_name"] / "config.py").is_file()
    for file in [*project.rglob("*.yaml"), *project.rglob("*.yml")]:
        assert yaml.load(file.read_text("utf-8"), yaml.CSafeLoader), file
    for file in project.glob("tests/*.py"):  # the rest is copied as it is
        compile(file.read_text("utf-8"), file, "exec")
    for file in project.rglob("*.ipynb"):
        assert json.loads(file.read_text("utf-8"))["cells"], file
    assert git(project, "log", "--format=%s|%D") == "Start the project|HEAD -> main"
    assert git(project, "status", "--porcelain") == ""


NASTY = [*sorted({value for _, value, _ in CASES.values()}), *HARD.values(), "\ufeff", "\x1b[31m", "-"]
answer_texts = st.one_of(
    st.sampled_from(NASTY),
    st.text(max_size=30),
    st.lists(st.sampled_from([*NASTY, " ", "."]), min_size=2, max_size=3).map("".join),
)
any_answers = st.fixed_dictionaries(dict.fromkeys(GOOD, answer_texts))
# Right in form: what is left is whether a project with them is whole.
LINES = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=60)
NAMES = LINES.map(str.strip).filter(
    lambda text: text and "{{" not in text and "{%" not in text and "{#" not in text
)
right_answers = st.fixed_dictionaries(
    {
        "project_name": NAMES,
        "project_slug": st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}[a-z0-9]", fullmatch=True),
        "package_name": st.from_regex(r"[a-z][a-z0-9_]{0,39}", fullmatch=True),
        "description": NAMES,
        "author_name": NAMES.map(lambda text: re.sub("[<>]", "x", text)),
        "author_email": st.from_regex(r"[A-Za-z0-9.'+-]{1,9}@[a-z0-9-]{1,9}\.[a-z]{2,3}", fullmatch=True),
        "dvc_remote": st.sampled_from(
            [value for asked, value, rule in CASES.values() if asked == "dvc_remote" and not rule]
        ),
        **{question: st.sampled_from(values) for question, values in CHOICES.items()},
    }
)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(any_answers)
def test_any_answer_breaks_a_rule_in_one_line_or_none(answers: dict[str, str]) -> None:
    """One line for each wrong answer, in the order of the questions, and none for a right one."""
    last = {"starting_point": answers["starting_point"]}  # it says which `__exercises` there may be
    alone = [problems(GOOD | {question: answers[question]}) for question in QUESTIONS]
    alone += [problems(GOOD | last | {"__exercises": answers["__exercises"]}).rpartition("\n")[2]]
    questions = [*QUESTIONS, "__exercises"]
    alone = [line if line.partition(":")[0] == q else "" for q, line in zip(questions, alone, strict=True)]
    lines = [line for line in alone if line]
    assert problems(answers) == "\n".join(lines)
    for line in lines:
        assert re.fullmatch(r"[a-z_]+: .* is not allowed\. It has to be [^\n]+\.", line)
        assert line.isprintable()


@settings(
    max_examples=20,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.generate],  # a failure's smallest example would take minutes
)
@given(right_answers)
def test_right_answers_give_a_whole_project(cookies: Cookies, answers: dict[str, str]) -> None:
    """Whatever the texts are: every file parses and holds them as they were typed."""
    whole = GOOD | answers
    result = cookies.bake(extra_context=whole)
    if problems(whole):
        assert str(result.exception) == problems(whole)
    else:
        assert result.exception is None, (answers, result)
        assert_whole(result.project_path, whole)


@pytest.mark.parametrize(
    "name", ["an absolute path", "the folder above", "a newline", "a keyword", "an author of quotes"]
)
def test_command_line_refuses(folder: Path, home: Path, name: str) -> None:
    """A wrong answer is all that is printed; nothing is left anywhere."""
    question, value, rule = CASES[name]
    answers = GOOD | {question: value}
    done = generate(folder, home, "--no-input", *(f"{name}={answer}" for name, answer in answers.items()))
    assert rule
    assert_refused(done, question, value, rule)
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    assert nothing_left(folder)


@pytest.mark.parametrize("question", CHOICES)
def test_command_line_names_the_choices(folder: Path, home: Path, question: str) -> None:
    """The last line about a choice that is not offered names those that are."""
    done = generate(folder, home, "--no-input", f"{question}=none")
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert f"choice variable {question}, but the choices are {CHOICES[question]}" in last
    assert nothing_left(folder)


def test_menus(folder: Path, home: Path) -> None:
    """A choice is a numbered menu, with a label for each entry that begins as one writes it elsewhere."""
    numbers = {question: len(offered) for question, offered in CHOICES.items()}  # of each menu, the last
    typed = [str(numbers.get(question, "")) for question in QUESTIONS]
    asked = generate(folder, home, stdin="\n".join([*typed, ""]))
    assert asked.returncode == 0, asked.stderr
    for question, offered in CHOICES.items():
        assert SETTINGS["__prompts__"][question]["__prompt__"] in asked.stdout
        for number, choice in enumerate(offered, start=1):
            label = SETTINGS["__prompts__"][question][choice]
            assert label.startswith(choice)
            assert f" {number} - {label}\n" in asked.stdout
    project = folder / GOOD["project_slug"]
    assert (project / ".python-version").read_text("utf-8") == "3.14\n"
    assert "All rights reserved" in (project / "LICENSE").read_text("utf-8")
    assert (project / "configs/trainer").is_dir()
    assert (project / "exercises").is_dir()


def test_all_wrong_answers_at_once(folder: Path, home: Path) -> None:
    """Several wrong answers need one attempt to be found."""
    wrong = {
        question: value
        for question, value, rule in CASES.values()
        if rule and question not in CHOICES and not {"\x00", "\ud800"} & set(value)
    }
    wrong = {question: wrong[question] for question in [*QUESTIONS, "__exercises"] if question in wrong}
    done = generate(folder, home, "--no-input", *(f"{question}={value}" for question, value in wrong.items()))
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == list(wrong)
    assert nothing_left(folder)


def test_wrong_answer_when_asked(folder: Path, home: Path) -> None:
    """A wrong answer that is typed ends the questions with the same message."""
    done = generate(folder, home, stdin="Café ML\n../evil\n" + "\n" * (len(QUESTIONS) - 2))
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


def changed(answered: str, file: Path, **changes: object) -> str:
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
    assert_refused(done, "package_name", "json", "something other than a module of Python's standard library")
    assert nothing_left(folder)


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("project_slug", "Wrong"),
        ("project_slug", "../evil"),
        ("author_name", "a\nb"),
        ("author_email", 'x"); import os #'),
        ("dvc_remote", "ftp://host/x"),
        ("python_version", "2.7"),
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


# Of what YAML and JSON have, what is neither a text, nor a number, nor a menu of texts
NO_TEXT = [None, True, {}, {"a": 1}, [["a"]]]
TEXTS = [question for question in QUESTIONS if question not in CHOICES]
SHOWN = {"{}": "a mapping", "{'a': 1}": "a mapping", "[['a']]": "['a']"}  # what cookiecutter leaves of it


def configure(home: Path, **answers: object) -> str:
    """The path of a user's configuration with these answers."""
    (home / "config.yaml").write_text(yaml.safe_dump({"default_context": answers}), "utf-8")
    return str(home / "config.yaml")


def refused_types(done: Result) -> list[str]:
    """The questions that lines on standard error name, with nothing else there, and no traceback anywhere."""
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    lines = [line.partition(": ") for line in done.stderr.splitlines()]
    assert {text.partition(" is not allowed. ")[2] for _, _, text in lines} == {
        "It has to be text, in quotes."
    }
    return [question for question, _, _ in lines]


@pytest.mark.parametrize("answer", NO_TEXT, ids=repr)
def test_configuration_without_text(folder: Path, home: Path, answer: object) -> None:
    """Where a user's configuration has something else than text, a line names each question."""
    config = configure(home, **dict.fromkeys(TEXTS, answer))
    done = generate(folder, home, "--no-input", "--config-file", config)
    assert refused_types(done) == TEXTS
    assert f": {SHOWN.get(repr(answer), repr(answer))} is not allowed" in done.stderr
    assert nothing_left(folder)


@pytest.mark.parametrize("question", ["project_name", "project_slug"])
@pytest.mark.parametrize("answer", NO_TEXT, ids=repr)
def test_configuration_without_the_text_of_a_name(
    folder: Path, home: Path, question: str, answer: object
) -> None:
    """What derives from such an answer is not complained about."""
    config = configure(home, **{question: answer})
    assert refused_types(generate(folder, home, "--no-input", "--config-file", config)) == [question]


@pytest.mark.parametrize("question", QUESTIONS)
def test_configuration_with_an_empty_menu(folder: Path, home: Path, question: str) -> None:
    """An empty list is a menu of nothing: the same line, also where one is asked."""
    config = configure(home, **{question: []})
    for options in ((), ("--no-input",)):
        done = generate(folder, home, "--config-file", config, *options, stdin="\n" * len(QUESTIONS))
        assert refused_types(done) == [question]
    assert nothing_left(folder)


def test_configuration_with_numbers(folder: Path, home: Path) -> None:
    """A number is taken as its text, and a list as a menu, whose first entry is the default."""
    config = configure(home, project_name=42, description=1.5, author_name=["Ada", "Grace"], package_name="x")
    done = generate(folder, home, "--no-input", "--config-file", config)
    assert done.returncode == 0, done.stderr
    metadata = tomllib.loads((folder / "42/pyproject.toml").read_text("utf-8"))["project"]
    assert (metadata["name"], metadata["description"]) == ("42", "1.5")
    assert metadata["authors"] == [{"name": "Ada", "email": "you@example.com"}]


@pytest.mark.parametrize("question", CHOICES)
@pytest.mark.parametrize("answer", ["none", None, True, 3.12, {}, {"a": 1}, ["none"]], ids=repr)
def test_configuration_with_another_choice(folder: Path, home: Path, question: str, answer: object) -> None:
    """Cookiecutter warns of it, names what is offered, and goes on with its own default."""
    config = configure(home, **{question: answer})
    # A wrong answer to another question ends it before a project is written.
    done = generate(folder, home, "--no-input", "--config-file", config, "package_name=json")
    assert f"variable {question}, but " in done.stderr
    assert f"choices are {CHOICES[question]}" in done.stderr
    assert_refused(done, "package_name", "json", "something other than a module of Python's standard library")
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("answer", [*NO_TEXT, [], ["a"], 5, 3.12], ids=repr)
def test_replay_without_text(folder: Path, home: Path, answered: str, answer: object) -> None:
    """What a replay file has instead of text is refused question by question, without a traceback."""
    file = changed(answered, home / "answers.json", **dict.fromkeys(QUESTIONS, answer))
    done = generate(folder, home, "--replay-file", file)
    assert refused_types(done) == QUESTIONS
    assert f": {answer!r} is not allowed" in done.stderr
    assert nothing_left(folder)


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


@pytest.mark.parametrize("answers", [(), ("description=Else.",)], ids=["asked", "given another"])
def test_git_knows_the_author(folder: Path, home: Path, answers: tuple[str, ...]) -> None:
    """Enter takes the name and address that Git is configured with, which may look like Jinja."""
    (home / ".gitconfig").write_text(
        '[user]\n\tname = "Zoë {{ 7*7 }} \\"Z\\""\n\temail = zoe@example.com\n', "utf-8"
    )
    done = generate(folder, home, *answers, stdin="\n" * len(QUESTIONS))
    assert done.returncode == 0, done.stderr
    metadata = tomllib.loads((folder / "my-ml-project/pyproject.toml").read_text("utf-8"))["project"]
    assert metadata["authors"] == [{"name": 'Zoë {{ 7*7 }} "Z"', "email": "zoe@example.com"}]


def test_an_answer_precedes_what_git_knows(folder: Path, home: Path) -> None:
    """A user's configuration and the command line say who the author is, whatever Git says."""
    (home / ".gitconfig").write_text("[user]\n\tname = Grace\n\temail = not an address\n")
    config = configure(home, author_name="Ada")
    done = generate(folder, home, "--no-input", "--config-file", config, "author_email=ada@example.com")
    assert done.returncode == 0, done.stderr
    metadata = tomllib.loads((folder / "my-ml-project/pyproject.toml").read_text("utf-8"))["project"]
    assert metadata["authors"] == [{"name": "Ada", "email": "ada@example.com"}]


@pytest.mark.parametrize(
    "settings",
    [
        b"[user]\n\tname =\n\temail\n",
        b"[user]\n\tname = Zo\xeb\n",
        b"[user\n",
        b'[user]\n\tname = "a\\nb"\n\temail = root@localhost\n',
        b"[user]\n\tname = Ada <ada@example.com>\n",
    ],
    ids=repr,
)
def test_git_knows_no_author(folder: Path, home: Path, settings: bytes) -> None:
    """Where Git is configured with nothing, or with what is no answer, the defaults are the template's."""
    (home / ".gitconfig").write_bytes(settings)
    assert generate(folder, home, "--no-input").returncode == 0
    metadata = tomllib.loads((folder / "my-ml-project/pyproject.toml").read_text("utf-8"))["project"]
    assert metadata["authors"] == [{"name": "Your Name", "email": "you@example.com"}]


def test_exercises_are_not_asked_for(folder: Path, home: Path) -> None:
    """They are all left open, unless the command line names some."""
    answers = ("starting_point=exercises", "__exercises=2,7")
    asked = generate(folder, home, *answers, stdin="\n" * len(QUESTIONS))
    assert asked.returncode == 0, asked.stderr
    assert f"[{len(QUESTIONS)}/{len(QUESTIONS)}]" in asked.stdout
    pages = (folder / "my-ml-project/docs/exercises").glob("[0-9]*.md")
    assert sorted(page.name[:2] for page in pages) == ["02", "07"]
