"""The template's tools: they work on a project's files, and know nothing of its package."""

from pathlib import Path

# In a copy of the project (a clone, a worktree, a temporary folder of DVC's), run the copy's code,
# although the environment may know the original only.
_sources = [folder / "src" / __name__ for folder in (Path.cwd(), *Path.cwd().parents)]
__path__ = [next((str(path) for path in _sources if path.is_dir()), __path__[0])]
