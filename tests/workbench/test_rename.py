"""Another name for a project: what is replaced, what is left, and which names are refused."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from workbench.errors import UserError
from workbench.rename import rename

FILES = {
    "src/digits/__init__.py": "",
    "src/digits/app.py": "from workbench.errors import UserError\n",
    "src/digits/data/__init__.py": "",
    "src/digits/data/digits.py": ("digits = load_digits()\ntable = digits.data\nmore = digits.app(digits)\n"),
    "src/workbench/__init__.py": "",
    "tests/test_app.py": (
        "import digits\nimport digits.data\nfrom digits import app\nfrom digits.app import run\n"
        "TEXT = 'digits.data.digits.load'\n"
    ),
    "notebooks/look.ipynb": '["from digits.app import run\\n", "digits.app"]\n',
    "configs/data/digits.yaml": "name: digits\nsource: digits.data.digits.load\n",
    "configs/tracker/mlflow.yaml": "tracker:\n  experiment: digits\n",
    "pyproject.toml": (
        '[project]\nname = "digits"\n\n[tool.hatch]\npackages = ["src/digits", "src/workbench"]\n'
        'roots = ["digits", "workbench"]\ncontract = "The workbench knows nothing of digits"\n'
    ),
    "docs/index.md": "The digits of `data/raw/digits.parquet`\nAPI <api/digits/modules>\n",
    "Makefile": "\tpython -m digits.app data=digits\n\tdocker build --tag digits-serve .\n",
    "dvc.lock": "  cmd: python -m digits.app\n  deps:\n  - path: src/digits/data\n    md5: 0a1b\n",
    ".cruft.json": '{"project_slug": "digits",\n"package_name": "digits",\n"project_name": "digits"}\n',
    "requirements.txt": "polars==1.0\n    # via digits (pyproject.toml)\n",
    "reports/reproducibility.md": "`python -m digits.app` gave this.\n",
}


@pytest.fixture
def digits(small: Path, commit: Callable[[], None]) -> Path:
    """A project that is called like its data set."""
    for name, text in FILES.items():
        (small / name).parent.mkdir(parents=True, exist_ok=True)
        (small / name).write_text(text)
    (small / "data/raw").mkdir(parents=True)
    (small / "data/raw/digits.parquet").write_bytes(b"digits.data\xff")
    commit()
    return small


def read(root: Path) -> dict[str, str]:
    return {name: (root / name.replace("src/digits", "src/mine")).read_text() for name in FILES}


def test_a_name_is_replaced_where_it_stands_as_one(digits: Path) -> None:
    (digits / "src/digits/__pycache__").mkdir()  # empty, so that Git sees no change
    shown = rename("mine", None, digits)
    assert not (digits / "src/digits").exists()
    changed = {name: text for name, text in read(digits).items() if text != FILES[name]}
    assert changed == {
        "tests/test_app.py": FILES["tests/test_app.py"]
        .replace("import digits", "import mine")
        .replace("from digits", "from mine")
        .replace("'digits.", "'mine."),
        "notebooks/look.ipynb": '["from mine.app import run\\n", "mine.app"]\n',
        "configs/data/digits.yaml": "name: digits\nsource: mine.data.digits.load\n",
        "pyproject.toml": FILES["pyproject.toml"]
        .replace("src/digits", "src/mine")
        .replace('["digits"', '["mine"')
        .replace("of digits", "of mine"),
        "docs/index.md": "The digits of `data/raw/digits.parquet`\nAPI <api/mine/modules>\n",
        "Makefile": FILES["Makefile"].replace("-m digits", "-m mine"),
        "dvc.lock": FILES["dvc.lock"].replace("-m digits", "-m mine").replace("c/digits", "c/mine"),
        ".cruft.json": FILES[".cruft.json"].replace('name": "digits",\n"pr', 'name": "mine",\n"pr'),
    }
    assert "digits → mine: 8 files." in shown
    assert "left as it is: .cruft.json:1, .cruft.json:3, Makefile:1" in shown
    assert "`make clean setup format`" in shown


def test_the_slug_is_replaced_when_asked(digits: Path) -> None:
    rename("digits", "our-project", digits)
    text = FILES["pyproject.toml"].replace('name = "digits"', 'name = "our-project"')
    assert (digits / "pyproject.toml").read_text() == text
    assert "--tag our-project-serve" in (digits / "Makefile").read_text()
    assert "  experiment: our-project\n" in (digits / "configs/tracker/mlflow.yaml").read_text()
    assert '"project_slug": "our-project"' in (digits / ".cruft.json").read_text()
    assert (digits / "src/digits/app.py").is_file()
    assert (digits / "requirements.txt").read_text() == FILES["requirements.txt"]


@pytest.mark.parametrize(
    ("package", "slug", "message"),
    [
        ("Mine", None, "Mine is no name for a package"),
        ("my-project", None, "my-project is no name for a package"),
        ("x" * 41, None, "is no name for a package"),
        ("class", None, "class is no name for a package"),
        ("match", None, "match is no name for a package"),
        ("nul", None, "nul is no name for a package"),
        ("json", None, "json is a module that the project uses"),
        ("workbench", None, "workbench is a module that the project uses"),
        ("sklearn", None, "sklearn is a module that the project uses"),
        ("polars", None, "polars is a module that the project uses"),
        ("tests", None, "tests is a module that the project uses"),
        ("there", None, "src/there is there already"),
        ("digits", None, "The package is called digits already"),
        ("mine", "Mine", "Mine is no slug"),
        ("mine", "a--b", "a--b is no slug"),
        ("mine", "polars", "polars is a distribution"),
    ],
)
def test_a_name_that_cannot_be_used_changes_nothing(
    digits: Path, commit: Callable[[], None], package: str, slug: str | None, message: str
) -> None:
    (digits / "src/there").mkdir()
    with pytest.raises(UserError, match=re.escape(message)):
        rename(package, slug, digits)
    assert {name: (digits / name).read_text() for name in FILES} == FILES


def test_what_git_could_not_take_back_is_not_begun(digits: Path, commit: Callable[[], None]) -> None:
    (digits / "src/digits/new.py").write_text("X = 1\n")
    with pytest.raises(UserError, match="Commit your changes first"):
        rename("mine", None, digits)
    assert (digits / "src/digits/new.py").is_file()
    commit()
    (digits / "src/other").mkdir()
    (digits / "src/other/__init__.py").touch()
    with pytest.raises(UserError, match="should hold one package beside the workbench, not 2"):
        rename("mine", None, digits)


def test_without_git_nothing_is_renamed(small: Path) -> None:
    (small / "src/digits").mkdir(parents=True)
    (small / "src/digits/__init__.py").touch()
    with pytest.raises(UserError, match="is not in a Git repository"):
        rename("mine", None, small)
