"""List the files that hold marks of exercises, for the hook that takes the marks out: `make marks`."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = ROOT / "{{cookiecutter.project_slug}}"
OVERLAYS = ROOT / "overlays"
LIST = OVERLAYS / "marked_files.txt"
MARK = re.compile(rb"(?m)^ *# exercise \d")


def find_marked_files() -> list[str]:
    """Their paths in a new project, whatever its framework is."""
    found = set()
    for path in filter(Path.is_file, [*TEMPLATE.rglob("*"), *OVERLAYS.glob("*/*/**/*")]):
        if MARK.search(path.read_bytes()):
            # A file of an overlay ends up where its overlay is copied to.
            overlay = OVERLAYS.joinpath(*path.relative_to(ROOT).parts[1:3])
            folder = TEMPLATE if path.is_relative_to(TEMPLATE) else overlay
            found.add(path.relative_to(folder).as_posix())
    return sorted(found)


if __name__ == "__main__":
    LIST.write_text("".join(f"{name}\n" for name in find_marked_files()), encoding="utf-8", newline="\n")
