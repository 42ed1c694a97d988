"""Give the package, and with `--slug` the project, another name: `python -m workbench.rename NEW`.

A name is replaced where it stands as a name, in the files that Git tracks: whole words in paths,
imports, commands and settings. A package may share its name with a data set or a column, so
the same word elsewhere is left alone, and listed. `dvc.lock` is updated: no stage has to run again.
"""

import argparse
import keyword
import re
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib.metadata import packages_distributions
from pathlib import Path

from .errors import UserError
from .project import find_project, git

PACKAGE = re.compile(r"[a-z][a-z0-9_]{0,39}")
SLUG = re.compile(r"(?=.{1,100}$)[a-z0-9]+([._-][a-z0-9]+)*")
DEVICE = re.compile(r"(con|prn|aux|nul|(com|lpt)\d)(\..*)?")  # Windows keeps these names
TAKEN = {"exercises", "src", "test", "tests", "workbench"}
# Programs write these: a lock names the slug in comments only, and results stay what they are.
WRITTEN = ("requirements*.txt", "data/*", "models/*", "reports/*")
# Where a name stands: the files, what is before it, and after it. MODULE: one of the package.
PLACES = {
    "package": [
        (r"", r"(?<![\w-])src/", r"(?![\w-])"),
        (r"", r"\b(?:from|import) ", r" import\b|(?![\w./-])|\.MODULE\b"),
        (r"", r"[\"'`]|-m ", r"\.MODULE\b"),
        (r"(?<!\.py)(?<!\.ipynb)$", r"(?<![\w./-])", r"\.MODULE\b"),  # in code, a variable
        (r"^docs/", r"\bapi/", r"/modules\b"),
        (r"^docs/", r"/models/", r":predict\b"),
        (r"^exercises/", r"^PACKAGE = \"", r"\"$"),
        (r"^pyproject\.toml$|^docs/", r"\[\"|knows nothing of ", r"\""),
        (r"^\.cruft\.json$", r"\"package_name\": \"", r"\""),
    ],
    "slug": [
        (r"", r"(?<![\w./-])", r"-(?:pipeline|serve)\b"),
        (r"^Dockerfile$|^docs/", r"title=\"", r": "),
        (r"^pyproject\.toml$", r"^name = \"", r"\"$"),
        (r"^environment\.yml$", r"^name: |activate ", r"$"),
        (r"^configs/tracker/", r"^  (?:experiment|project): ", r"$"),
        (r"^docs/", r"(?:experiment|project) `", r"`"),
        (r"^\.cruft\.json$", r"\"project_slug\": \"", r"\""),
    ],
}


def check_package(name: str, root: Path) -> None:
    """Raise a UserError if no package may have that name here."""
    python = keyword.iskeyword(name) or keyword.issoftkeyword(name)
    if not PACKAGE.fullmatch(name) or python or DEVICE.fullmatch(name):
        raise UserError(
            f"{name} is no name for a package: at most 40 lower-case letters, digits and "
            "underscores, a letter first, and no word of Python."
        )
    modules = {*sys.stdlib_module_names, *packages_distributions(), *TAKEN}
    if name in modules or name in {text.replace("-", "_") for text in list_pins(root)}:
        raise UserError(f"{name} is a module that the project uses, and the package would hide it.")
    if (root / "src" / name).exists():
        raise UserError(f"src/{name} is there already.")


def check_slug(name: str, root: Path) -> None:
    """Raise a UserError if the project may not have that name."""
    if not SLUG.fullmatch(name) or DEVICE.fullmatch(name):
        raise UserError(
            f"{name} is no slug: at most 100 lower-case letters and digits, with single hyphens, "
            "dots and underscores between them."
        )
    if re.sub("[-_.]+", "-", name) in list_pins(root):
        raise UserError(f"{name} is a distribution that the project itself installs.")


def list_pins(root: Path) -> set[str]:
    """The distributions that the locks name."""
    locks = [path.read_text(encoding="utf-8") for path in root.glob("requirements*.txt")]
    return set(re.findall(r"^([\w.-]+)(?:\[.*\])?==", "\n".join(locks), re.MULTILINE))


