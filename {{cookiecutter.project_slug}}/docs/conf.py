"""Sphinx: pages in Markdown, and one page per module from its docstrings."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
metadata = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

project = metadata["name"]
version = metadata["version"]
author = project_copyright = metadata["authors"][0]["name"]

extensions = [
    "matplotlib.sphinxext.plot_directive",
    "myst_parser",
    "sphinx.ext.apidoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
plot_formats = ["png"]
plot_html_show_formats = False
plot_html_show_source_link = False
exclude_patterns = ["_build"]
add_module_names = False
default_role = "code"
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["tables.css"]
html_title = project

apidoc_modules = [
    {"path": str(path.parent), "destination": f"api/{path.parent.name}", "separate_modules": True}
    for path in sorted(ROOT.glob("src/*/__init__.py"))
]
napoleon_use_ivar = True
autodoc_member_order = "bysource"
autodoc_typehints = "description"
