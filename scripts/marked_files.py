"""List the files that hold marks of exercises, for the hook that takes the marks out: `make marks`."""

import re
from pathlib import Path

TEMPLATE = Path(__file__).resolve().parents[1] / "{{cookiecutter.project_slug}}"
LIST = TEMPLATE / "overlays" / "marked_files.txt"
MARK = re.compile(rb"(?m)^ *# exercise \d")


def find_marked_files() -> list[str]:
    """Their paths in a new project, whatever its framework is."""
    found = set()
    for path in filter(Path.is_file, TEMPLATE.rglob("*")):
        parts = path.relative_to(TEMPLATE).parts
        if parts[0] == "overlays":  # it ends up where its overlay is copied to
            parts = parts[3:]
        if parts and MARK.search(path.read_bytes()):
            found.add("/".join(parts))
    return sorted(found)


if __name__ == "__main__":
    LIST.write_text("".join(f"{name}\n" for name in find_marked_files()), encoding="utf-8", newline="\n")
