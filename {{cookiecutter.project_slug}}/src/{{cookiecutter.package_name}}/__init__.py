"""From raw data to results that reproduce: data → features → models → visualization."""

from pathlib import Path

# In a copy of the project (a clone, a worktree, a temporary folder of DVC's), run the copy's code,
# even if the environment knows only the original.
_sources = [folder / "src" / __name__ for folder in (Path.cwd(), *Path.cwd().parents)]
__path__ = [next((str(path) for path in _sources if path.is_dir()), __path__[0])]