def find_names(root: Path) -> tuple[str, str]:
    """The current package and slug.

    Raises:
        UserError: There is more than one package beside the workbench, or none.
    """
    names = {path.parent.name for path in root.glob("src/*/__init__.py")} - {"workbench"}
    if len(names) != 1:
        raise UserError(f"src/ should hold one package beside the workbench, not {len(names)}.")
    with (root / "pyproject.toml").open("rb") as file:
        return names.pop(), tomllib.load(file)["project"]["name"]


def read_tracked(root: Path) -> Iterator[tuple[Path, str]]:
    """The texts that Git tracks, but those that programs write.

    Raises:
        UserError: There is no repository, or there are changes that are not committed.
    """
    status = git("status", "--porcelain", "--", ".", root=root)
    if status is None:
        raise UserError(f"{root} is not in a Git repository: only tracked files are renamed.")
    if status:
        raise UserError("Commit your changes first: then `git diff` shows what a rename changes.")
    for name in filter(None, (git("ls-files", "-z", root=root) or "").split("\0")):
        path = root / name
        if any(fnmatch(name, pattern) for pattern in WRITTEN) or path.is_symlink():
            continue
        try:
            yield path, path.read_bytes().decode()
        except (OSError, UnicodeDecodeError):  # a submodule, or an image
            continue


def replace(text: str, name: str, kind: str, old: str, new: str, modules: str) -> str:
    """Replace a name in a text.

    Args:
        text: What is in the file.
        name: The file's name.
        kind: `package` or `slug`.
        old: The current name.
        new: The new one.
        modules: A regular expression for the names of the package's modules.
    """
    for files, before, after in PLACES[kind]:
        if re.search(files, name):
            pattern = f"({before}){re.escape(old)}(?={after.replace('MODULE', modules)})"
            text = re.sub(pattern, rf"\g<1>{new}", text, flags=re.MULTILINE)
    return text


def rename(package: str, slug: str | None, root: Path) -> str:
    """Rename the package, and the project if there is a slug.

    Returns:
        What was done, what was left, and what to do next.

    Raises:
        UserError: A name cannot be used, or Git cannot take the change back; nothing has changed.
    """
    old, old_slug = find_names(root)
    changes = {"package": (old, package), "slug": (old_slug, slug or old_slug)}
    changes = {kind: pair for kind, pair in changes.items() if pair[0] != pair[1]}
    if not changes:
        raise UserError(f"The package is called {package} already.")
    if "package" in changes:
        check_package(package, root)
    if "slug" in changes:
        check_slug(changes["slug"][1], root)
    inside = [path.stem for path in (root / "src" / old).iterdir() if path.suffix in ("", ".py")]
    modules = f"(?:{'|'.join(map(re.escape, inside))})"
    words = "|".join(re.escape(pair[0]) for pair in changes.values())
    texts, left = {}, []
    for path, text in read_tracked(root):
        name, new = path.relative_to(root).as_posix(), text
        for kind, pair in changes.items():
            new = replace(new, name, kind, *pair, modules)
        if new != text:
            texts[path] = new
        for number, line in enumerate(new.splitlines(), 1):
            if re.search(rf"(?<![\w-])({words})(?![\w-])", line):
                left.append(f"{name}:{number}")
    for path, text in texts.items():
        path.write_bytes(text.encode())
    if "package" in changes and git("mv", f"src/{old}", f"src/{package}", root=root) is None:
        raise UserError(f"Git cannot move src/{old}: `git restore .` takes the rest back.")
    lines = [f"{' and '.join(' → '.join(pair) for pair in changes.values())}: {len(texts)} files."]
    if left:
        more = f", and {len(left) - 10} more" if left[10:] else ""
        lines += [f"The same word, left as it is: {', '.join(left[:10])}{more}."]
    lines += ["Next: `make clean setup format`, and commit once all checks pass."]
    return "\n".join(lines)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m workbench.rename", description="Rename the package, and the project."
    )
    parser.add_argument("package", help="its new name, as in `import package`")
    parser.add_argument("--slug", help="of the distribution and the images; else it stays")
    options = parser.parse_args()
    try:
        print(rename(options.package, options.slug, find_project()))
    except UserError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
